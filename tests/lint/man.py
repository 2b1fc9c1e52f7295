#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checks the manual pages against the programs and with groff.

Usage: man.py CLI DAEMON WORKER PAGE...

* 'man apm2-NOUN-VERB' finds a page for each noun and verb. The page of a verb has
  each of its options with both names, and no other option: in OPTIONS, or below
  the heading of the verb where a page is about several.
* apm2(1) lists each verb with its page, and no other.
* apm2-daemon(8) and apm2-worker(8) have each option of their programs.
* apm2.conf(5) has each key with its default, and no other key.
* apm2-job-spec(5) and apm2-receipt(5) have each member of their JSON Schemas,
  apm2-heartbeat(5) each of the file; each reason, state and check of the doctor is
  explained; and there is no other.
* apm2(1) lists each exit status of src/cli/apm2-exit.h, and apm2-run(1) each of
  src/cli/run/apm2-run.h; the pages of verbs have no other, and those that have
  their own are compared with their sources.
* Each page has the sections that its kind has, names no option and no page of
  apm2 that is not there, and is found by the names that its first line has.
* Each JSON Schema is in a page.
* groff has nothing to complain of, on any terminal, nor has lexgrog.
"""

import functools
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {**os.environ, "LC_ALL": "C.UTF-8", "APM2_HOME": "/nonexistent"}


@functools.lru_cache(None)
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


def check_verb(verb, options, pages, stubs):
    """Checks the page of one verb."""
    name = verb.replace(" ", "-") + ".1"
    home = stubs.get(name, name)
    if home not in pages:
        yield f"{name}: there is no such page"
        return
    parts = read_parts(pages[home], "SH")
    verbs = read_parts(parts.get("COMMANDS", ""), "SS")
    bodies = [body for title, body in verbs.items() if verb_of(title) == verb]
    if verbs and not bodies:
        yield f"{home}: {verb} is missing"
        return
    found = options_of_page(bodies[0] if bodies else parts.get("OPTIONS", ""))
    if home.endswith(".8"):  # they are also those of the program
        found &= options
    yield from compare(f"{home}: {verb}", options, found)


def verb_of(title):
    found = re.match(r"apm2(?: [a-z][a-z-]*)+", title)
    return found[0] if found else None


def read_index(section):
    """Yields (verb, page) of the list of commands in apm2(1)."""
    for tag, text in re.findall(r"^\.TP\n(.*)\n((?:[^.].*\n)*)", section, re.MULTILINE):
        first, *others = tag.split(", ")
        page = re.search(r"^(apm2\S*) ?\((\d)\)\.$", text, re.MULTILINE)
        for other in ["", *others]:
            verb = first if not other else f"{first.rpartition(' ')[0]} {other}"
            yield verb, f"{page[1]}.{page[2]}" if page else None


def check_verbs(cli, pages, stubs):
    sections = read_parts(pages["apm2.1"], "SH")
    verbs = dict(list_verbs(cli))
    for verb, options in sorted(verbs.items()):
        yield from check_verb(verb, options, pages, stubs)
    for page, text in pages.items():
        for title in read_parts(read_parts(text, "SH").get("COMMANDS", ""), "SS"):
            if title.startswith("apm2 ") and verb_of(title) not in verbs:
                yield f"{page}: there is no {verb_of(title)}"
    index = dict(read_index(sections["COMMANDS"]))
    yield from compare("apm2.1: COMMANDS", set(verbs), set(index))
    for verb, page in index.items():
        name = verb.replace(" ", "-") + ".1"
        if page != stubs.get(name, name):
            yield f"apm2.1: COMMANDS: {verb} is not in {page}"
    nouns = {verb.rpartition(" ")[0] for verb in verbs}
    for words in sorted(nouns | set(verbs)):
        name = words.replace(" ", "-")
        if not {name + ".1", name + ".8"} & (set(pages) | set(stubs)):
            yield f"{name}: there is no such page"
        if " " in words and f" man {name};" not in run(cli, *words.split()[1:], "--help"):
            yield f"{words} --help: does not name the page {name}"
    everywhere = read_options(read_section(run(cli, "--help"), "Options of every command:"))
    yield from compare("apm2.1: OPTIONS", everywhere, options_of_page(sections["OPTIONS"]))


SECTIONS = {
    "1": ("NAME", "SYNOPSIS", "DESCRIPTION", "EXIT STATUS", "ENVIRONMENT", "FILES",
          "EXAMPLES", "SEE ALSO"),
    "5": ("NAME", "SYNOPSIS", "DESCRIPTION", "EXAMPLES", "SEE ALSO"),
}
SECTIONS["8"] = SECTIONS["1"]
# Options of other programs that the pages speak of.
FOREIGN = {"--no-verify"}


def names_of(text):
    line = read_parts(text, "SH").get("NAME", "").strip().replace("\n", " ")
    return set(line.partition(" - ")[0].split(", "))


def check_page(name, text, pages, stubs, options):
    """Checks what every page must have."""
    parts = read_parts(text, "SH")
    for title in SECTIONS[name[-1]]:
        if title not in parts:
            yield f"{name}: {title} is missing"
    prose = re.sub(r"^\.(EX|nf)$.*?^\.(EE|fi)$", "", text, flags=re.MULTILINE | re.DOTALL)
    for option in sorted(set(re.findall(r"(?<![\w-])--[a-z][\w-]*", prose)) - options - FOREIGN):
        yield f"{name}: there is no {option}"
    for page, section in set(re.findall(r"(?<![\w./-])(apm2[\w.@-]*) ?\((\d)\)", prose)):
        if f"{page}.{section}" not in {*pages, *stubs}:
            yield f"{name}: there is no {page}({section})"
    names = names_of(text)
    also = {stub.rpartition(".")[0] for stub, home in stubs.items() if home == name}
    units = {word for word in names if word.endswith((".service", ".socket"))}
    yield from compare(f"{name}: NAME", also | {name.rpartition(".")[0]}, names - units)


def check_statuses(name, page, header, pattern):
    text = (ROOT / "src/cli" / header).read_text(encoding="utf-8")
    wanted = set(re.findall(pattern, text))
    yield from compare(f"{name}: exit status", wanted, statuses_of(page))


def statuses_of(page):
    section = read_parts(page, "SH").get("EXIT STATUS", "")
    return set(re.findall(r"^\.TP\n(\d+)$", section, re.MULTILINE))


def check_verb_statuses(pages):
    """What a page says of a status beside what apm2(1) says of it."""
    known = statuses_of(pages["apm2.1"])
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    yield from compare("README.md", known, set(re.findall(r"^\| (\d+) \|", readme, re.MULTILINE)))
    for name, page in pages.items():
        if name.startswith(("apm2-fac-", "apm2-daemon-")):
            yield from compare(f"{name}: exit status", set(), statuses_of(page) - known)


def check_own_statuses(pages):
    """Programs and verbs whose statuses are their own."""
    for name, source, pattern, others in (
        ("apm2-fac-doctor.1", "cli/commands/apm2-cmd-doctor.c", r"DOCTOR_EXIT_\w+ = (\d+)", ""),
        # 130 is that of 'wait'.
        ("apm2-fac-services.1", "cli/commands/apm2-cmd-services-status.c", r"return (\d);", "130"),
        ("apm2-daemon.8", "daemon/main.c", r"\b(EXIT_\w+|EX_\w+);", ""),
        ("apm2-worker.8", "worker/main.c", r"#define EXIT_\w+ +(\d+)", "0 1"),
    ):
        words = re.findall(pattern, (ROOT / "src" / source).read_text(encoding="utf-8"))
        numbers = {"EXIT_SUCCESS": 0, "EXIT_FAILURE": 1, "EX_USAGE": os.EX_USAGE,
                   "EX_CONFIG": os.EX_CONFIG}
        wanted = {str(numbers.get(word, word)) for word in words} | set(others.split())
        yield from compare(f"{name}: exit status", wanted, statuses_of(pages[name]))


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


def list_members(schema, node, name, groups):
    """Adds the members of the object @node, and of those below, to @groups."""
    if "$ref" in node:
        node = schema["$defs"].get(node["$ref"].rpartition("/")[2], {})
    members = groups.setdefault(name, set())
    for member, value in node.get("properties", {}).items():
        members.add(member)
        value = value.get("items", value)
        if "$ref" in value:
            value = schema["$defs"][value["$ref"].rpartition("/")[2]]
        if value.get("type") == "object" and "properties" in value:
            list_members(schema, value, member, groups)


def tags_of(text):
    tags = re.findall(r"^\.TP\n(.*)$", text, re.MULTILINE)
    return {name for tag in tags for name in re.sub(r" \(.*", "", tag).split(", ")}


def check_members(page, text, name, top):
    """Compares the headings below MEMBERS with the JSON Schema @name."""
    path = ROOT / "data/schemas" / f"{name}.json"
    schema = json.loads(path.read_text(encoding="utf-8"))
    groups = {}
    list_members(schema, schema, top, groups)
    parts = read_parts(read_parts(text, "SH")["MEMBERS"], "SS")
    yield from compare(f"{page}: MEMBERS", set(groups), set(parts))
    for group in set(groups) & set(parts):
        yield from compare(f"{page}: {group}", groups[group], tags_of(parts[group]))


def check_formats(pages):
    """The pages of files that programs write and read."""
    spec, receipt = pages["apm2-job-spec.5"], pages["apm2-receipt.5"]
    yield from check_members("apm2-job-spec.5", spec, "apm2.fac.job_spec.v1", "job")
    yield from check_members("apm2-receipt.5", receipt, "apm2.fac.job_receipt.v1", "receipt")
    source = (ROOT / "src/libapm2/apm2-heartbeat-json.c").read_text(encoding="utf-8")
    yield from compare(
        "apm2-heartbeat.5",
        set(re.findall(r'(?:\{|root,) "(\w+)",', source)),
        tags_of(read_parts(pages["apm2-heartbeat.5"], "SH")["MEMBERS"]),
    )
    reason = r'#define APM2_REASON_\w+[\s\\]+"(\w+)"'
    for page, section, source, pattern in (
        ("apm2-receipt.5", "REASONS", "libapm2/apm2-job-state.h", reason),
        ("apm2-fac-services.1", "REASONS", "libapm2/apm2-services-report.h", reason),
        ("apm2-fac-jobs.1", "STATES", "libapm2/apm2-job-state.c", r'JOB_STATE_\w+\] = "(\w+)"'),
        ("apm2-fac-doctor.1", "CHECKS", "cli/doctor/apm2-doctor.c", r'\{ "([a-z-]+)", [TF]'),
    ):
        words = set(re.findall(pattern, (ROOT / "src" / source).read_text(encoding="utf-8")))
        tags = tags_of(read_parts(pages[page], "SH")[section])
        tags = {tag.removesuffix("WORD") for tag in tags}  # unit_WORD
        yield from compare(f"{page}: {section}", words, tags)


def check_schemas(pages):
    """A page tells of each JSON Schema, and of none that is not there."""
    wanted = {path.name.removesuffix(".json") for path in (ROOT / "data/schemas").glob("*.json")}
    found = set()
    for page, text in pages.items():
        tags = tags_of(read_parts(text, "SH").get("JSON", ""))
        yield from compare(f"{page}: JSON", set(), tags - wanted)
        found |= {name for name in wanted if re.search(rf"{re.escape(name)}(?![\w])", text)}
    yield from compare("JSON Schemas", wanted, found)


def check_groff(paths):
    if shutil.which("groff") is None:
        return
    for device in ("utf8", "ascii"):
        said = subprocess.run(
            ["groff", "-man", "-ww", "-K", "utf8", "-T", device, "-z", *map(str, paths.values())],
            check=False, capture_output=True, text=True,
        ).stderr
        for line in said.splitlines():
            yield f"groff -T {device}: {line}"


def check_lexgrog(paths, pages):
    """Checks that apropos(1) and whatis(1) will find the pages."""
    if shutil.which("lexgrog") is None:
        return
    said = subprocess.run(
        ["lexgrog", *map(str, paths.values())], check=False, capture_output=True, text=True
    ).stdout
    for name, path in paths.items():
        found = set(re.findall(rf'^{re.escape(str(path))}: "(\S+) - ', said, re.MULTILINE))
        yield from compare(f"{name}: lexgrog", names_of(pages[name]), found)


def read_stubs(paths):
    """Returns {name of a page: name of the page that it stands for}."""
    stubs = {}
    for name, path in paths.items():
        found = re.fullmatch(r"\.so man\d/(\S+)\n", path.read_text(encoding="utf-8"))
        if found:
            stubs[name] = found[1]
    return stubs


def main(cli, daemon, worker, *names):
    paths = {Path(name).name: Path(name) for name in names}
    stubs = read_stubs(paths)
    pages = {
        name: plain(path.read_text(encoding="utf-8"))
        for name, path in paths.items() if name not in stubs
    }
    options = set().union(
        *(found for _, found in list_verbs(cli)),
        *(read_options(run(program, "--help").splitlines()) for program in (cli, daemon, worker)),
    )
    complaints = [
        *check_verbs(cli, pages, stubs),
        *check_statuses(
            "apm2.1", pages["apm2.1"], "apm2-exit.h", r"APM2_EXIT_\w+ = (\d+)"
        ),
        *check_statuses(
            "apm2-run.1", pages["apm2-run.1"], "run/apm2-run.h", r"APM2_RUN_EXIT_\w+ +(\d+)"
        ),
        *check_verb_statuses(pages),
        *check_own_statuses(pages),
        *check_program(daemon, "apm2-daemon", pages["apm2-daemon.8"]),
        *check_program(worker, "apm2-worker", pages["apm2-worker.8"]),
        *check_keys(cli, pages["apm2.conf.5"]),
        *check_formats(pages),
        *check_schemas(pages),
    ]
    for name, text in pages.items():
        complaints += check_page(name, text, pages, stubs, options)
    for name in stubs:
        del paths[name]
    complaints += [*check_groff(paths), *check_lexgrog(paths, pages)]
    print("\n".join(complaints or [f"{len(pages)} pages, {len(stubs)} other names"]))
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
