#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs what the documents tell the reader to type, and compares.

Usage: test-docs.py APM2     the built command line program

Blocks fenced as 'console' are transcripts. Each command in them
('$ ...') is run, in order, against a broker and a worker; it must succeed, or
fail as a line '(exit status N)' after it says. Each line of output shown must
be in the real output, in order, where numbers, digests and times may differ and
'...' stands for anything.

In blocks fenced as 'sh' each option of an apm2 command must be in its help.

Each file that exists after that must be in the table of docs/state-files.md,
with its mode.
"""

import re
import shlex
import stat
import sys
import unittest
from fnmatch import fnmatchcase
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from session import Session  # noqa: E402
from transcript import find_missing, read_blocks, read_transcript  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = ["README.md"]
APM2 = ""


def matches(name, pattern):
    """Like fnmatch, but '*' stays within one element of the path."""
    names, patterns = name.split("/"), pattern.split("/")
    return len(names) == len(patterns) and all(map(fnmatchcase, names, patterns))


def read_state_files():
    """Returns [(pattern, mode)] of the table in docs/state-files.md."""
    text = (ROOT / "docs" / "state-files.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([^`]+)` \|[^|]*\| (\d{4}) \|", text, re.MULTILINE)
    return [(path, int(mode, 8)) for path, mode in rows]


class Docs(unittest.TestCase):
    def test_transcripts_are_true(self):
        with Session(APM2) as session:
            for name in DOCUMENTS:
                for block in read_blocks(ROOT / name, "console"):
                    for command, shown, status in read_transcript(block):
                        with self.subTest(document=name, command=command):
                            self.check_step(session, command, shown, status)
            self.check_state_files(session)

    def check_step(self, session, command, shown, status):
        variable = re.match(r"(\w+)=", command)
        if variable:
            command += f'\nstatus=$?; printf %s "${variable[1]}" >variable; exit $status'
        result = session.shell(command)
        if variable:
            text = (session.folder / "variable").read_text(encoding="utf-8")
            session.environment[variable[1]] = text
        self.assertEqual(result.returncode, status, result.stdout + session.logs())
        missing = find_missing(shown, result.stdout.splitlines())
        self.assertIsNone(missing, f"not in the output:\n{result.stdout}")

    def check_state_files(self, session):
        # A job is told to have ended before its directory is gone.
        session.wait_for('test -z "$(ls -A "$APM2_HOME/private/fac/work")"')
        rows = read_state_files()
        self.assertGreater(len(rows), 5)
        places = {"$APM2_HOME": session.home,
                  "$XDG_RUNTIME_DIR/apm2": session.folder / "run" / "apm2"}
        for place, folder in places.items():
            for path in [folder, *folder.rglob("*")]:
                name = str(path).replace(str(folder), place, 1)
                mode = stat.S_IMODE(path.lstat().st_mode)
                with self.subTest(path=name):
                    modes = [m for p, m in rows if matches(name, p)]
                    self.assertNotEqual(modes, [], "not in docs/state-files.md")
                    self.assertIn(mode, modes, f"mode is {mode:04o}")

    def test_options_in_examples_exist(self):
        with Session(APM2) as session:
            for name in DOCUMENTS:
                for block in read_blocks(ROOT / name, "sh"):
                    for line in block.splitlines():
                        self.check_example(session, name, line)

    def check_example(self, session, document, line):
        words = shlex.split(line, comments=True)
        if not words or words[0] != "apm2":
            return
        words = words[1:words.index("--")] if "--" in words else words[1:]
        verb = []
        for word in words:
            if not re.fullmatch(r"[a-z]+", word):
                break
            verb.append(word)
        with self.subTest(document=document, line=line):
            while True:
                text = session.shell(f"apm2 {shlex.join(verb)} --help")
                if text.returncode == 0 or not verb:
                    break
                verb.pop()
            self.assertNotEqual(verb, [], "no such command")
            for word in words:
                if word.startswith("--"):
                    self.assertIn(word.split("=")[0], text.stdout)


if __name__ == "__main__":
    APM2 = str(Path(sys.argv.pop(1)).resolve())
    unittest.main()
