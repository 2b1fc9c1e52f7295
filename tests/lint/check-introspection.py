#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checks that the D-Bus interfaces are specifications.

Usage: check-introspection.py FILE.xml...

* A comment stands before every interface, method, signal and property. It begins
  with the member's name, names each argument as @name, says @since, and has a text.
* Names are CamelCase, those of arguments lower case.
* Each method names its errors after "Errors:", those of src/libapm2/apm2-error.c,
  and an interface with methods those that any of them may return.
* The keys of each a{sv} that a method takes are a list below "Keys of @name", with
  their types; or its text is "no keys". One that comes back has its keys too.
"""

import re
import sys
import xml.dom.minidom
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "introspection" / "man"))
from interface_text import children, comment_before, read_interface, read_keys  # noqa: E402

SIGNATURE = re.compile(r"(a*([ybnqiuxtdsogvh]|\{s[^{}]+\}|\([^()]+\)))+")
COMMON = "any method may return"


def read_errors():
    text = (ROOT / "src/libapm2/apm2-error.c").read_text(encoding="utf-8")
    return set(re.findall(r'PREFIX "(\w+)"', text))


def check_comment(node):
    name = node.getAttribute("name")
    comment = comment_before(node)
    if not re.fullmatch(r"[A-Z][A-Za-z0-9]*", name):
        yield f"{name}: the name is not CamelCase"
    if not comment.strip().startswith(name + ":"):
        yield f"{name}: no comment before it that begins with '{name}:'"


def check_texts(member):
    if not re.fullmatch(r"\d+", member.since):
        yield f"{member.name}: the comment has no '@since: NUMBER'"
    if not re.search(r"\w", member.text):
        yield f"{member.name}: the comment says nothing"
    for argument in member.arguments:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", argument.name):
            yield f"{member.name}: argument '{argument.name}' is not in lower case"
        if not argument.text:
            yield f"{member.name}: argument '{argument.name}' is not documented"
    for name in member.stray:
        yield f"{member.name}: it has no argument '{name}'"


def check_errors(member, errors):
    found = re.search(r"Errors: (.*?)(\n\n|\Z)", member.text, re.DOTALL)
    if found is None:
        yield f"{member.name}: no 'Errors:'"
        return
    names = set(re.findall(r"``([A-Z]\w+)``", found[1]))
    if not names and COMMON not in " ".join(found[1].split()):
        yield f"{member.name}: 'Errors:' names none"
    for name in sorted(names - errors):
        yield f"{member.name}: there is no error '{name}'"


def check_keys(member, argument):
    if argument.text == "no keys":
        return
    keys = read_keys(member.text, f"@{argument.name}")
    if keys is None:
        yield f"{member.name}: no 'Keys of @{argument.name}'"
        return
    if len({name for name, _ in keys}) != len(keys) or not keys:
        yield f"{member.name}: a key of '{argument.name}' stands twice, or there is none"
    for name, signature in keys:
        if not SIGNATURE.fullmatch(signature):
            yield f"{member.name}: key '{name}' has no type"


def check_dictionaries(member):
    for argument in member.arguments:
        if argument.signature == "a{sv}" and argument.direction == "in":
            yield from check_keys(member, argument)
        elif argument.signature.endswith("a{sv}"):
            text = argument.text + member.text[member.text.find(f"Keys of @{argument.name}") :]
            if not re.search(r"``[a-z_]+``|record|^as ", text):
                yield f"{member.name}: nothing on the keys of '{argument.name}'"
    if member.signature.endswith("a{sv}") and not re.search(r"``[a-z_]+`` \(", member.text):
        yield f"{member.name}: nothing on its keys"


def check_interface(path, errors):
    document = xml.dom.minidom.parse(path)
    nodes = document.getElementsByTagName("interface")
    if [node.getAttribute("name") for node in nodes] != [Path(path).stem]:
        yield "a file holds the one interface that it is named after"
        return
    interface = read_interface(path)
    if f"{interface.name}:" not in comment_before(nodes[0]) or not interface.brief:
        yield f"{interface.name}: no comment with '{interface.name}:' and @short_description"
    methods = [member for member in interface.members if member.kind == "method"]
    if methods and COMMON not in " ".join(interface.text.split()):
        yield f"{interface.name}: nothing on the errors that {COMMON}"
    for node in children(nodes[0], "method", "signal", "property"):
        yield from check_comment(node)
    for member in interface.members:
        yield from check_texts(member)
        yield from check_dictionaries(member)
        if member.kind == "method":
            yield from check_errors(member, errors)


def main(paths):
    found = 0
    errors = read_errors()
    for path in paths:
        for complaint in check_interface(path, errors):
            print(f"{path}: {complaint}")
            found += 1
    return 1 if found or not paths else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
