#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Succeeds if the memory of a process holds one of the words of a file.

Usage: memory-holds.py PID FILE
"""

import sys
from pathlib import Path


def read_memory(pid):
    """Yields the content of each readable mapping."""
    with open(f"/proc/{pid}/maps", encoding="utf-8") as maps, \
            open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in maps:
            span, rights, *rest = line.split()
            if "r" not in rights or rest[-1].startswith("[v"):
                continue
            begin, end = (int(text, 16) for text in span.split("-"))
            try:
                memory.seek(begin)
                yield memory.read(end - begin)
            except OSError:
                continue


def main(pid, path):
    words = [word.encode() for word in Path(path).read_text(encoding="utf-8").split()]
    return not any(word in data for data in read_memory(pid) for word in words)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
