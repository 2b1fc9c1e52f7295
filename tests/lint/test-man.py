#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Shows that man.py finds what is wrong with a manual page.

Usage: test-man.py CLI DAEMON WORKER PAGE...
"""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

CHECK = Path(__file__).with_name("man.py")

# Page, what stands there, what shall stand there, what must be said of it.
FAULTS = [
    ("apm2.1", '.SS "apm2 fac jobs [OPTION...]"\n', "", "apm2 fac jobs is missing"),
    ("apm2.1", '.SS "apm2 fac job show ID"', '.SS "apm2 fac job shew ID"', "there is no apm2 fac job shew"),
    ("apm2.1", ".B \\-\\-enable\\-linger\n", ".B \\-\\-linger\n", "apm2 daemon install: --enable-linger is missing"),
    ("apm2.1", ".BR \\-n \", \" \\-\\-dry\\-run\n", ".B \\-\\-dry\\-run\n", "apm2 daemon install: -n is missing"),
    ("apm2.1", ".B \\-\\-no\\-legend\n", ".B \\-\\-no\\-table\n", "OPTIONS: there is no --no-table"),
    ("apm2.1", ".TP\n.B 130\n", ".TP\n.B 131\n", "exit status: 130 is missing"),
    ("apm2-daemon.8", ".B \\-\\-debug\n", ".B \\-\\-verbose\n", "apm2-daemon.8: --debug is missing"),
    ("apm2-worker.8", ".B \\-\\-drain\n", ".B \\-\\-finish\n", "apm2-worker.8: there is no --finish"),
    ("apm2.conf.5", "=64M\n", "=65M\n", "[job] log-bytes-max=64M is missing"),
    ("apm2.conf.5", ".BR kill\\-grace ", ".BR kill\\-delay ", "there is no [job] kill-delay=10s"),
    ("apm2.1", ".SH DESCRIPTION\n", ".SH DESCRIPTION\n.XX\n", "groff: "),
]


class Man(unittest.TestCase):
    def check(self, folder):
        pages = sorted(str(path) for path in folder.iterdir())
        return subprocess.run(
            [sys.executable, str(CHECK), *PROGRAMS, *pages],
            check=False, capture_output=True, text=True,
        )

    def test_faults_are_found(self):
        for name, old, new, said in FAULTS:
            with self.subTest(page=name, fault=new), tempfile.TemporaryDirectory() as top:
                for page in PAGES:
                    text = page.read_text(encoding="utf-8")
                    if page.name == name:
                        self.assertIn(old, text)
                        text = text.replace(old, new)
                    (Path(top) / page.name).write_text(text, encoding="utf-8")
                result = self.check(Path(top))
                self.assertEqual(result.returncode, 1)
                self.assertIn(said, result.stdout)


if __name__ == "__main__":
    PROGRAMS = sys.argv[1:4]
    PAGES = [Path(name) for name in sys.argv[4:]]
    del sys.argv[1:]
    unittest.main()
