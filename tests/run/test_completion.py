#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Completion in real shells: what a Tab does to the line."""

import fcntl
import os
import pty
import re
import select
import shutil
import subprocess
import termios
import time
import unittest
from pathlib import Path

from rig import CLI, DEADLINE_SEC, RunTest

ROOT = Path(__file__).resolve().parents[2]
BASH = ROOT / "data/completion/bash/apm2"
ZSH = ROOT / "data/completion/zsh"
# What moves the cursor, and what colours.
CONTROL = re.compile("\x1b\\[[0-9;?]*[A-Za-z]|\x1b[()][A-Z0-9]|\x1b[=>]|\x1b\\][^\x07]*\x07")
FISH = ROOT / "data/completion/fish/apm2.fish"


class ShellTest(RunTest):
    """One shell on a terminal. A subclass says which, and how it is set up."""

    shell = None
    config = "[lane run]\nslots=1\n[lane nightly]\nmax-parallel=1\n"

    def setUp(self):
        if self.shell is None:
            self.skipTest("only of its subclasses")
        if shutil.which(self.shell[0]) is None:
            self.skipTest(f"{self.shell[0]} is not installed")
        super().setUp()
        # Shells look for the program by its name.
        programs = self.dir / "bin"
        programs.mkdir()
        (programs / "apm2").symlink_to(CLI)
        env = self.env | {"TERM": "xterm", "PATH": f"{programs}:{os.environ['PATH']}",
                          "XDG_CONFIG_HOME": str(self.dir / "config"),
                          "XDG_DATA_HOME": str(self.dir / "data"), "ZDOTDIR": str(self.dir)}
        (self.work / "somefile.json").touch()
        (self.work / "apm2.env").touch()
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen(  # pylint: disable=consider-using-with
            list(self.shell), cwd=self.work, env=env, stdin=slave, stdout=slave, stderr=slave,
            start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(slave)
        self.addCleanup(self.end_shell)
        self.seen = ""
        for line in self.prepare():
            self.type(line + "\n")
        # Not as it is typed: what the shell prints.
        self.type("echo rea''dy\n")
        self.expect("ready\r")

    def prepare(self):
        return ()

    def end_shell(self):
        self.process.kill()
        self.process.wait(DEADLINE_SEC)
        os.close(self.master)

    def type(self, text):
        os.write(self.master, text.encode())

    def expect(self, pattern):
        deadline = time.monotonic() + DEADLINE_SEC
        while not (found := re.search(pattern, self.seen)):
            ready, _, _ = select.select([self.master], [], [], max(0, deadline - time.monotonic()))
            self.assertTrue(ready, f"'{pattern}' is not in {self.seen!r}")
            self.seen += os.read(self.master, 4096).decode(errors="replace")
            self.seen = CONTROL.sub("", self.seen)
        self.seen = self.seen[found.end():]
        return found

    def check(self, line, expected):  # pylint: disable=arguments-differ
        """@line with a Tab behind it becomes @expected, and waits for more."""
        self.type(line + "\t")
        # Some shells redraw what stands there, so only the end is looked for.
        self.expect(re.escape(expected[len(os.path.commonprefix([line, expected])):]))
        self.type("\x15")
        self.type("echo nex''t\n")
        self.expect("next\r")

    def test_words(self):
        self.check("apm2 --user fac rece", "apm2 --user fac receipts ")
        self.check("apm2 --user fac submit --lan", "apm2 --user fac submit --lane ")

    def test_live_names(self):
        self.check("apm2 --user fac jobs --lane nig", "apm2 --user fac jobs --lane nightly ")
        self.start("sleep", "1000", options=("--name", "x"))
        job = self.wait_for_job("running")
        self.check("apm2 --user fac job cancel " + job[:-4], "apm2 --user fac job cancel " + job)

    def test_gates_of_this_repository(self):
        (self.work / ".apm2").mkdir()
        (self.work / ".apm2/gates.conf").write_text("[gate spelling]\ncommand=true\n", "utf-8")
        self.check("apm2 --user fac gates --only spe", "apm2 --user fac gates --only spelling ")

    def wait_for_job(self, state):
        deadline = time.monotonic() + DEADLINE_SEC
        while time.monotonic() < deadline:
            out = subprocess.run([CLI, "--user", "fac", "jobs", "--no-legend", "--state", state],
                                 env=self.env, check=True, capture_output=True).stdout.decode()
            if out:
                return out.split()[0]
        raise AssertionError(f"no job is {state}")

    def test_value_behind_equals(self):
        self.check("apm2 --json=sho", "apm2 --json=short")

    def test_files(self):
        self.check("apm2 --user run --json-result somef",
                   "apm2 --user run --json-result somefile.json")

    def test_command_of_somebody_else(self):
        self.check("apm2 --user run -- cat somef", "apm2 --user run -- cat somefile.json")


class BashTest(ShellTest):
    shell = ("bash", "--norc", "--noprofile", "-i")

    def prepare(self):
        return ("bind 'set bell-style none'", f". {BASH}")


class BashCompletionTest(ShellTest):
    """With the package that most systems have."""

    shell = ("bash", "--norc", "--noprofile", "-i")
    package = "/usr/share/bash-completion/bash_completion"

    def setUp(self):
        if not os.path.exists(self.package):
            self.skipTest("bash-completion is not installed")
        super().setUp()

    def prepare(self):
        return ("bind 'set bell-style none'", f". {self.package}", f". {BASH}")


class ZshTest(ShellTest):
    shell = ("zsh", "-f", "-i")

    def prepare(self):
        return ("unsetopt beep prompt_sp", f"fpath=({ZSH} $fpath)", "autoload -Uz compinit",
                "compinit -u -D")


class FishTest(ShellTest):
    shell = ("fish", "--no-config", "-i")

    def prepare(self):
        return ("function fish_prompt; echo '> '; end", f"source {FISH}")


if __name__ == "__main__":
    unittest.main()
