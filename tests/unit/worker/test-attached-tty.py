#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""An attached command in an interactive shell on a terminal: keys, job control
and the end of the terminal do what they do without anybody between.

Usage: test-attached-tty.py CALLER...   words that go before a command
"""

import fcntl
import os
import pathlib
import pty
import re
import select
import shlex
import signal
import struct
import sys
import tempfile
import termios
import unittest

# No test takes this long unless it hangs.
WAIT_SEC = 20
PROMPT = "<%>"


class Shell:
    """bash on a terminal of its own."""

    def __init__(self):
        env = {**os.environ, "PS1": PROMPT, "TERM": "dumb", "HISTFILE": ""}
        self.seen = ""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            for number in (signal.SIGPIPE, signal.SIGXFSZ):
                signal.signal(number, signal.SIG_DFL)
            os.execvpe("bash", ["bash", "--norc", "--noprofile", "--noediting", "-i"], env)
        self.expect(re.escape(PROMPT))

    def close(self):
        if self.fd >= 0:
            os.close(self.fd)
        self.fd = -1
        if self.pid > 0:
            os.waitpid(self.pid, 0)
        self.pid = -1

    def read_more(self):
        ready, _, _ = select.select([self.fd], [], [], WAIT_SEC)
        if not ready:
            raise AssertionError(f"nothing came after: {self.seen!r}")
        self.seen += os.read(self.fd, 4096).decode("utf-8", "replace")

    def expect(self, pattern):
        """Waits until @pattern comes, and forgets what stands before its end."""
        while (match := re.search(pattern, self.seen)) is None:
            self.read_more()
        self.seen = self.seen[match.end() :]
        return match

    def type(self, text):
        os.write(self.fd, text.encode())

    def enter(self, line):
        self.type(line + "\n")

    def status(self):
        """Returns the exit status of the last command, at a new prompt."""
        self.expect(re.escape(PROMPT))
        self.enter("echo status=$?")
        return int(self.expect(r"status=(\d+)").group(1))

    def resize(self, rows, columns):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def wait_dead(pid):
    try:
        fd = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    ready, _, _ = select.select([fd], [], [], WAIT_SEC)
    os.close(fd)
    if not ready:
        raise AssertionError(f"process {pid} lives on")


class TerminalTest(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory()
        self.shell = Shell()

    def tearDown(self):
        self.shell.close()
        self.dir.cleanup()

    def start(self, script, wait_for="ready"):
        """Types a command that runs @script below the caller."""
        path = pathlib.Path(self.dir.name, "script")
        path.write_text(script, "utf-8")
        self.shell.enter(shlex.join([*CALLER, "sh", str(path)]))
        return self.shell.expect(wait_for)

    def test_interrupt_ends_it(self):
        self.start("echo ready; exec sleep 1000")
        self.shell.type("\x03")
        self.assertEqual(self.shell.status(), 128 + signal.SIGINT)

    def test_interrupt_may_be_caught(self):
        self.start("trap 'echo caught; exit 7' INT; echo ready; while :; do sleep 0.01; done")
        self.shell.type("\x03")
        self.shell.expect("caught")
        self.assertEqual(self.shell.status(), 7)

    def test_interrupt_comes_once(self):
        self.start(
            "n=0; trap 'n=$((n+1)); echo caught' INT; echo ready; "
            "until [ -e $0.done ]; do sleep 0.01; done; echo count=$n; exit 6"
        )
        self.shell.type("\x03")
        self.shell.expect("caught")
        pathlib.Path(self.dir.name, "script.done").touch()
        self.assertEqual(self.shell.expect(r"count=(\d+)").group(1), "1")
        self.assertEqual(self.shell.status(), 6)

    def test_quit_ends_it(self):
        self.start("ulimit -c 0; echo ready; exec sleep 1000")
        self.shell.type("\x1c")
        self.assertEqual(self.shell.status(), 128 + signal.SIGQUIT)

    def test_stop_and_foreground(self):
        self.start("echo ready; read line; echo line=$line; exit 5")
        self.shell.type("\x1a")
        self.shell.expect("Stopped")
        self.assertEqual(self.shell.status(), 128 + signal.SIGTSTP)
        self.shell.expect(re.escape(PROMPT))
        self.shell.enter("fg")
        self.shell.enter("word")
        self.shell.expect("line=word")
        self.assertEqual(self.shell.status(), 5)

    def test_stop_twice(self):
        self.start("trap 'echo on' CONT; echo ready; until read line; do :; done; echo line=$line")
        for _ in range(2):
            self.shell.type("\x1a")
            self.shell.expect("Stopped")
            self.shell.expect(re.escape(PROMPT))
            self.shell.enter("fg")
            self.shell.expect("on\r")
        self.shell.enter("word")
        self.shell.expect("line=word")
        self.assertEqual(self.shell.status(), 0)

    def test_stop_and_background(self):
        os.mkfifo(pathlib.Path(self.dir.name, "script.fifo"))
        self.start("echo ready; read line <$0.fifo; echo end=$line; exit 4")
        self.shell.type("\x1a")
        self.shell.expect("Stopped")
        self.shell.expect(re.escape(PROMPT))
        self.shell.enter("bg")
        pathlib.Path(self.dir.name, "script.fifo").write_text("word\n", "utf-8")
        self.shell.expect("end=word")
        self.shell.enter("wait %1")
        self.assertEqual(self.shell.status(), 4)

    def test_kill_of_the_stopped_job(self):
        pid = int(self.start("echo pid=$$; exec sleep 1000", r"pid=(\d+)").group(1))
        self.shell.type("\x1a")
        self.shell.expect("Stopped")
        self.shell.expect(re.escape(PROMPT))
        self.shell.enter("kill -9 %1")
        wait_dead(pid)

    def test_reading_in_the_background_stops(self):
        path = pathlib.Path(self.dir.name, "script")
        path.write_text("read line; echo line=$line; exit 3", "utf-8")
        self.shell.enter(shlex.join([*CALLER, "sh", str(path)]) + " &")
        self.shell.expect(re.escape(PROMPT))
        self.shell.enter("until jobs | grep -q Stop; do sleep 0.01; done; fg")
        self.shell.expect("sh .*script")
        self.shell.enter("word")
        self.shell.expect("line=word")
        self.assertEqual(self.shell.status(), 3)

    def test_resize_is_told(self):
        self.start("trap 'stty size; exit' WINCH; echo ready; while :; do sleep 0.01; done")
        self.shell.resize(31, 97)
        self.shell.expect("31 97")
        self.assertEqual(self.shell.status(), 0)

    def test_shell_within(self):
        """It takes the terminal for groups of its own, and its stops are its."""
        self.shell.enter(shlex.join([*CALLER, "bash", "--norc", "--noprofile", "--noediting"]))
        self.shell.expect(re.escape(PROMPT))
        self.shell.enter("sh -c 'echo pid=$$; exec sleep 1000'")
        self.shell.expect(r"pid=\d+")
        self.shell.type("\x1a")
        self.shell.expect("Stopped")
        self.shell.expect(re.escape(PROMPT))
        self.shell.enter("exit 9")
        self.shell.expect("stopped jobs")
        self.shell.expect(re.escape(PROMPT))
        self.shell.enter("exit 9")
        self.assertEqual(self.shell.status(), 9)
        self.shell.expect(re.escape(PROMPT))
        self.shell.enter("cat")
        self.shell.enter("word")
        self.shell.expect("word\r\nword\r\n")
        self.shell.type("\x03")
        self.assertEqual(self.shell.status(), 128 + signal.SIGINT)

    def test_modes_of_the_terminal_stay(self):
        """Like any command it may leave them changed."""
        self.start("stty -echo; echo ready")
        self.shell.expect(re.escape(PROMPT))
        self.assertFalse(termios.tcgetattr(self.shell.fd)[3] & termios.ECHO)

    def test_end_of_the_terminal(self):
        script = "trap '' HUP; setsid sleep 1000 & echo pids=$$,$!; exec sleep 1000"
        pids = self.start(script, r"pids=(\d+),(\d+)").groups()
        self.shell.close()
        for pid in pids:
            wait_dead(int(pid))


if __name__ == "__main__":
    CALLER = sys.argv[1:]
    unittest.main(argv=sys.argv[:1])
