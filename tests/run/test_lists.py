#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Options of verbs that list, in pipes and on a terminal with pagers."""

import fcntl
import os
import pty
import re
import stat
import struct
import subprocess
import termios
import time
import unittest

from rig import CLI, DEADLINE_SEC, RunTest

N_JOBS = 60


class ListsTest(RunTest):
    def setUp(self):
        super().setUp()
        for number in range(N_JOBS):
            self.apm2("fac", "submit", "--name", f"試験 {number} e\u0301", "--", "true")

    def fac(self, *words, status=0, **env):
        done = subprocess.run(
            [CLI, "--user", "fac", *words], env=self.env | env, check=False, text=True,
            capture_output=True, timeout=DEADLINE_SEC,
        )
        self.assertEqual(done.returncode, status, done.stderr)
        return done

    def on_terminal(self, *words, rows=24, columns=80, status=0, **env):
        """Returns what a terminal gets of "apm2 fac WORDS"."""
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("4H", rows, columns, 0, 0))
        process = subprocess.Popen(  # pylint: disable=consider-using-with
            [CLI, "--user", "fac", *words],
            env=self.env | {"TERM": "xterm", "LC_ALL": "C.UTF-8"} | env,
            stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
        )
        self.addCleanup(self.end_process, process)
        os.close(slave)
        seen = b""
        deadline = time.monotonic() + DEADLINE_SEC
        while True:
            try:
                more = os.read(master, 65536)
            except OSError:
                break
            if not more:
                break
            seen += more
            self.assertLess(time.monotonic(), deadline)
        os.close(master)
        self.assertEqual(process.wait(DEADLINE_SEC), status, seen)
        return seen.decode().replace("\r\n", "\n")

    def pager(self, body):
        path = self.dir / "pager"
        path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
        path.chmod(stat.S_IRWXU)
        return str(path)

    def test_columns(self):
        out = self.fac("jobs", "--columns", "name,Lane", "-n", "2").stdout.splitlines()
        self.assertRegex(out[0], r"^NAME +LANE$")
        self.assertRegex(out[1], rf"^試験 {N_JOBS - 1} e\u0301 +bulk$")
        self.assertEqual(len(out), 3)
        out = self.fac("jobs", "--columns=STATE", "--no-legend", "-n", "1").stdout
        self.assertEqual(out, "* pending\n" if os.environ.get("LC_ALL") == "C" else "○ pending\n")
        out = self.fac("lanes", "--columns", "lane", "--no-legend").stdout
        self.assertIn("run\n", out)

    def test_columns_that_are_none(self):
        done = self.fac("jobs", "--columns", "colour", status=2)
        self.assertIn("there are: ID, STATE, LANE, PRIO, SUBMITTED, TIME, REASON, NAME", done.stderr)
        done = self.fac("queue", "status", "--columns", "LANE", status=2)
        self.assertIn("'apm2 fac queue status' lists nothing that has columns", done.stderr)
        for done in (self.fac("gc", "--columns", "WHEN", status=2),
                     self.fac("gates", "--columns", "GATE", status=2)):
            self.assertIn("--columns goes with", done.stderr)

    def test_timestamps(self):
        for style, pattern in (
            ("unix", r"@\d{10}"), ("iso", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d"),
            ("us+utc", r"\w{3} \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6} UTC"),
            ("relative", r"now|\d+(s|min|h) ago"),
        ):
            out = self.fac("jobs", "--timestamp", style, "--columns", "SUBMITTED", "--no-legend",
                           "-n", "1").stdout
            self.assertRegex(out, rf"^({pattern})\n$")
        self.assertIn("there are: auto, relative", self.fac("jobs", "--timestamp=x",
                                                            status=2).stderr)

    def test_every_line_fits_the_terminal(self):
        for columns in (40, 80):
            out = self.on_terminal("jobs", "--no-pager", "--color=never", columns=columns)
            widths = [self.width(line) for line in out.splitlines()]
            self.assertLessEqual(max(widths), columns, out)
        out = self.on_terminal("jobs", "--no-pager", "--full", "--color=never", columns=40)
        self.assertNotIn("…", out)
        self.assertGreater(max(self.width(line) for line in out.splitlines()), 40)

    def width(self, line):
        """Counts the columns; these tables hold no other wide or combining characters."""
        return len(line) + len(re.findall("[試験]", line)) - line.count("\u0301")

    def test_pager_gets_all(self):
        copy = self.dir / "copy"
        pager = self.pager(f'cat > {copy}; echo "$LESS $LESSCHARSET $COLUMNS"')
        out = self.on_terminal("jobs", "--all", columns=100, SYSTEMD_PAGER=pager, PAGER="false")
        self.assertEqual(out, "FRSXMK utf-8 100\n")
        lines = copy.read_text(encoding="utf-8").splitlines()
        self.assertEqual(len(lines), N_JOBS + 1)
        self.assertLessEqual(max(self.width(re.sub("\x1b\\[[0-9;]*m", "", line))
                                 for line in lines), 100)
        self.assertIn("\x1b[", lines[0])
        out = self.on_terminal("jobs", "--json", PAGER=pager, SYSTEMD_LESS="R")
        self.assertTrue(out.startswith("R utf-8"))
        self.assertIn('"schema": "apm2.fac.job_list.v1"', copy.read_text(encoding="utf-8"))

    def test_pager_that_quits_early(self):
        # More than a pipe holds.
        pager = self.pager("head -n 2; exit 1")
        out = self.on_terminal("jobs", "--all", "--json", PAGER=pager)
        self.assertEqual(out.splitlines()[:2], ["{", '  "schema": "apm2.fac.job_list.v1",'])
        self.assertEqual(len(out.splitlines()), 2)

    def test_no_pager(self):
        pager = self.pager("cat > /dev/null")
        for more, env in ((("--no-pager",), {"PAGER": pager}), ((), {"PAGER": ""}),
                          ((), {"SYSTEMD_PAGER": "cat", "PAGER": pager}),
                          ((), {"PAGER": "/nonexistent/pager"})):
            out = self.on_terminal("jobs", "--all", *more, **env)
            self.assertEqual(len(out.splitlines()), N_JOBS + 1)
        # Nor in a pipe, nor for an error.
        self.assertEqual(len(self.fac("jobs", "--all", PAGER=pager).stdout.splitlines()),
                         N_JOBS + 1)
        self.assertIn("no such state", self.on_terminal("jobs", "-s", "x", PAGER=pager, status=2))

    def test_pager_must_be_less_for_another_user(self):
        pager = self.pager("echo pager")
        path = self.dir / "bin"
        path.mkdir()
        (path / "less").write_text('#!/bin/sh\ncat >/dev/null; echo "less $LESSSECURE"\n',
                                   encoding="utf-8")
        (path / "less").chmod(stat.S_IRWXU)
        out = self.on_terminal("jobs", PAGER=pager, SUDO_UID="1", PATH=f"{path}:{self.env['PATH']}")
        self.assertEqual(out, "less 1\n")

    def test_color(self):
        self.assertNotIn("\x1b[", self.on_terminal("jobs", "--no-pager", NO_COLOR="1"))
        self.assertIn("\x1b[", self.on_terminal("jobs", "--no-pager"))
        self.assertIn("\x1b[", self.fac("jobs", "--color=always", NO_COLOR="1").stdout)


if __name__ == "__main__":
    unittest.main()
