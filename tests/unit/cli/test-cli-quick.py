#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The program apm2 is small, and finds the rest of itself.

Usage: test-cli-quick.py PROGRAM
"""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest

PROGRAM = os.path.abspath(sys.argv.pop(1))
# Each of them costs every call of "apm2 fac submit" more than the call does.
HEAVY = ("libgio-2.0", "libgobject-2.0", "libsystemd")


def needed(path):
    text = subprocess.run(["objdump", "-p", path], check=True, capture_output=True, text=True)
    return [line.split()[1] for line in text.stdout.splitlines() if line.startswith("  NEEDED ")]


def heavy(path):
    return [name for name in needed(path) if name.startswith(HEAVY)]


class Linking(unittest.TestCase):
    def test_the_program_links_nothing_heavy(self):
        self.assertIn("libglib-2.0.so.0", needed(PROGRAM))
        self.assertEqual(heavy(PROGRAM), [])

    def test_each_module_has_one_heavy_part(self):
        here = os.path.dirname(PROGRAM)
        self.assertEqual(heavy(os.path.join(here, "apm2-run.so")), ["libsystemd.so.0"])
        self.assertNotIn("libsystemd.so.0", needed(os.path.join(here, "apm2-cli.so")))

    def test_a_module_shows_one_name(self):
        for name in ("apm2-run.so", "apm2-cli.so"):
            path = os.path.join(os.path.dirname(PROGRAM), name)
            text = subprocess.run(
                ["nm", "-D", "--defined-only", path], check=True, capture_output=True, text=True
            )
            ours = [line.split()[2] for line in text.stdout.splitlines() if " apm2_" in line]
            self.assertEqual(ours, ["apm2_module_main"])


class Modules(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.dir)
        os.mkdir(os.path.join(self.dir, "bin"))
        self.moved = os.path.join(self.dir, "bin", "apm2")
        shutil.copy(PROGRAM, self.moved)

    def run_moved(self, *words, **variables):
        env = dict(os.environ, HOME="/nonexistent", **variables)
        return subprocess.run([self.moved, *words], capture_output=True, text=True, env=env)

    def give_modules(self, *path):
        dir_name = os.path.join(self.dir, *path)
        os.makedirs(dir_name)
        for name in ("apm2-run.so", "apm2-cli.so"):
            shutil.copy(os.path.join(os.path.dirname(PROGRAM), name), dir_name)
        return dir_name

    def test_what_is_quick_needs_no_module(self):
        nowhere = {"APM2_LIBEXECDIR": self.dir}
        said = self.run_moved("--version", **nowhere)
        self.assertEqual((said.returncode, said.stdout[:5]), (0, "apm2 "))
        said = self.run_moved("fac", "submit", "--help", **nowhere)
        self.assertEqual((said.returncode, said.stdout[:22]), (0, "Usage: apm2 fac submit"))

    def test_a_moved_installation_finds_its_own(self):
        self.give_modules("libexec", "apm2")
        for words, begin in (
            (("fac", "--help"), "Usage: apm2 fac COMMAND"),
            (("help", "run"), "Usage: apm2 run"),
        ):
            said = self.run_moved(*words)
            self.assertEqual((said.returncode, said.stderr), (0, ""))
            self.assertTrue(said.stdout.startswith(begin), said.stdout)

    def test_the_variable_comes_first(self):
        self.give_modules("libexec", "apm2")
        for name in ("apm2-run.so", "apm2-cli.so"):
            os.unlink(os.path.join(self.dir, "libexec", "apm2", name))
        said = self.run_moved("fac", "--help", APM2_LIBEXECDIR=self.give_modules("else"))
        self.assertEqual(said.returncode, 0, said.stderr)

    def test_a_broken_module_is_named(self):
        dir_name = self.give_modules("libexec", "apm2")
        for words, name, status in (
            (("fac", "jobs"), "apm2-cli.so", 1),
            (("run", "true"), "apm2-run.so", 125),
        ):
            with open(os.path.join(dir_name, name), "w", encoding="utf-8") as file:
                file.write("no module\n")
            said = self.run_moved(*words)
            self.assertEqual(said.returncode, status, said.stderr)
            self.assertIn(os.path.join(dir_name, name), said.stderr)
            self.assertIn("install apm2 anew", said.stderr)

    def test_a_submit_that_needs_more_is_handed_on_whole(self):
        self.give_modules("libexec", "apm2")
        said = subprocess.run(
            [self.moved, "--user", "fac", "submit", "--file", "-"],
            input='{"schema": "nonsense"}',
            capture_output=True,
            text=True,
            env=dict(os.environ, APM2_HOME=self.dir, XDG_RUNTIME_DIR=self.dir),
        )
        self.assertEqual(said.returncode, 2, said.stderr)
        self.assertIn("stdin: ", said.stderr)


if __name__ == "__main__":
    unittest.main()
