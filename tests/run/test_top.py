#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""apm2 fac top: on a terminal, which it leaves as it was, and without one."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
import unittest

from rig import CLI, DEADLINE_SEC, RunTest, wait_until

ENTER = "\x1b[?1049h"
LEAVE = "\x1b[?1049l"
SHOW_CURSOR = "\x1b[?25h"


class TopTest(RunTest):
    config = "[lane run]\nslots=1\n"

    def setUp(self):
        super().setUp()
        self.master, self.slave = pty.openpty()
        self.addCleanup(os.close, self.slave)
        self.addCleanup(os.close, self.master)
        self.resize(24, 100)
        self.before = termios.tcgetattr(self.slave)
        self.seen = ""

    def resize(self, rows, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("4H", rows, columns, 0, 0))

    def take_terminal(self):
        fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)

    def start_top(self, **env):
        top = subprocess.Popen(  # pylint: disable=consider-using-with
            [CLI, "--user", "fac", "top"], env=self.env | {"TERM": "xterm"} | env,
            stdin=self.slave, stdout=self.slave, stderr=self.slave,
            start_new_session=True, preexec_fn=self.take_terminal,
        )
        self.addCleanup(self.end_process, top)
        self.expect(re.escape(ENTER))
        return top

    def expect(self, pattern):
        """Returns what came until @pattern, which is taken off."""
        deadline = time.monotonic() + DEADLINE_SEC
        while not (found := re.search(pattern, self.seen)):
            ready, _, _ = select.select([self.master], [], [], max(0, deadline - time.monotonic()))
            self.assertTrue(ready, f"'{pattern}' is not in {self.seen!r}")
            self.seen += os.read(self.master, 4096).decode()
        before, self.seen = self.seen[:found.start()], self.seen[found.end():]
        return before + found.group(0)

    def check_left(self):
        self.expect(re.escape(SHOW_CURSOR) + ".*" + re.escape(LEAVE))
        wait_until(lambda: termios.tcgetattr(self.slave) == self.before, "the old settings")

    def test_picture_follows_what_happens(self):
        top = self.start_top()
        self.expect(r"No jobs\.")
        job = self.start("sleep", "1000", options=("--name", "longjob"))
        self.expect(r"running\S* +run .*longjob")
        self.start("true", options=("--name", "laterjob"))
        self.expect(r"pending\S* +run .*laterjob")
        job.send_signal(signal.SIGTERM)
        self.expect(r"passed\S* .*laterjob")
        os.write(self.master, b"q")
        self.check_left()
        self.assertEqual(top.wait(DEADLINE_SEC), 0)

    def test_ended_jobs_are_hidden_by_a_key(self):
        self.check(0, "true", options=("--name", "endedjob"))
        self.start_top()
        self.expect("endedjob")
        os.write(self.master, b"e")
        self.expect(r"No jobs\.")
        os.write(self.master, b"e")
        self.expect("endedjob")

    def test_resize(self):
        self.resize(24, 160)
        self.check(0, "true", options=("--name", "n" * 60))
        self.start_top()
        self.expect("n" * 50)
        self.resize(24, 60)
        self.expect(r"[^n]n{1,20}(…|\.\.\.)")

    def test_broker_comes_back(self):
        self.start_top()
        self.expect(r"No jobs\.")
        self.stop_broker(signal.SIGTERM)
        self.expect("operator.sock")
        self.start_broker()
        self.expect(r"No jobs\.")

    def test_every_end_leaves_the_terminal(self):
        for number, status in ((signal.SIGINT, 0), (signal.SIGTERM, 0), (signal.SIGHUP, 0),
                               (signal.SIGQUIT, -signal.SIGQUIT),
                               (signal.SIGABRT, -signal.SIGABRT)):
            with self.subTest(number=number):
                top = self.start_top()
                self.expect(r"No jobs\.")
                os.kill(top.pid, number)
                self.check_left()
                self.assertEqual(top.wait(DEADLINE_SEC), status)

    def test_stop_leaves_the_terminal(self):
        top = self.start_top()
        self.expect(r"No jobs\.")
        os.write(self.master, b"\x1a")
        self.check_left()
        wait_until(lambda: os.waitid(os.P_PID, top.pid, os.WSTOPPED | os.WNOHANG | os.WNOWAIT),
                   "the stop")
        os.kill(top.pid, signal.SIGCONT)
        self.expect(re.escape(ENTER))
        self.expect(r"No jobs\.")
        os.write(self.master, b"q")
        self.check_left()

    def test_without_a_terminal(self):
        self.check(0, "true", options=("--name", "endedjob"))
        done = subprocess.run([CLI, "--user", "fac", "top"], env=self.env, check=False,
                              stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=DEADLINE_SEC)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout.decode(), r"(?s)LANE.*run .*JOB.*passed.*endedjob")
        self.assertNotIn(b"\x1b", done.stdout)
        self.stop_broker(signal.SIGTERM)
        done = subprocess.run([CLI, "--user", "fac", "top", "--once"], env=self.env, check=False,
                              stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=DEADLINE_SEC)
        self.assertEqual(done.returncode, 5)
        self.assertIn(b"operator.sock", done.stderr)


if __name__ == "__main__":
    unittest.main()
