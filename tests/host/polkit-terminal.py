#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs a command on a terminal and types at the prompt for a password.

Usage: polkit-terminal.py TYPED COMMAND...     TYPED may be "^C"
Prints what the terminal showed; the last line is the exit status, whether there
was a prompt, and whether the terminal echoes again.
"""

import fcntl
import os
import pty
import select
import sys
import termios
import time

TIMEOUT_SEC = 60


def main() -> None:
    typed = b"\x03" if sys.argv[1] == "^C" else sys.argv[1].encode() + b"\n"
    master, slave = pty.openpty()
    pid = os.fork()
    if pid == 0:
        os.close(master)
        os.setsid()
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
        for fd in range(3):
            os.dup2(slave, fd)
        os.execvp(sys.argv[2], sys.argv[2:])
    seen = b""
    asked = False
    status = None
    deadline = time.monotonic() + TIMEOUT_SEC
    while status is None and time.monotonic() < deadline:
        if select.select([master], [], [], 0.1)[0]:
            seen += os.read(master, 4096)
        if not asked and b"assword:" in seen:
            asked = True
            os.write(master, typed)
        done, code = os.waitpid(pid, os.WNOHANG)
        if done:
            status = os.waitstatus_to_exitcode(code)
    while select.select([master], [], [], 0.2)[0]:
        seen += os.read(master, 4096)
    echoes = bool(termios.tcgetattr(slave)[3] & termios.ECHO)
    print(seen.decode(errors="replace"))
    print(f"status={status} asked={asked} echoes={echoes}")


main()
