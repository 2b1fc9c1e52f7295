#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checks that each D-Bus member is documented.

Usage: check-introspection.py FILE.xml...

A comment stands before every interface, method, signal and property. It begins
with the member's name, names each argument as @name, and for members says
@since. Names are CamelCase, those of arguments lower case.
"""

import re
import sys
import xml.dom.minidom
from pathlib import Path


def comment_before(node):
    node = node.previousSibling
    while node is not None and node.nodeType == node.TEXT_NODE:
        node = node.previousSibling
    is_comment = node is not None and node.nodeType == node.COMMENT_NODE
    return node.data if is_comment else ""


def children(node, *names):
    return [c for c in node.childNodes if c.nodeName in names]


def check_member(member):
    name = member.getAttribute("name")
    comment = comment_before(member)
    if not re.fullmatch(r"[A-Z][A-Za-z0-9]*", name):
        yield f"{name}: the name is not CamelCase"
    if not comment.strip().startswith(name + ":"):
        yield f"{name}: no comment before it that begins with '{name}:'"
        return
    if not re.search(r"^\s*@since: \d+$", comment, re.MULTILINE):
        yield f"{name}: the comment has no '@since: NUMBER'"
    text = re.sub(r"^\s*(@[\w]+:|\w+:)", "", comment, flags=re.MULTILINE)
    if not re.search(r"\w", text):
        yield f"{name}: the comment says nothing"
    for argument in children(member, "arg"):
        word = argument.getAttribute("name")
        if not re.fullmatch(r"[a-z][a-z0-9_]*", word):
            yield f"{name}: argument '{word}' is not in lower case"
        if f"@{word}:" not in comment:
            yield f"{name}: argument '{word}' is not documented"


def check_interface(interface):
    name = interface.getAttribute("name")
    comment = comment_before(interface)
    if f"{name}:" not in comment or "@short_description:" not in comment:
        yield f"{name}: no comment with '{name}:' and @short_description"
    for member in children(interface, "method", "signal", "property"):
        for complaint in check_member(member):
            yield f"{name}.{complaint}"


def main(paths):
    found = 0
    for path in paths:
        document = xml.dom.minidom.parse(path)
        interfaces = document.getElementsByTagName("interface")
        complaints = [c for i in interfaces for c in check_interface(i)]
        if [i.getAttribute("name") for i in interfaces] != [Path(path).stem]:
            complaints.append("a file holds the one interface that it is named after")
        for complaint in complaints:
            print(f"{path}: {complaint}")
            found += 1
    return 1 if found or not paths else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
