#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Shows that check-introspection.py can fail."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

CHECKER = Path(__file__).resolve().parent / "check-introspection.py"

GOOD = """<node>
  <!-- org.x.Y:
       @short_description: a thing -->
  <interface name="org.x.Y">
    <!-- Go:
         @where: to which place
         @since: 1

         Goes there. -->
    <method name="Go"><arg name="where" type="s"/></method>
  </interface>
</node>
"""


class CheckIntrospection(unittest.TestCase):
    def check(self, text, name="org.x.Y.xml"):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name
            path.write_text(text, encoding="utf-8")
            return subprocess.run(
                [sys.executable, str(CHECKER), str(path)],
                capture_output=True, text=True, check=False,
            )

    def assert_flagged(self, old, new, words):
        self.assertIn(old, GOOD)
        result = self.check(GOOD.replace(old, new))
        self.assertEqual(result.returncode, 1)
        self.assertIn(words, result.stdout)

    def test_a_good_file_passes(self):
        self.assertEqual(self.check(GOOD).stdout, "")
        self.assertEqual(self.check(GOOD).returncode, 0)

    def test_a_member_without_since_is_flagged(self):
        self.assert_flagged("@since: 1", "", "@since")

    def test_an_undocumented_argument_is_flagged(self):
        self.assert_flagged("@where: to which place", "", "'where' is not documented")

    def test_a_member_without_comment_is_flagged(self):
        self.assert_flagged("<!-- Go:", "<!-- Come:", "no comment before it")

    def test_an_interface_without_short_description_is_flagged(self):
        self.assert_flagged("@short_description", "description", "short_description")

    def test_a_wrong_case_is_flagged(self):
        self.assert_flagged('name="where"', 'name="Where"', "lower case")

    def test_a_wrong_file_name_is_flagged(self):
        self.assertEqual(self.check(GOOD, "org.x.Z.xml").returncode, 1)


if __name__ == "__main__":
    unittest.main()
