# SPDX-License-Identifier: LGPL-2.1-or-later
"""The examples of the manual pages, and the project in which they are typed.

An example is what stands between .EX and .EE in the section EXAMPLES. There are
three kinds:

* a transcript: lines with '$ ' before them are typed, the others are printed;
* a file: its first line is '# PATH', and it is written there;
* lines that are typed.
"""

import importlib
import re
import shutil
import sys
import textwrap
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
docs = importlib.import_module("test-docs")

# What takes a service manager, or the rights of root.
HOST = re.compile(
    r"\b(systemctl|journalctl|loginctl|sudo|busctl)\b|apm2 (--user )?daemon |--cpu |--poll-interval"
)


@dataclass
class Step:
    """A command and what it prints, or a file."""

    command: str
    shown: list = field(default_factory=list)
    file: str = ""


@dataclass
class Example:
    page: str
    text: str

    @property
    def needs_host(self):
        return bool(HOST.search(self.text))

    @property
    def steps(self):
        lines = self.text.splitlines()
        named = re.fullmatch(r"# ([~/.]\S*)", lines[0])
        if named:
            return [Step("\n".join(lines[1:]) + "\n", file=named[1])]
        typed = any(line.startswith("$ ") for line in lines)
        steps = []
        for line in lines:
            if typed and line.startswith("$ "):
                steps.append(Step(line[2:]))
            elif typed and line.startswith("> "):
                steps[-1].command += "\n" + line[2:]
            elif typed:
                steps[-1].shown.append(line)
            elif steps and steps[-1].command.endswith("\\"):
                steps[-1].command += "\n" + line
            elif line:
                steps.append(Step(line))
        return steps


def unescape(line):
    """The text that groff makes of @line."""
    line = re.sub(r"^\\&|\\f[A-Z]|\\&", "", line)
    for escaped, text in (("\\-", "-"), ("\\(aq", "'"), ("\\(dq", '"'), ("\\(ha", "^"),
                          ("\\(ti", "~"), ("\\e", "\\")):
        line = line.replace(escaped, text)
    return line


def read_examples(path):
    """Returns the examples of a page in their order."""
    text = Path(path).read_text(encoding="utf-8")
    found = re.search(r"^\.SH EXAMPLES\n(.*?)(?=^\.SH |\Z)", text, re.MULTILINE | re.DOTALL)
    blocks = re.findall(r"^\.EX\n(.*?)^\.EE$", found[1] if found else "", re.MULTILINE | re.DOTALL)
    return [
        Example(Path(path).name, "\n".join(map(unescape, block.splitlines())))
        for block in blocks
    ]


def find_missing(shown, said):
    """Returns the first of the lines that the text @said lacks, or None."""
    return docs.find_missing(shown, said.splitlines())


FILES = {
    "Makefile": """\
        all: program
        program: ; echo made >program
        check: ; @echo all tests passed
        lint: ; @echo no complaints
        """,
    "build/build.ninja": "build all: phony\n",
    "migrate": "#!/bin/sh\necho migrated\n",
    "job.json": """\
        {
          "schema": "apm2.fac.job_spec.v1",
          "steps": [{"name": "hello", "argv": ["echo", "hello"]}]
        }
        """,
    ".apm2/gates.conf": """\
        [gate build]
        command=make

        [gate test]
        needs=build
        command=make check
        """,
}


def make_project(shell, folder, name):
    """Makes a repository at @folder that has a remote; @shell runs a command.

    What @name is given makes its files others than those of a project of another
    name, so that no gates have passed before.
    """
    shutil.rmtree(folder, ignore_errors=True)
    for path, text in {**FILES, "README": name}.items():
        path = folder / path
        path.parent.mkdir(parents=True, exist_ok=True)
        text = textwrap.dedent(text)
        if path.name == "Makefile":
            text = text.replace(": ;", ":\n\t").replace("\t ", "\t")
        path.write_text(text, encoding="utf-8")
    (folder / "migrate").chmod(0o755)
    result = shell(
        f"""set -e; cd {folder}
        git init -q -b main .
        git config user.name Alice; git config user.email alice@example.org
        git add -A; git commit -qm 'Begin'
        git commit -q --allow-empty -m 'Go on'
        rm -rf ../remote.git; git init -q --bare -b main ../remote.git
        git remote add origin ../remote.git
        git push -q -u origin main
        git commit -q --allow-empty -m 'Make it better'
        """
    )
    if result.returncode != 0:
        raise RuntimeError(result.stdout)
