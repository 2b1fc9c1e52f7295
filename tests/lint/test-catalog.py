#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Compares the message catalog with the programs, and lets systemd read it.

Usage: test-catalog.py APM2     the built command line program

* Each MESSAGE_ID of apm2-message-id.h has one text, and each text has its id.
* Each id is used where something is logged.
* A text substitutes journal fields only (@NAME@) that an event has under a name
  without a digit, which is all that systemd can substitute.
* Each apm2 command in a text is one that there is.
* docs/journal.md has a row for each id.
* 'journalctl --update-catalog' takes the catalog, and gives back every text.
"""

import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = ROOT / "src" / "libapm2"
CATALOG = ROOT / "data" / "systemd" / "apm2.catalog"
APM2 = ""
HEADERS = {"Subject", "Defined-By", "Support", "Documentation"}


def read_ids():
    """Returns {name: id} of the header."""
    text = (LIBRARY / "apm2-message-id.h").read_text(encoding="utf-8")
    return dict(re.findall(r'#define (APM2_MSG_\w+)\s+"([0-9a-f]{32})"', text))


def read_fields():
    """Returns the names of the journal fields that a text may have."""
    text = (LIBRARY / "apm2-log.c").read_text(encoding="utf-8")
    return set(re.findall(r'add_named \(self, \w+, "([A-Z_]+)"', text))


def read_catalog(text):
    """Returns [(id, headers, body)]."""
    entries = []
    for part in re.split(r"^-- ", text, flags=re.MULTILINE)[1:]:
        head, _, body = part.partition("\n\n")
        first, *lines = head.splitlines()
        headers = dict(line.split(": ", 1) for line in lines)
        entries.append((first, headers, body.strip()))
    return entries


def find_faults(catalog, ids, fields):
    """Yields what is wrong with the text of a catalog."""
    entries = read_catalog(catalog)
    known = set(ids.values())
    seen = [entry[0] for entry in entries]
    yield from (f"{i}: no such id in the header" for i in set(seen) - known)
    yield from (f"{i}: has no text" for i in known - set(seen))
    yield from (f"{i}: has two texts" for i in set(seen) if seen.count(i) > 1)
    for name, headers, body in entries:
        if set(headers) != HEADERS:
            yield f"{name}: has the headers {sorted(headers)}"
        if len(body) < 20:
            yield f"{name}: says nothing"
        words = re.findall(r"@(\w+)@", headers.get("Subject", "") + body)
        yield from (f"{name}: no field {w}" for w in set(words) - fields)


class Catalog(unittest.TestCase):
    def setUp(self):
        self.ids = read_ids()
        self.text = CATALOG.read_text(encoding="utf-8")

    def find_faults(self, text):
        return list(find_faults(text, self.ids, read_fields()))

    def test_it_agrees_with_the_header(self):
        self.assertGreater(len(self.ids), 20)
        self.assertEqual(len(set(self.ids.values())), len(self.ids))
        self.assertEqual(self.find_faults(self.text), [])

    def test_the_comparison_can_fail(self):
        first = next(iter(self.ids.values()))
        for old, new in [(first, "0" * 32), (f"-- {first}", f"-- {first[::-1]}"),
                         ("@APM_JOB@", "@APM2_JOB@"), ("Support: ", "Suport: ")]:
            with self.subTest(new=new):
                self.assertIn(old, self.text)
                self.assertNotEqual(self.find_faults(self.text.replace(old, new, 1)), [])

    def test_each_id_is_logged(self):
        sources = [p for p in (ROOT / "src").rglob("*.c")]
        text = "\n".join(p.read_text(encoding="utf-8") for p in sources)
        for name in self.ids:
            with self.subTest(name=name):
                self.assertRegex(text, rf"\b{name}\b")

    def test_each_command_is_there(self):
        lines = re.findall(r"^    (apm2 --@APM_MODE@ .*)$", self.text, re.MULTILINE)
        self.assertGreater(len(lines), 10)
        for line in sorted(set(lines)):
            words = line.split()[2:]
            verb = [w for w in words if re.fullmatch(r"[a-z]+", w)]
            with self.subTest(line=line):
                help_text = subprocess.run(
                    [APM2, *verb, "--help"], check=True, capture_output=True,
                    text=True).stdout
                self.assertIn(f"Usage: apm2 {' '.join(verb)}", help_text)
                for option in [w for w in words if w.startswith("--")]:
                    self.assertIn(option, help_text)

    def test_each_id_is_documented(self):
        text = (ROOT / "docs" / "journal.md").read_text(encoding="utf-8")
        rows = set(re.findall(r"^\| `([0-9a-f]{32})` \|", text, re.MULTILINE))
        self.assertEqual(rows, set(self.ids.values()))

    @unittest.skipUnless(shutil.which("journalctl"), "there is no journalctl")
    def test_systemd_takes_it(self):
        with tempfile.TemporaryDirectory() as root:
            folder = Path(root) / "usr" / "lib" / "systemd" / "catalog"
            folder.mkdir(parents=True)
            shutil.copy(CATALOG, folder)
            result = subprocess.run(
                ["journalctl", "--update-catalog", f"--root={root}"],
                check=False, capture_output=True, text=True)
            self.assertEqual((result.returncode, result.stderr), (0, ""))

            dump = subprocess.run(
                ["journalctl", f"--root={root}", "--dump-catalog"],
                check=True, capture_output=True, text=True).stdout
        self.assertEqual({e[0] for e in read_catalog(dump)}, set(self.ids.values()))


if __name__ == "__main__":
    APM2 = str(Path(sys.argv.pop(1)).resolve())
    unittest.main()
