#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Shows that interface-pages.py finds what is wrong with a page.

Usage: test-interface-pages.py FOLDER FILE.xml...
"""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

CHECK = Path(__file__).with_name("interface-pages.py")
PAGE = "org.apm2.Services.Queue.5"

# What stands there, what shall stand there, what must be said of it.
FAULTS = [
    (".SS Cancel\n", ".SS Revoke\n", "METHODS are"),
    (".SS Paused\n", "", "PROPERTIES are"),
    ("\\fIlane\\fP (\\fBs\\fP, in)", "\\fIline\\fP (\\fBs\\fP, in)", "Pause: argument lane is missing"),
    ("name of a lane, or empty for the whole queue", "a lane", "the text of lane is missing"),
    ("SERVICES.QUEUE\" 5", "SERVICES.QUEUE\" 1", "no .TH"),
    (" \\- accept", " accept", "lexgrog finds no name"),
    ("\\fBorg.apm2.Slots\\fP(5)", "", "SEE ALSO does not name org.apm2.Slots"),
    (".SH DESCRIPTION\n", ".SH DESCRIPTION\n.XX\n", "groff: "),
    (".SH DESCRIPTION\n", ".SH DESCRIPTION\n.nf\n" + "x" * 90 + "\n.fi\n", "longer than 80"),
]


class InterfacePages(unittest.TestCase):
    def test_faults_are_found(self):
        text = (FOLDER / PAGE).read_text(encoding="utf-8")
        xml = [name for name in FILES if Path(name).stem == Path(PAGE).stem]
        others = [name for name in FILES if name not in xml]
        for old, new, said in FAULTS:
            with self.subTest(fault=said), tempfile.TemporaryDirectory() as top:
                self.assertIn(old, text)
                for page in FOLDER.glob("*.5"):
                    (Path(top) / page.name).write_bytes(page.read_bytes())
                (Path(top) / PAGE).write_text(text.replace(old, new), encoding="utf-8")
                result = subprocess.run(
                    [sys.executable, str(CHECK), top, *xml, *others],
                    check=False, capture_output=True, text=True,
                )
                self.assertEqual(result.returncode, 1)
                self.assertIn(f"{PAGE}: ", result.stdout)
                self.assertIn(said, result.stdout)


if __name__ == "__main__":
    FOLDER = Path(sys.argv[1])
    FILES = sys.argv[2:]
    del sys.argv[1:]
    unittest.main()
