#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checks the style rules of CONTRIBUTING.md that no compiler knows.

Usage: check-style.py [FILE...]   files of the tree by default
       check-style.py --rules     the names of the rules, one a line

Prints "FILE:LINE: RULE: what is wrong" and exits 1 if anything is. Each rule
has a specimen in specimens/ that must be flagged, see test-check-style.py.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SPECIMENS = "tests/lint/specimens"
FILE_LINES_MAX = 450
FUNCTION_LINES_MAX = 60

RULES = {}


def rule(name, *suffixes):
    """Registers a rule for files whose name ends with one of @suffixes."""

    def register(check):
        RULES[name] = (suffixes, check)
        return check

    return register


class Source:
    """One file: its text, and its code with comments and strings blanked."""

    def __init__(self, path, text, place):
        self.path = path
        self.place = place  # where in the tree the rules shall think it is
        self.text = text
        self.lines = text.split("\n")
        is_c = place.endswith((".c", ".h"))
        self.code = blank_c(text).split("\n") if is_c else self.lines

    def is_in(self, *folders):
        return any(self.place.startswith(f + "/") for f in folders)

    def grep(self, pattern, lines=None):
        regex = re.compile(pattern)
        for number, line in enumerate(lines or self.code, 1):
            match = regex.search(line)
            if match:
                yield number, match


def blank_c(text):
    """Returns @text with comments and literals blanked, lines kept."""

    def blank(match):
        word = match.group(0)
        if word[0] in "\"'":
            return word[0] + " " * (len(word) - 2) + word[0]
        return re.sub(r"[^\n]", " ", word)

    return re.sub(
        r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'',
        blank,
        text,
        flags=re.DOTALL,
    )


def functions(source):
    """Yields (name, is_static, first line, last line) of each definition.

    Relies on the format that clang-format enforces: the name stands at the
    beginning of a line, below its type, and the outer braces stand alone.
    """
    code = source.code
    for opening, line in enumerate(code):
        if line != "{":
            continue
        start = opening - 1
        while start > 0 and code[start].strip() and not re.match(r"\w+ \(", code[start]):
            start -= 1
        match = re.match(r"(\w+) \(", code[start])
        if match and code[start - 1].strip():
            is_static = "static" in code[start - 1].split()
            last = next((n for n in range(opening, len(code)) if code[n] == "}"), opening)
            yield match.group(1), is_static, start + 1, last + 1


@rule("spdx", ".c", ".h", ".py", ".sh", ".build", ".xml", "")
def check_spdx(source):
    head = [line for line in source.lines[:2] if not line.startswith(("#!", "<?"))]
    if not head or "SPDX-License-Identifier: LGPL-2.1-or-later" not in head[0]:
        yield 1, "the first line must be the SPDX licence identifier"


@rule("pragma-once", ".h")
def check_pragma_once(source):
    if len(source.lines) < 2 or source.lines[1] != "#pragma once":
        yield 2, "the second line of a header must be '#pragma once'"


@rule("opening-paragraph", ".c")
def check_opening_paragraph(source):
    if not source.is_in("src"):
        return
    if len(source.lines) < 3 or not source.lines[2].startswith("/*"):
        yield 3, "a comment must open the file: what it is, what it promises"


@rule("file-length", ".c", ".h", ".py", ".sh")
def check_file_length(source):
    count = len(source.lines) - 1
    if count > FILE_LINES_MAX:
        yield count, f"{count} lines; {FILE_LINES_MAX} are allowed"


@rule("function-length", ".c")
def check_function_length(source):
    for name, _, first, last in functions(source):
        count = last - first + 1
        if count > FUNCTION_LINES_MAX:
            yield first, f"{name} has {count} lines; {FUNCTION_LINES_MAX} are allowed"


@rule("exported-prefix", ".c")
def check_exported_prefix(source):
    if not source.is_in("src"):
        return
    for name, is_static, first, _ in functions(source):
        if not is_static and name != "main" and not name.startswith("apm2_"):
            yield first, f"{name} is neither static nor has the prefix apm2_"


@rule("exported-doc", ".c")
def check_exported_doc(source):
    """A function of the shared library has a gtk-doc block."""
    if not source.is_in("src/libapm2"):
        return
    documented = set(re.findall(r"^/\*\*\n \* (\w+):", source.text, re.MULTILINE))
    for name, is_static, first, _ in functions(source):
        if not is_static and name not in documented:
            yield first, f"{name} is exported and has no documentation block"


@rule("goto", ".c", ".h")
def check_goto(source):
    for number, _ in source.grep(r"\bgoto\b"):
        yield number, "no goto; clean up with g_autoptr"


@rule("blocking-call", ".c", ".h")
def check_blocking(source):
    if not source.is_in("src/daemon", "src/worker", "src/libapm2"):
        return
    for number, match in source.grep(r"\b\w+_sync \("):
        yield number, f"{match.group(0)[:-2]} blocks the main loop"
    if source.place == "src/daemon/store/apm2-store-thread.c":
        return  # a thread of its own
    for number, match in source.grep(r"\b(sleep|usleep|g_usleep|nanosleep) \("):
        yield number, f"{match.group(1)} blocks the main loop"


