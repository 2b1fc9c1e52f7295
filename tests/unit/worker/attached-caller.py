#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The least that a caller of an attached command does: starts apm2-step, says
go, stops itself when the command was stopped, and ends as the command did.

Usage: attached-caller.py APM2-STEP COMMAND [ARGUMENT...]
"""

import contextlib
import os
import pathlib
import signal
import socket
import sys

CONTROL_FD = 200
STOPS = (signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU)


def start(program, command):
    """Returns the socket to apm2-step, which runs as @command's parent."""
    ours, theirs = socket.socketpair()
    os.dup2(theirs.fileno(), CONTROL_FD, inheritable=True)
    theirs.close()
    os.posix_spawn(
        program,
        [program, f"--attached={CONTROL_FD}", "--", *command],
        os.environ,
        setsigdef=[signal.SIGPIPE, signal.SIGXFSZ],
    )
    os.close(CONTROL_FD)
    return ours


def answer_signals(control):
    """What the terminal sends reaches the command by itself."""
    orders = {
        signal.SIGINT: b"",
        signal.SIGQUIT: b"",
        **dict.fromkeys(STOPS, b""),
        signal.SIGHUP: b"hangup\n",
        signal.SIGTERM: b"signal 15\n",
    }

    def send(number, _frame):
        with contextlib.suppress(BrokenPipeError):  # it has just ended
            control.sendall(orders[number])

    for number in orders:
        signal.signal(number, send)


def stop(number):
    """As the command was, so that the shell tells the same."""
    if number not in STOPS:
        os.kill(os.getpid(), signal.SIGSTOP)
        return
    before = signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    signal.signal(number, before)


def is_stopped(pid):
    with contextlib.suppress(FileNotFoundError):
        status = pathlib.Path(f"/proc/{pid}/status").read_text("utf-8")
        return "\nState:\tT" in status
    return False


def main(program, *command):
    pid = 0
    control = start(program, command)
    answer_signals(control)
    control.sendall(b"go 0 5000000\n")
    for lines in iter(lambda: control.recv(4096).decode().splitlines(), []):
        words = [line.split() for line in lines]
        ends = [word for word in words if word[0] == "ended"]
        if ends:
            status, number = int(ends[0][2]), int(ends[0][3])
            return 128 + number if number > 0 else status
        for word in words:
            if word[0] == "started":
                pid = int(word[1])
            # What goes on again by now is no reason to stop.
            elif word[0] == "stopped" and is_stopped(pid):
                stop(int(word[1]))
    return 125


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
