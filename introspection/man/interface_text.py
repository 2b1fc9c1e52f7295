# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reads an introspection file with the texts that stand before its members."""

import re
import textwrap
import xml.dom.minidom
from dataclasses import dataclass, field

EMITS = "org.freedesktop.DBus.Property.EmitsChangedSignal"


@dataclass
class Argument:
    name: str
    signature: str
    direction: str  # in, out; of a signal: out
    text: str


@dataclass
class Member:
    kind: str  # method, signal, property
    name: str
    since: str
    text: str
    arguments: list = field(default_factory=list)
    signature: str = ""  # of a property
    access: str = ""
    emits: str = ""
    annotations: dict = field(default_factory=dict)
    stray: list = field(default_factory=list)  # @names that are no argument


@dataclass
class Interface:
    name: str
    brief: str
    text: str
    members: list


def comment_before(node):
    node = node.previousSibling
    while node is not None and node.nodeType == node.TEXT_NODE:
        node = node.previousSibling
    is_comment = node is not None and node.nodeType == node.COMMENT_NODE
    return node.data if is_comment else ""


def children(node, *names):
    return [child for child in node.childNodes if child.nodeName in names]


def split_comment(comment):
    """Returns (symbol, {parameter: text}, body).

    Parameters stand below the symbol, without a blank line between; what is
    indented deeper goes on with the one above.
    """
    lines = textwrap.dedent(comment.strip("\n").rstrip()).split("\n")
    symbol = lines.pop(0).strip().removesuffix(":") if lines else ""
    lines = textwrap.dedent("\n".join(lines)).split("\n")
    parameters = {}
    name = None
    while lines and lines[0].strip():
        line = lines.pop(0)
        found = re.match(r"@(\w+):\s*(.*)", line)
        if found:
            name = found[1]
            parameters[name] = [found[2]]
        elif name is None:
            lines.insert(0, line)
            break
        else:
            parameters[name].append(line.strip())
    body = "\n".join(lines).strip("\n")
    return symbol, {key: " ".join(text).strip() for key, text in parameters.items()}, body


def read_annotations(node):
    return {a.getAttribute("name"): a.getAttribute("value") for a in children(node, "annotation")}


def read_member(node):
    _, parameters, body = split_comment(comment_before(node))
    arguments = [
        Argument(
            arg.getAttribute("name"),
            arg.getAttribute("type"),
            arg.getAttribute("direction") or ("in" if node.nodeName == "method" else "out"),
            parameters.get(arg.getAttribute("name"), ""),
        )
        for arg in children(node, "arg")
    ]
    annotations = read_annotations(node)
    known = {argument.name for argument in arguments} | {"since"}
    return Member(
        node.nodeName,
        node.getAttribute("name"),
        parameters.get("since", ""),
        body,
        arguments,
        node.getAttribute("type"),
        node.getAttribute("access"),
        annotations.get(EMITS, "true") if node.nodeName == "property" else "",
        annotations,
        sorted(set(parameters) - known),
    )


def read_interface(path):
    node = xml.dom.minidom.parse(str(path)).getElementsByTagName("interface")[0]
    _, parameters, body = split_comment(comment_before(node))
    members = [read_member(child) for child in children(node, "method", "signal", "property")]
    return Interface(
        node.getAttribute("name"), parameters.get("short_description", ""), body, members
    )


def read_keys(text, name):
    """Returns [(key, type)] of the list below "Keys of NAME", None if there is none."""
    listed = r"[^\n]*\n(?:[^\n]+\n)*\n((?:\* [^\n]*\n(?:  [^\n]*\n)*)+)"
    found = re.search(rf"^Keys of [^@`\n]*{re.escape(name)}\W{listed}", text + "\n", re.MULTILINE)
    if found is None:
        return None
    return re.findall(r"^\* ``(\w+)`` \(``([^`]*)``\)", found[1], re.MULTILINE)
