#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Shows that check-style.py can fail: each rule must flag its specimen.

specimens/RULE.c (or .h) breaks that one rule and no other; clean.c breaks none.
"""

import subprocess
import sys
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
CHECKER = HERE / "check-style.py"


def run(*arguments):
    return subprocess.run(
        [sys.executable, str(CHECKER), *map(str, arguments)],
        capture_output=True, text=True, check=False,
    )


class CheckStyle(unittest.TestCase):
    def test_each_rule_flags_its_specimen_and_nothing_else(self):
        for rule in run("--rules").stdout.split():
            with self.subTest(rule=rule):
                specimens = list((HERE / "specimens").glob(rule + ".*"))
                self.assertEqual(len(specimens), 1)

                result = run(specimens[0])

                self.assertEqual(result.returncode, 1)
                flagged = {line.split(": ")[1] for line in result.stdout.splitlines()}
                self.assertEqual(flagged, {rule})

    def test_each_specimen_has_its_rule(self):
        rules = set(run("--rules").stdout.split())

        stems = {path.stem for path in (HERE / "specimens").iterdir()}

        self.assertEqual(stems - {"clean"}, rules)

    def test_a_clean_file_is_not_flagged(self):
        result = run(HERE / "specimens" / "clean.c")

        self.assertEqual((result.stdout, result.returncode), ("", 0))


if __name__ == "__main__":
    unittest.main()
