#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Takes the blocks out of docs/recipes.md.

Usage: recipes.py                 lists them, each as SECTION, tab, NAME
       recipes.py SECTION NAME    prints one

SECTION is a heading. NAME is the file that a block is to be, as the word
'file=NAME' on its fence says, or else its number among the other blocks of the
section.
"""

import re
import sys
from pathlib import Path

RECIPES = Path(__file__).resolve().parents[2] / "docs" / "recipes.md"


def read_blocks(text):
    """Yields (section, name, text) of each block."""
    section, number, name, block = "", 0, None, []
    for line in text.splitlines():
        if name is not None:
            if line == "```":
                yield section, name, "".join(block)
                name = None
            else:
                block.append(line + "\n")
        elif line.startswith("#"):
            section, number = line.lstrip("# "), 0
        elif line.startswith("```"):
            file, block = re.search(r" file=(\S+)$", line), []
            number += 0 if file else 1
            name = file[1] if file else str(number)


def main(*wanted):
    blocks = list(read_blocks(RECIPES.read_text(encoding="utf-8")))
    if not wanted:
        for section, name, _ in blocks:
            print(section, name, sep="\t")
        return 0
    found = [text for section, name, text in blocks if (section, name) == wanted]
    if len(found) != 1:
        print(f"recipes.py: {len(found)} blocks are {wanted}", file=sys.stderr)
        return 1
    sys.stdout.write(found[0])
    return 0


sys.exit(main(*sys.argv[1:]))
