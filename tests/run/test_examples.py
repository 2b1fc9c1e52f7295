#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Types what the examples of the manual pages say, and compares what is printed.

Usage: test_examples.py PAGE...

Those that take a service manager are typed by tests/host/man.sh.
"""

import os
import re
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lint"))
import examples  # noqa: E402
from session import Session  # noqa: E402

CLI = str(Path(os.environ["APM2_TEST_BUILD"]).resolve() / "src/cli/apm2")
PAGES = [Path(name) for name in sys.argv[1:]]


class Examples(unittest.TestCase):
    def type(self, session, project, step):
        """Types one command in the project, with the variables set before."""
        names = re.findall(r"^(\w+)=", step.command, re.MULTILINE)
        keep = f'declare -p {" ".join(names)} >>../variables 2>/dev/null' if names else ":"
        return session.shell(
            f"cd {project}\n. ../variables\n{step.command}\n"
            f"status=$?; {keep}; exit $status"
        )

    def write(self, session, project, step):
        name = step.file.replace("~", session.environment["HOME"])
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(step.command, encoding="utf-8")

    def check_page(self, session, page):
        project = session.folder / "project"
        examples.make_project(session.shell, project, page.name)
        (session.folder / "variables").write_text("", encoding="utf-8")
        for example in examples.read_examples(page):
            for step in [] if example.needs_host else example.steps:
                with self.subTest(page=page.name, command=step.command):
                    if step.file:
                        self.write(session, project, step)
                        continue
                    result = self.type(session, project, step)
                    said = result.stdout + session.logs()
                    self.assertEqual(result.returncode, 0, said)
                    missing = examples.find_missing(step.shown, result.stdout)
                    self.assertIsNone(missing, said)

    def test_examples_do_what_they_say(self):
        with Session(CLI, home=".apm2") as session:
            for page in PAGES:
                self.assertNotEqual(examples.read_examples(page), [], page)
                self.check_page(session, page)

    def test_what_is_shown_is_compared(self):
        self.assertEqual(examples.find_missing(["passed in 2s"], "failed in 2s\n"), "passed in 2s")
        self.assertIsNone(examples.find_missing(["...", "passed in 2s"], "a\npassed in 31ms\n"))


if __name__ == "__main__":
    del sys.argv[1:]
    unittest.main()
