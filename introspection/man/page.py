#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes the manual page of a D-Bus interface.

Usage: page.py VERSION OVERVIEW OUTPUT FILE.xml FILE.xml...

The page is of the first file; the others are named in SEE ALSO. What stands in
OVERVIEW comes before and after the members of the interface that it is named after.

gdbus-codegen --generate-rst of GLib 2.74 does not say what a method returns, cuts
texts of more than one line and breaks lists. So the text for docutils, which makes
the page of it as rst2man does, is written here.
"""

import re
import sys
import textwrap
from pathlib import Path

import docutils.core

from interface_text import read_interface

KINDS = (("method", "Methods"), ("signal", "Signals"), ("property", "Properties"))
ACCESS = {"read": "read-only", "write": "write-only", "readwrite": "can be read and written"}
EMITS = {
    "true": "PropertiesChanged has the new value.",
    "invalidates": "PropertiesChanged names it without the value.",
    "const": "It never changes.",
    "false": "Its changes are not signalled.",
}


def heading(title, line):
    return [title, line * len(title), ""]


def mark(text):
    """Turns @name into the emphasised name."""
    return re.sub(r"(?<![\w`])@(\w+)", r"*\1*", text)


def definition(term, text):
    return [term, *textwrap.indent(text or "", "    ").split("\n"), ""]


def write_signature(member):
    if member.kind == "property":
        return f"{member.access} {member.signature} {member.name};"
    words = [
        (f"{argument.direction} " if member.kind == "method" else "")
        + f"{argument.signature} {argument.name}"
        for argument in member.arguments
    ]
    joint = ",\n" + " " * (len(member.name) + 1)
    return f"{member.name}({joint.join(words)});"


def write_synopsis(interface):
    lines = [f"interface {interface.name} {{"]
    for kind, title in KINDS:
        members = [m for m in interface.members if m.kind == kind]
        if members:
            lines.append(f"  {title.lower()}:")
        for member in members:
            lines += textwrap.indent(write_signature(member), "    ").split("\n")
    return ["::", "", *textwrap.indent("\n".join([*lines, "};"]), "    ").split("\n"), ""]


def write_member(member):
    lines = heading(member.name, "~")
    if member.kind == "property":
        lines += [f"``{member.signature}``, {ACCESS[member.access]}. {EMITS[member.emits]}", ""]
    for argument in member.arguments:
        way = {"method": f", {argument.direction}"}.get(member.kind, "")
        lines += definition(f"*{argument.name}* (``{argument.signature}``{way})", mark(argument.text))
    lines += [mark(member.text), ""]
    if member.since != "1":
        lines += [f"Since API version {member.since}.", ""]
    return lines


def write_see_also(interface, others):
    names = [f"**{other.name}**\\ (5)" for other in others if other.name != interface.name]
    pages = ["**apm2**\\ (1)", "**apm2-daemon**\\ (8)", *sorted(names), "**busctl**\\ (1)", "**gdbus**\\ (1)"]
    return [*heading("SEE ALSO", "="), ", ".join(pages), ""]


def write_interfaces(interfaces):
    lines = []
    for interface in sorted(interfaces, key=lambda i: i.name):
        lines += definition(f"**{interface.name}**\\ (5)", interface.brief[0].upper() + interface.brief[1:] + ".")
    return lines


def read_overview(path):
    """Returns the parts of an overview: brief, before, after."""
    text = Path(path).read_text(encoding="utf-8")
    return [part.strip("\n") for part in re.split(r"^\.\. (?:brief|before|after)\n", text, flags=re.M)[1:]]


def write_text(version, overview, interfaces):
    interface = interfaces[0]
    brief, before, after = interface.brief, "", ""
    if Path(overview).stem == interface.name:
        brief, before, after = read_overview(overview)
        before = before.replace(".. interfaces", "\n".join(write_interfaces(i for i in interfaces if i.name != interface.name)))
    lines = ["=" * len(interface.name), *heading(interface.name, "=")]
    lines += ["-" * len(brief), brief, "-" * len(brief), ""]
    lines += [":Manual section: 5", ":Manual group: D-Bus Interfaces", f":Version: apm2 {version}", ""]
    lines += [before, "", *heading("SYNOPSIS", "="), *write_synopsis(interface)]
    title = f"INTERFACE {interface.name.upper()}" if before else "DESCRIPTION"
    lines += [*heading(title, "="), mark(interface.text), ""]
    for kind, title in KINDS:
        members = [m for m in interface.members if m.kind == kind]
        if members:
            lines += heading(title.upper(), "=")
        for member in members:
            lines += write_member(member)
    return "\n".join([*lines, after, "", *write_see_also(interface, interfaces)])


def make_page(text):
    """Turns the text into a page; any complaint of docutils is an error."""
    settings = {"halt_level": 2, "report_level": 2, "file_insertion_enabled": False, "output_encoding": "unicode"}
    page = docutils.core.publish_string(text, writer_name="manpage", settings_overrides=settings)
    # Names must not be broken, and long ones would tear holes into full lines.
    return re.sub(r"^(\.TH .*\n)", r"\1.nh\n.ad l\n", page, count=1, flags=re.MULTILINE)


def main(version, overview, output, *paths):
    text = write_text(version, overview, [read_interface(path) for path in paths])
    Path(output).write_text(make_page(text), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
