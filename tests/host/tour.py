#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Types what docs/tour.md tells the reader to type, as alice, and compares.

Usage: tour.py [--write FILE]

Speaks TAP: one result for each command. With --write the document, with the output
as it is now, goes to FILE instead: to be looked at, and cut where it does not matter.
That is for a host with HOST_SHELL=1.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/lint"))
from transcript import find_missing, read_blocks, read_transcript  # noqa: E402

TOUR = ROOT / "docs/tour.md"
# Where she is then is where the next command is typed.
TYPED = """export LC_ALL=C.UTF-8
cd "$(cat ~/.tour 2>/dev/null || echo ~)"
{command}
status=$?; pwd >~/.tour; exit $status
"""


def type_as_alice(command):
    """Returns (exit status, what came out)."""
    result = subprocess.run(
        ["runuser", "-l", "-c", TYPED.format(command=command), "--", "alice"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, check=False, timeout=300,
    )
    return result.returncode, result.stdout


def write(target):
    """Puts the output of each command behind it."""
    out, block = [], None
    for line in TOUR.read_text(encoding="utf-8").splitlines():
        if line == "```console":
            block = []
        elif line == "```" and block is not None:
            for command, _, _ in read_transcript("\n".join(block)):
                first, *more = command.split("\n")
                out.append("$ " + first)
                out += ["> " + part for part in more]
                status, said = type_as_alice(command)
                out += said.splitlines()
                out += [f"(exit status {status})"] if status else []
            block = None
        elif block is not None:
            block.append(line)
            continue
        out.append(line)
    Path(target).write_text("\n".join(out) + "\n", encoding="utf-8")


def check():
    count = failures = 0
    for block in read_blocks(TOUR, "console"):
        for command, shown, expected in read_transcript(block):
            status, said = type_as_alice(command)
            missing = find_missing(shown, said.splitlines())
            count += 1
            right = status == expected and missing is None
            failures += not right
            print(f"{'ok' if right else 'not ok'} {count} - {command.splitlines()[0]}")
            if not right:
                print(f"#   exit status {status}, {expected} is said; not there: {missing}")
                print("".join(f"#   {line}\n" for line in said.splitlines()), end="")
    print(f"1..{count}")
    return 1 if failures or count < 20 else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--write"]:
        write(sys.argv[2])
    else:
        sys.exit(check())
