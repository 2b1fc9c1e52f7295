#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Takes the commands out of docs/runbook.md.

Usage: runbook.py user|system [SECTION]

Prints those of a section, or of all, each with a NUL after it: what stands in a
fenced block of the kind bash, without comments, a here-document with the command
that reads it. With no section each is preceded by its section and a tab. The mode
chooses where both are printed: what is typed with sudo, or reads the journal of
the system, belongs to the system; the rest to a user.
"""

import re
import sys
import textwrap
from pathlib import Path

RUNBOOK = Path(__file__).resolve().parents[2] / "docs" / "runbook.md"


def read_blocks(text):
    """Yields (section, lines) of each block."""
    section, block = "", None
    for line in text.splitlines():
        heading = re.match(r"#+ (\d+(\.\d+)?)", line)
        if block is None and heading:
            section = heading[1]
        elif block is None and line.strip() == "```bash":
            block = []
        elif block is not None and line.strip() == "```":
            yield section, textwrap.dedent("\n".join(block)).splitlines()
            block = None
        elif block is not None:
            block.append(line)


def read_commands(lines):
    """Yields the commands of a block."""
    lines = iter(lines)
    for line in lines:
        if not line.strip() or line.startswith("#"):
            continue
        command = [line]
        here = re.search(r"<<'?(\w+)'?", line)
        while here and command[-1] != here[1]:
            command.append(next(lines))
        yield "\n".join(command)


def mode_of(command):
    is_system = re.match(r"sudo |journalctl (?!--user)", command)
    return "system" if is_system else "user"


def main(mode, wanted=None):
    for section, lines in read_blocks(RUNBOOK.read_text(encoding="utf-8")):
        for command in read_commands(lines):
            if mode_of(command) == mode and wanted in (None, section):
                prefix = "" if wanted else section + "\t"
                sys.stdout.write(f"{prefix}{command}\0")


main(*sys.argv[1:])
