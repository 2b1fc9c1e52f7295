#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checks that the D-Bus interfaces only grow.

Usage: frozen-interfaces.py [--add] FROZEN FILE.xml...

FROZEN is a folder with a copy of each interface, without texts. What stands there
was promised: no interface, member, argument, type, direction, access or annotation
may go or change. What is new is promised too as soon as somebody can use it, so it
must be in the copy as well: with --add it is put there, unless something changed.
"""

import argparse
import sys
import xml.dom.minidom
from pathlib import Path

ADVICE = """
Clients rely on what was there. Leave it as it is and add a member with another name;
what can be told by a key of an options or result dictionary needs no new member. An
interface that must break is a new one with a new name beside the old one.
"""
ADD = """
What is new must be frozen, too. Read once more whether its names, types and access
are what you want for ever, raise APM2_API_VERSION in src/libapm2/apm2-names.h if there
was a release since it was raised, and run
    tests/lint/frozen-interfaces.py --add introspection/frozen introspection/*.xml
"""


def elements(node):
    return [child for child in node.childNodes if child.nodeType == child.ELEMENT_NODE]


def describe(element):
    """Returns all that is promised of a member: {what: how it is}."""
    promise = {key: value for key, value in element.attributes.items() if key != "name"}
    number = 0
    for child in elements(element):
        name = child.getAttribute("name")
        if child.tagName == "annotation":
            promise[f"annotation {name}"] = child.getAttribute("value")
        elif child.tagName == "arg":
            number += 1
            words = (child.getAttribute("direction"), child.getAttribute("type"), name)
            promise[f"argument {number}"] = " ".join(word for word in words if word)
            for annotation in elements(child):
                what = f"annotation {annotation.getAttribute('name')} of argument {number}"
                promise[what] = annotation.getAttribute("value")
    return promise


def read_all(paths):
    """Returns {name: promise} of all interfaces and their members."""
    promises = {}
    for path in paths:
        for interface in xml.dom.minidom.parse(str(path)).getElementsByTagName("interface"):
            name = interface.getAttribute("name")
            promises[f"interface {name}"] = describe(interface)
            for member in elements(interface):
                if member.tagName != "annotation":
                    promises[f"{member.tagName} {name}.{member.getAttribute('name')}"] = describe(member)
    return promises


def find_breaks(frozen, current):
    for name, promise in frozen.items():
        if name not in current:
            yield f"{name} is gone"
            continue
        for what in sorted(set(promise) | set(current[name])):
            was, now = promise.get(what), current[name].get(what)
            if was != now:
                yield f"{name}: {what} was {was or 'not there'} and is {now or 'not there'}"


def write_copy(path, target):
    """Copies an interface without its texts."""
    document = xml.dom.minidom.parse(str(path))

    def strip(node):
        for child in list(node.childNodes):
            if child.nodeType != child.ELEMENT_NODE:
                node.removeChild(child)
            else:
                strip(child)

    strip(document.documentElement)
    lines = document.documentElement.toprettyxml(indent="  ").rstrip("\n")
    notice = "<!-- SPDX-License-Identifier: LGPL-2.1-or-later -->"
    target.write_text(f'<?xml version="1.0" encoding="UTF-8"?>\n{notice}\n{lines}\n', encoding="utf-8")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--add", action="store_true")
    parser.add_argument("frozen", type=Path)
    parser.add_argument("files", type=Path, nargs="+")
    options = parser.parse_args()

    frozen = read_all(sorted(options.frozen.glob("*.xml")))
    current = read_all(options.files)
    broken = list(find_breaks(frozen, current))
    new = [name for name in current if name not in frozen]
    if options.add and not broken:
        for path in options.files:
            write_copy(path, options.frozen / path.name)
        return 0
    for line in [*broken, *(f"{name} is new" for name in new)]:
        print(line)
    print((ADVICE if broken else "") + (ADD if new else ""), end="")
    return 1 if broken or new else 0


if __name__ == "__main__":
    sys.exit(main())
