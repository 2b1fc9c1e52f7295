#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Compares the files of a user's services with docs/state-files.md.

Usage: state-files.py APM2_HOME RUNTIME-DIR

Prints each that is not in the table, or has another mode than it says. What is
inside a mirror is git's, and what is inside a workspace the job's.
"""

import re
import stat
import sys
from fnmatch import fnmatchcase
from pathlib import Path

FOREIGN = re.compile(r"/mirrors/[^/]+\.git/|/work/[^/]+/(cache|home|work)/")
DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "state-files.md"


def matches(name, pattern):
    names, patterns = name.split("/"), pattern.split("/")
    return len(names) == len(patterns) and all(map(fnmatchcase, names, patterns))


def main(home, runtime):
    rows = re.findall(r"^\| `([^`]+)` \|[^|]*\| (\d{4}|any) \|",
                      DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)
    places = {"$APM2_HOME": Path(home), "$XDG_RUNTIME_DIR/apm2": Path(runtime)}
    for place, folder in places.items():
        for path in [folder, *sorted(folder.rglob("*"))]:
            name = str(path).replace(str(folder), place, 1)
            if FOREIGN.search(name):
                continue
            mode = stat.S_IMODE(path.lstat().st_mode)
            modes = [m for p, m in rows if matches(name, p)]
            if f"{mode:04o}" not in modes and "any" not in modes:
                print(f"{name}: mode {mode:04o}, in the table: "
                      f"{', '.join(modes) or 'nothing'}")


main(*sys.argv[1:])
