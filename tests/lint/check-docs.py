#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checks that what the documents name is there.

Usage: check-docs.py BUILD-DIR [FILE.md...]

* A path in backticks that begins with a folder of the tree exists.
* A test case in backticks (/apm2/...) is one that a test program lists; it may
  end in '*' for a group.
* Every promise in docs/guarantees.md names a test that is there.
* docs/architecture.md says what lives in each folder of the sources, and
  CONTRIBUTING.md what is in each suite of tests.
"""

import json
import os
import re
import subprocess
import sys
from fnmatch import fnmatchcase
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("introspection/", "src/", "tests/", "data/", "docs/", "scripts/", "po/")


def list_tests(build):
    return json.loads(subprocess.run(
        ["meson", "introspect", "--tests", str(build)],
        check=True, capture_output=True, text=True,
    ).stdout)


def list_cases(build):
    """Returns the names of all cases of the GLib test programs of @build."""
    cases = set()
    for test in list_tests(build):
        program = test["cmd"][0]
        if re.fullmatch(r"test-[a-z0-9-]+", Path(program).name):
            result = subprocess.run(
                [program, "-l"], check=False, capture_output=True, text=True,
                timeout=60, env={**os.environ, **test["env"]},
            )
            cases.update(re.findall(r"^/\S+", result.stdout, re.MULTILINE))
    return cases


def check_word(word, cases):
    """Returns what is wrong with @word, or None."""
    if word.startswith("/apm2/"):
        if not any(fnmatchcase(case, word) for case in cases):
            return "no test program has this case"
    elif word.startswith(FOLDERS) and not re.search(r"[\s*$<>…]", word):
        if not (ROOT / word).exists():
            return "no such file"
    return None


def check_guarantees(text):
    """Yields the rows of the table that name no test."""
    for row in re.findall(r"^\|\s*(G\d+)\s*\|(.*)\|$", text, re.MULTILINE):
        if not re.search(r"`(/apm2/|tests/)", row[1]):
            yield f"{row[0]}: names no test"


def check_tables(build):
    """Yields the folders and suites of which no table tells."""
    architecture = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    for path in sorted((ROOT / "src").rglob("*")):
        name = f"{path.relative_to(ROOT)}/"
        if path.is_dir() and f"| `{name}` |" not in architecture:
            yield f"architecture.md: {name}: the table of folders does not have it"
    contributing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for suite in sorted({test["suite"][0].rpartition(":")[2] for test in list_tests(build)}):
        if f"| `{suite}` |" not in contributing:
            yield f"CONTRIBUTING.md: {suite}: the table of suites does not have it"


def main(build, *files):
    cases = list_cases(build)
    paths = [Path(f) for f in files] or [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]
    complaints = list(check_tables(build))
    for path in paths:
        text = path.read_text(encoding="utf-8")
        for word in re.findall(r"`([^`\n]+)`", text):
            wrong = check_word(word, cases)
            if wrong:
                complaints.append(f"{path.name}: {word}: {wrong}")
        if path.name == "guarantees.md":
            complaints += [f"{path.name}: {c}" for c in check_guarantees(text)]
    print("\n".join(complaints or [f"{len(paths)} documents, {len(cases)} test cases"]))
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
