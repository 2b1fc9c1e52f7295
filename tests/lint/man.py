#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checks the manual pages against the programs and with groff.

Usage: man.py CLI DAEMON WORKER PAGE...

* apm2(1) has a heading for each verb, and below it each of its options with both
  names; it has no other verb and no other option. A verb may have its options in
  a page of its own instead, apm2-VERB(1).
* apm2-daemon(8) and apm2-worker(8) have each option of their programs.
* apm2.conf(5) has each key with its default, and no other key.
* apm2(1) lists each exit status of src/cli/apm2-exit.h, and apm2-run(1) each of
  src/cli/run/apm2-run.h.
* groff has nothing to complain of.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {**os.environ, "LC_ALL": "C.UTF-8", "APM2_HOME": "/nonexistent"}


def run(*words):
    return subprocess.run(
        words, check=True, capture_output=True, text=True, env=ENVIRONMENT
    ).stdout


def read_section(text, title):
    """Returns the lines of a help text below @title."""
    found = re.search(rf"^{re.escape(title)}\n(.*?)(\n\n|\Z)", text, re.DOTALL | re.MULTILINE)
    return found[1].splitlines() if found else []


def read_options(lines):
    """Returns the set of names, '-l' and '--lane', that rows begin with."""
    names = set()
    for line in lines:
        row = re.match(r"  +((?:-\w, )?--[\w-]+)", line)
        if row:
            names.update(row[1].split(", "))
    return names


def list_verbs(cli, words=()):
    """Yields (path, options) of each verb."""
    text = run(cli, *words, "--help")
    commands = read_section(text, "Commands:")
    if not commands:
        yield " ".join(["apm2", *words]), read_options(read_section(text, "Options:"))
    for line in commands:
        name = re.match(r"  (\w[\w-]*)", line)
        if name:
            yield from list_verbs(cli, (*words, name[1]))


def plain(source):
    """Takes the fonts and escapes out of a page."""
    lines = []
    for line in source.split("\n"):
        line = re.sub(r"\\f.", "", line).replace("\\-", "-")
        macro = re.match(r"\.(B|I|BR|RB|BI|IB|IR|RI) (.*)", line)
        if macro:
            words = re.findall(r'"([^"]*)"|(\S+)', macro[2])
            joint = "" if len(macro[1]) == 2 else " "
            line = joint.join(quoted or bare for quoted, bare in words)
        lines.append(line)
    return "\n".join(lines)


def read_parts(text, macro):
    """Returns {title: text below it}."""
    parts = re.split(rf"^\.{macro} (.*)$", text, flags=re.MULTILINE)
    return {title.strip('"'): body for title, body in zip(parts[1::2], parts[2::2])}


def options_of_page(text):
    """The names in the tags of @text."""
    names = set()
    for tag in re.findall(r"^\.TP\n(.*)$", text, re.MULTILINE):
        names.update(re.findall(r"(?<![\w-])(--?[a-zA-Z][\w-]*)", tag))
    return names


def compare(what, wanted, found):
    for name in sorted(wanted - found):
        yield f"{what}: {name} is missing"
    for name in sorted(found - wanted):
        yield f"{what}: there is no {name}"


def check_verbs(cli, pages):
    page = pages["apm2.1"]
    sections = read_parts(page, "SH")
    headings = {}
    for title, body in read_parts(sections["COMMANDS"], "SS").items():
        verb = re.match(r"apm2(?: [a-z][a-z-]*)+", title)[0]
        own = pages.get(verb.replace(" ", "-") + ".1")
        headings[verb] = options_of_page(read_parts(own, "SH")["OPTIONS"] if own else body)
    verbs = dict(list_verbs(cli))
    yield from compare("apm2.1", set(verbs), set(headings))
    for verb in sorted(set(verbs) & set(headings)):
        yield from compare(f"apm2.1: {verb}", verbs[verb], headings[verb])
    everywhere = read_options(read_section(run(cli, "--help"), "Options of every command:"))
    yield from compare("apm2.1: OPTIONS", everywhere, options_of_page(sections["OPTIONS"]))


def check_statuses(name, page, header, pattern):
    text = (ROOT / "src/cli" / header).read_text(encoding="utf-8")
    wanted = set(re.findall(pattern, text))
    section = read_parts(page, "SH")["EXIT STATUS"]
    found = set(re.findall(r"^\.TP\n(\d+)$", section, re.MULTILINE))
    yield from compare(f"{name}: exit status", wanted, found)


def check_program(program, name, page):
    options = read_options(run(program, "--help").splitlines())
    found = options_of_page(read_parts(page, "SH")["OPTIONS"])
    yield from compare(f"{name}.8", options, found)


def check_keys(cli, page):
    wanted = set()
    group = ""
    for line in run(cli, "--user", "fac", "config", "show", "--no-legend").splitlines():
        if line.startswith("["):
            group = re.sub(r"lane (?!run\b)\w+", "lane NAME", line)
        elif "=" in line and group != "[lane run]":  # it has defaults of its own
            wanted.add(f"{group} {line}")
    found = set()
    for title, body in read_parts(page, "SH").items():
        if title.startswith("["):
            tags = re.findall(r"^\.TP\n(\S+)$", body, re.MULTILINE)
            found.update(f"{title} {tag}" for tag in tags)
    yield from compare("apm2.conf.5", wanted, found)


def check_groff(path):
    if shutil.which("groff") is None:
        return
    said = subprocess.run(
        ["groff", "-man", "-ww", "-K", "utf8", "-T", "utf8", "-z", str(path)],
        check=False, capture_output=True, text=True,
    ).stderr
    for line in said.splitlines():
        yield f"{path.name}: groff: {line}"


def main(cli, daemon, worker, *names):
    paths = {Path(name).name: Path(name) for name in names}
    pages = {name: plain(path.read_text(encoding="utf-8")) for name, path in paths.items()}
    complaints = [
        *check_verbs(cli, pages),
        *check_statuses(
            "apm2.1", pages["apm2.1"], "apm2-exit.h", r"APM2_EXIT_\w+ = (\d+)"
        ),
        *check_statuses(
            "apm2-run.1", pages["apm2-run.1"], "run/apm2-run.h", r"APM2_RUN_EXIT_\w+ +(\d+)"
        ),
        *check_program(daemon, "apm2-daemon", pages["apm2-daemon.8"]),
        *check_program(worker, "apm2-worker", pages["apm2-worker.8"]),
        *check_keys(cli, pages["apm2.conf.5"]),
    ]
    for path in paths.values():
        complaints += check_groff(path)
    print("\n".join(complaints or [f"{len(pages)} pages"]))
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
