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
       @short_description: a thing

       Errors that any method may return: ``Failed``. -->
  <interface name="org.x.Y">
    <!-- Go:
         @where: to which place
         @options: see below
         @trail: keys are ``length`` (t)
         @since: 1

         Goes there.

         Keys of @options:

         * ``fast`` (``b``): whether to run,
           not to walk.
         * ``with`` (``as``): who comes along.

         Errors: ``NotFound`` (no such place). -->
    <method name="Go">
      <arg name="where" direction="in" type="s"/>
      <arg name="options" direction="in" type="a{sv}"/>
      <arg name="trail" direction="out" type="a{sv}"/>
    </method>
    <!-- Stay:
         @options: no keys
         @since: 1

         Does not go.

         Errors: only those that any method may return. -->
    <method name="Stay"><arg name="options" direction="in" type="a{sv}"/></method>
    <!-- Place:
         @since: 1

         Where it is: ``name`` (s). -->
    <property name="Place" type="a{sv}" access="read"/>
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

    def test_a_method_without_errors_is_flagged(self):
        self.assert_flagged("Errors: ``NotFound``", "Says ``NotFound``", "Go: no 'Errors:'")

    def test_errors_without_a_name_are_flagged(self):
        self.assert_flagged("Errors: ``NotFound`` (no such", "Errors: (no such", "names none")

    def test_an_error_that_is_none_is_flagged(self):
        self.assert_flagged("``NotFound``", "``NotThere``", "there is no error 'NotThere'")

    def test_an_interface_without_common_errors_is_flagged(self):
        self.assert_flagged("Errors that any method may", "What it may", "nothing on the errors")

    def test_options_without_keys_are_flagged(self):
        self.assert_flagged("Keys of @options", "Keys", "no 'Keys of @options'")
        self.assert_flagged("@options: no keys", "@options: more", "Stay: no 'Keys of @options'")

    def test_a_key_without_a_type_is_flagged(self):
        self.assert_flagged("(``as``)", "(``list``)", "key 'with' has no type")

    def test_a_key_that_stands_twice_is_flagged(self):
        self.assert_flagged("* ``with`` (``as``)", "* ``fast`` (``as``)", "stands twice")

    def test_a_result_without_keys_is_flagged(self):
        self.assert_flagged("keys are ``length`` (t)", "how it went", "on the keys of 'trail'")

    def test_a_property_without_keys_is_flagged(self):
        self.assert_flagged("``name`` (s)", "its name", "Place: nothing on its keys")

    def test_an_argument_that_is_none_is_flagged(self):
        self.assert_flagged("@where: to", "@whither: by\n         @where: to", "no argument 'whither'")

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
