#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checks the manual pages that are made from the D-Bus interfaces.

Usage: interface-pages.py FOLDER FILE.xml...

FOLDER has a page NAME.5 for each NAME.xml:

* whatis and apropos find it, by its name and its brief;
* each member has a heading below that of its kind, in the order of the file, with
  all its arguments, and there is no other heading;
* its text is there, word for word but for the marks;
* the overview has the errors of src/libapm2/apm2-error.c;
* the pages of all other interfaces are in SEE ALSO;
* groff has nothing to complain of, and no line is longer than 80 columns.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "introspection" / "man"))
from interface_text import read_interface  # noqa: E402

SECTIONS = {"method": "METHODS", "signal": "SIGNALS", "property": "PROPERTIES"}


def read_parts(text, macro):
    """Returns {title: text below it}, in order."""
    parts = re.split(rf"^\.{macro} (.*)$", text, flags=re.MULTILINE)
    return {title.strip('"'): body for title, body in zip(parts[1::2], parts[2::2])}


def words(text):
    """The words of a text without marks, escapes, macros and punctuation."""
    text = re.sub(r"^\.(INDENT|UNINDENT|IP|sp|TP|nf|fi|ft|SS|SH|B|I)\b.*$", "", text, flags=re.MULTILINE)
    text = re.sub(r"\\f.|\\&|\\\(bu", "", text).replace("\\(aq", "'").replace('\\(dq', '"').replace("\\-", "-")
    return re.findall(r"\w+", text.replace("@", ""))


def contains(text, wanted):
    found, wanted = " ".join(words(text)), " ".join(words(wanted))
    return wanted in found


def check_member(member, body):
    for argument in member.arguments:
        if not re.search(rf"^(?:\.B )?\\fI{argument.name}\\fP ", body, re.MULTILINE):
            yield f"{member.name}: argument {argument.name} is missing"
        elif not contains(body, argument.text):
            yield f"{member.name}: the text of {argument.name} is missing"
    for paragraph in re.split(r"\n\n|\n\* ", member.text):
        if not contains(body, paragraph):
            yield f"{member.name}: missing: {paragraph.split(chr(10))[0]}"


def check_members(interface, sections):
    for kind, title in SECTIONS.items():
        members = {m.name: m for m in interface.members if m.kind == kind}
        bodies = read_parts(sections.get(title, ""), "SS")
        if list(members) != list(bodies):
            yield f"{title} are {list(bodies)} instead of {list(members)}"
            continue
        for name, member in members.items():
            yield from check_member(member, bodies[name])


def run(*command, **options):
    return subprocess.run(command, check=False, capture_output=True, text=True, **options)


def check_look(path):
    if shutil.which("lexgrog"):
        said = run("lexgrog", str(path)).stdout
        if not re.search(rf'"{re.escape(path.stem)} - \S.*"$', said.strip()):
            yield f"lexgrog finds no name: {said.strip()}"
    if shutil.which("groff"):
        result = run("groff", "-man", "-ww", "-K", "utf8", "-T", "utf8", "-rLL=80n", "-P-c", "-P-bou", str(path))
        for line in result.stderr.splitlines():
            yield f"groff: {line}"
        for line in result.stdout.splitlines():
            if len(line) > 80:
                yield f"longer than 80 columns: {line}"


def check_overview(sections):
    code = (ROOT / "src/libapm2/apm2-error.c").read_text(encoding="utf-8")
    wanted = re.findall(r'PREFIX "(\w+)"', code)
    found = re.findall(r"^(?:\.B )?\\fB(\w+)\\fP$", sections.get("ERRORS", ""), re.MULTILINE)
    for name in sorted(set(wanted) ^ set(found)):
        yield f"ERRORS and apm2-error.c disagree on {name}"


def check_page(path, interface, names):
    text = path.read_text(encoding="utf-8")
    sections = read_parts(text, "SH")
    if not re.search(rf'^\.TH "{re.escape(interface.name.upper())}" 5 ', text, re.MULTILINE):
        yield "no .TH with the name in section 5"
    for title in ("NAME", "SYNOPSIS", "SEE ALSO"):
        if title not in sections:
            yield f"no section {title}"
    for name in names - {interface.name}:
        if f"\\fB{name}\\fP(5)" not in sections.get("SEE ALSO", ""):
            yield f"SEE ALSO does not name {name}"
    if "OBJECTS" in sections:
        yield from check_overview(sections)
    yield from check_members(interface, sections)
    yield from check_look(path)


def main(folder, *files):
    found = 0
    for file in files:
        interface = read_interface(file)
        path = Path(folder) / f"{interface.name}.5"
        for complaint in check_page(path, interface, {Path(name).stem for name in files}):
            print(f"{path.name}: {complaint}")
            found += 1
    return 1 if found or not files else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
