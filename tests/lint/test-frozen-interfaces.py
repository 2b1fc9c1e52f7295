#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Shows that frozen-interfaces.py lets interfaces grow and nothing else."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

CHECK = Path(__file__).with_name("frozen-interfaces.py")
CONST = '<annotation name="org.freedesktop.DBus.Property.EmitsChangedSignal" value="const"/>'
XML = f"""<node>
  <interface name="org.x.Y">
    <!-- Go: as quick as it can. -->
    <method name="Go">
      <arg name="where" direction="in" type="s"/>
      <arg name="trail" direction="out" type="as"/>
    </method>
    <signal name="Gone"><arg name="where" type="s"/></signal>
    <property name="Place" type="s" access="read">{CONST}</property>
  </interface>
</node>
"""

# What stands there, what shall stand there, what must be said of it.
BREAKS = [
    ('<signal name="Gone"><arg name="where" type="s"/></signal>', "", "signal org.x.Y.Gone is gone"),
    ('method name="Go"', 'method name="Walk"', "method org.x.Y.Go is gone"),
    ('name="where" direction="in" type="s"', 'name="where" direction="in" type="o"',
     "argument 1 was in s where and is in o where"),
    ('name="where" direction="in"', 'name="place" direction="in"', "argument 1 was in s where"),
    ('direction="out" type="as"', 'direction="in" type="as"', "argument 2 was out as trail"),
    ('<arg name="trail" direction="out" type="as"/>', "", "argument 2 was out as trail and is not there"),
    ('<arg name="trail"', '<arg name="how" direction="in" type="s"/><arg name="trail"',
     "argument 3 was not there"),
    ('<signal name="Gone"><arg name="where" type="s"/>', '<signal name="Gone"><arg name="where" type="t"/>',
     "signal org.x.Y.Gone: argument 1 was s where and is t where"),
    ('type="s" access="read"', 'type="s" access="readwrite"', "access was read and is readwrite"),
    ('type="s" access="read"', 'type="u" access="read"', "type was s and is u"),
    (CONST, "", "EmitsChangedSignal was const and is not there"),
    ('value="const"', 'value="invalidates"', "EmitsChangedSignal was const and is invalidates"),
    ('interface name="org.x.Y"', 'interface name="org.x.Z"', "interface org.x.Y is gone"),
]
ADDITION = ("</interface>", '<method name="Stay"/></interface>')


class FrozenInterfaces(unittest.TestCase):
    def setUp(self):
        top = tempfile.TemporaryDirectory()  # pylint: disable=consider-using-with
        self.addCleanup(top.cleanup)
        self.frozen = Path(top.name) / "frozen"
        self.frozen.mkdir()
        self.file = Path(top.name) / "org.x.Y.xml"
        self.file.write_text(XML, encoding="utf-8")
        self.assertEqual(self.check("--add").returncode, 0)

    def check(self, *options):
        return subprocess.run(
            [sys.executable, str(CHECK), *options, str(self.frozen), str(self.file)],
            check=False, capture_output=True, text=True,
        )

    def change(self, old, new):
        text = self.file.read_text(encoding="utf-8")
        self.assertIn(old, text)
        self.file.write_text(text.replace(old, new), encoding="utf-8")

    def test_the_same_passes(self):
        result = self.check()
        self.assertEqual((result.returncode, result.stdout), (0, ""))

    def test_texts_are_free(self):
        self.change("as quick as it can", "slowly")
        self.assertEqual(self.check().returncode, 0)

    def test_breaks_are_found_and_not_frozen(self):
        for old, new, said in BREAKS:
            with self.subTest(said=said):
                self.file.write_text(XML, encoding="utf-8")
                self.change(old, new)
                before = {path.name: path.read_bytes() for path in self.frozen.iterdir()}
                for options in ((), ("--add",)):
                    result = self.check(*options)
                    self.assertEqual(result.returncode, 1)
                    self.assertIn(said, result.stdout)
                    self.assertIn("add a member with another name", result.stdout)
                self.assertEqual(before, {p.name: p.read_bytes() for p in self.frozen.iterdir()})

    def test_an_addition_is_frozen(self):
        self.change(*ADDITION)
        result = self.check()
        self.assertEqual(result.returncode, 1)
        self.assertIn("method org.x.Y.Stay is new", result.stdout)
        self.assertIn("--add", result.stdout)
        self.assertEqual(self.check("--add").returncode, 0)
        self.assertEqual(self.check().returncode, 0)
        self.file.write_text(XML, encoding="utf-8")
        self.assertIn("method org.x.Y.Stay is gone", self.check().stdout)


if __name__ == "__main__":
    unittest.main()