@rule("sleeping-test", ".c")
def check_sleeping_test(source):
    if not source.is_in("tests/unit", "tests/bus"):
        return
    for number, match in source.grep(r"\b(sleep|usleep|g_usleep|nanosleep) \("):
        yield number, f"{match.group(1)}: a test waits for conditions, not for time"


@rule("forbidden-call", ".c", ".h")
def check_forbidden_call(source):
    names = (
        "g_error|system|popen|alloca|g_alloca|g_newa|strdupa|strndupa|"
        "strcpy|strcat|sprintf|vsprintf|gets|strtok|atoi|atol|mktemp|tmpnam"
    )
    for number, match in source.grep(rf"(?<![\w>.])({names}) \("):
        yield number, f"{match.group(1)} is not used here"


@rule("exit-outside-main", ".c")
def check_exit(source):
    if not source.is_in("src"):
        return
    for number, _ in source.grep(r"(?<![\w>.])exit \("):
        yield number, "a function returns an error; only main decides to exit"


@rule("leftover", ".c", ".h", ".py", ".sh", ".build", ".xml", ".md", "")
def check_leftover(source):
    words = "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"])
    for number, match in source.grep(rf"\b({words})\b", source.lines):
        yield number, f"{match.group(1)}: do it or file an issue"


def include_group(source, mark, name, last):
    # A test's own header is the one of the module that it tests.
    stem = re.sub(r"^test-", "apm2-", Path(source.place).stem)
    if mark == '"' and source.place.endswith(".h"):
        return 3
    if mark == '"':
        own = name[:-2].removesuffix("-private")
        return 0 if last < 0 and (stem == own or stem.startswith(own + "-")) else 3
    if re.match(r"(glib|gio|gobject)\b", name):
        return 2
    if re.match(r"(jansson|sqlite3|systemd/|libintl)", name):
        return 2 if last == 2 else 1  # with the system's or with GLib's
    return 1


@rule("include-order", ".c", ".h")
def check_include_order(source):
    """Own header, system headers, GLib, ours; a blank line between groups."""
    last = -1
    last_line = 0
    for number, match in source.grep(r'^#\s*include ([<"])([^>"]+)', source.lines):
        name = match.group(2)
        group = include_group(source, match.group(1), name, last)
        if group < last:
            yield number, f"{name}: order is own header, system, GLib, ours"
        elif group > last >= 0 and number == last_line + 1:
            yield number, f"{name}: a blank line must separate the groups"
        last = group
        last_line = number


@rule("trailing-space", ".c", ".h", ".py", ".sh", ".build", ".xml", ".md", "")
def check_trailing_space(source):
    for number, _ in source.grep(r"[ \t]$", source.lines):
        yield number, "white space at the end of the line"
    if source.text and not source.text.endswith("\n"):
        yield len(source.lines), "no newline at the end of the file"


def read_specimen_place(text, place):
    """A specimen says in a comment where the rules shall think it lies."""
    match = re.search(r"specimen-place: (\S+)", text)
    return match.group(1) if match else place


def check_file(path):
    """Yields (line, rule, message) for everything wrong with @path."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return
    place = str(path.resolve().relative_to(ROOT))
    if place.startswith(SPECIMENS):
        place = read_specimen_place(text, place)
    suffix = Path(place).suffix
    if not suffix and not text.startswith("#!"):
        return  # data
    source = Source(path, text, place)
    for name, (suffixes, check) in RULES.items():
        if suffix in suffixes:
            for line, message in check(source):
                yield line, name, message


def tree_files():
    """What git would commit, or all files, without specimens and data."""
    if (ROOT / ".git").exists():
        out = subprocess.run(
            ["git", "-c", f"safe.directory={ROOT}", "-C", str(ROOT), "ls-files",
             "-z", "--cached", "--others", "--exclude-standard"],
            check=True, capture_output=True,
        ).stdout.decode()
        names = {name for name in out.split("\0") if name}
    else:
        names = {str(p.relative_to(ROOT)) for p in ROOT.rglob("*")}
    skip = (SPECIMENS + "/", "LICENSES/", "COPYING", "tests/fuzz/corpus",
            "tests/data/", "build", ".git/")
    for name in sorted(names):
        path = ROOT / name
        if not name.startswith(skip) and path.is_file():
            yield path


def main(arguments):
    if arguments == ["--rules"]:
        print("\n".join(RULES))
        return 0
    paths = [Path(a) for a in arguments] or list(tree_files())
    found = 0
    for path in paths:
        for line, name, message in check_file(path):
            shown = path.resolve().relative_to(ROOT)
            print(f"{shown}:{line}: {name}: {message}")
            found += 1
    if not arguments:
        print(f"{len(paths)} files, {len(RULES)} rules, {found} complaints")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
