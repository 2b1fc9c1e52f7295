# SPDX-License-Identifier: LGPL-2.1-or-later
"""Transcripts in documents: what is typed, and what is to come out.

Blocks fenced as 'console' are transcripts. A command begins with '$ ', and goes on
in lines that begin with '> '; a line '(exit status N)' says how it ends, if that is
not 0. Each line of output shown must be in the real output, in order, where numbers,
digests and times may differ and '...' stands for anything.
"""

import re


def read_blocks(path, kind):
    text = path.read_text(encoding="utf-8")
    return re.findall(rf"^```{kind}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def read_transcript(block):
    """Yields (command, output lines, exit status) of a console block."""
    steps = []
    for line in block.splitlines():
        if line.startswith("$ "):
            steps.append((line[2:], [], 0))
        elif line.startswith("> "):
            command, shown, status = steps.pop()
            steps.append((command + "\n" + line[2:], shown, status))
        elif re.fullmatch(r"\(exit status \d+\)", line):
            command, shown, _ = steps.pop()
            steps.append((command, shown, int(line[13:-1])))
        else:
            steps[-1][1].append(line)
    return steps


def normalise(line):
    # How long ago depends on the machine.
    line = re.sub(r"\b\S+ ago\b|\bnow\b", "#", line)
    line = re.sub(r"\b[0-9a-f]{8,}\b", "#", line)
    line = re.sub(r"\b[0-9a-zA-Z]*\d[0-9a-zA-Z]*(?:[-:.][0-9a-zA-Z]+)*", "#", line)
    return " ".join(re.sub(r"[-+#]*#[-+#]*", "#", line).split())


def find_missing(shown, real):
    """Returns the first shown line that the real lines lack."""
    rest = iter([normalise(line) for line in real])
    for line in shown:
        wanted = normalise(line)
        if wanted in ("", "..."):
            continue
        if wanted.endswith("..."):
            found = any(have.startswith(wanted[:-3].rstrip()) for have in rest)
        else:
            found = any(have == wanted for have in rest)
        if not found:
            return line
    return None
