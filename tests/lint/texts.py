#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checks that texts can be translated, and that they are.

Usage: texts.py [FILE...]   sources; all of the tree, and the catalogues, by default

A text that a person reads goes through _() or N_(), which xgettext has to find:
the file is in po/POTFILES.in, and no macro is among the literals, as only those
of <inttypes.h> are known to it. The catalogue of each language in COMPLETE has
all texts of the sources. What the command line knows of the words of broker and
worker are their words.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/run"))
import pseudo  # noqa: E402  pylint: disable=wrong-import-position

COMPLETE = ("de", "fr", "ja")
MARKS = {"_", "N_", "C_", "NC_", "ngettext", "g_dngettext"}
# What prints its literals, or makes an error of them.
SAYING = {
    "printf", "fprintf", "puts", "fputs", "g_print", "g_printerr", "g_set_error",
    "g_set_error_literal", "g_error_new", "g_error_new_literal", "g_prefix_error",
    "g_prefix_error_literal", "apm2_error_set_errno", "apm2_finding_new", "apm2_run_say",
    "apm2_run_complain", "add_problem", "refuse", "refuse_text", "apm2_json_place_refuse",
}
# Files of libapm2 whose errors reach the logs of the services only.
LOGGED = {"apm2-active-config.c", "apm2-disk-floor.c", "apm2-lane-account.c", "apm2-sweep.c"}
# What the command line says for broker and worker.
PHRASES = Path("src/cli/output/apm2-phrase.c")
SPEAKERS = ("src/daemon", "src/worker")
PLACE = re.compile(r"%(?:[.\d]*[a-z])?")
# What is said of before what stands in PHRASES.
SUBJECT = re.compile(r"^(?:%s: (?=[^%]|%s %s )|Step '%s' )")
# Two words, which no code and no command has.
SENTENCE = re.compile(r"[A-Za-z]{2,} +[a-z]{2,}")
TOKEN = re.compile(
    r'(?P<skip>/\*.*?\*/|//[^\n]*|^#(?:\\\n|[^\n])*)|(?P<text>"(?:\\.|[^"\\\n])*")|'
    r"(?P<char>'(?:\\.|[^'\\\n])+')|(?P<name>[A-Za-z_]\w*)|(?P<mark>[()])|(?P<rest>\S)",
    re.DOTALL | re.MULTILINE,
)


def read_literals(text):
    """Yields (line, functions around it from the inside, literal, macros in it)."""
    around, before = [], ""
    literal, macros, line = None, [], 0
    for match in TOKEN.finditer(text):
        kind, word = match.lastgroup, match[0]
        if kind == "skip":
            continue
        if kind == "text":
            literal = (literal or "") + word[1:-1]
            line = text.count("\n", 0, match.start()) + 1
        elif kind == "name" and literal is not None:
            macros.append(word)
        elif literal is not None:
            yield line, around[::-1], literal, macros
            literal, macros = None, []
        if kind == "mark" and word == "(":
            around.append(before)
        elif kind == "mark" and around:
            around.pop()
        before = word if kind == "name" else ""


def is_for_people(path):
    return path.parts[:2] == ("src", "cli") or (
        path.parts[:2] == ("src", "libapm2") and path.name not in LOGGED
    )


def check_source(path, text, listed):
    """Yields what is wrong with the source @text at @path in the tree."""
    marked = False
    for line, around, literal, macros in read_literals(text):
        if MARKS & set(around[:1]):
            marked = True
            for macro in macros:
                if not re.fullmatch(r"PRI[a-z]\d\d", macro):
                    yield f"{path}:{line}: {macro} is in a text; print it with %s"
        elif (is_for_people(path) and around and around[0] in SAYING
                and not MARKS & set(around) and SENTENCE.search(literal)):
            yield f"{path}:{line}: not in _(): {literal!r}"
    if marked and str(path) not in listed:
        yield f"{path} has texts and is not in po/POTFILES.in"
    if not marked and str(path) in listed:
        yield f"{path} is in po/POTFILES.in and has no texts"


def check_phrases(phrases, sources):
    """Yields which texts of the source @phrases stand in none of @sources."""
    said = []
    for text in sources:
        for _, _, literal, _ in read_literals(text):
            # The store says "cannot %s: " of each of its acts.
            if re.fullmatch("[a-z]+( [a-z]+)+", literal):
                said.append(re.compile(f"cannot {literal}: %s"))
            pieces = PLACE.split(SUBJECT.sub("", literal, count=1))
            # Others would be all kinds of words.
            if len(re.findall("[A-Za-z]", "".join(pieces))) > 5 or literal == "%s '%s' %s":
                said.append(re.compile(".+".join(re.escape(piece) for piece in pieces)))
    for line, around, literal, _ in read_literals(phrases):
        if around[:1] == ["N_"] and not any(one.fullmatch(literal) for one in said):
            yield f"{PHRASES}:{line}: neither broker nor worker say {literal!r}"


def check_catalogues():
    """Yields what is wrong with the catalogues."""
    with tempfile.TemporaryDirectory() as folder:
        template = Path(folder, "apm2.pot")
        pseudo.make_template(template)
        for language in (ROOT / "po/LINGUAS").read_text("utf-8").split("\n"):
            if not language or language.startswith("#"):
                continue
            catalogue = ROOT / "po" / f"{language}.po"
            checks = [["msgfmt", "-c", "--statistics", "-o", "/dev/null", catalogue]]
            if language in COMPLETE:
                # Fails for each text that is not there, or is not sure.
                checks.append(["msgcmp", catalogue, template])
            for check in checks:
                made = subprocess.run(check, capture_output=True, text=True, check=False)
                is_partial = language in COMPLETE and re.search(r"\d (un|fuzzy)", made.stderr)
                if made.returncode != 0 or (is_partial and check[0] == "msgfmt"):
                    yield made.stderr.replace(folder + "/", "").strip()


def read_listed():
    lines = (ROOT / "po/POTFILES.in").read_text("utf-8").splitlines()
    return {line for line in lines if line and not line.startswith("#")}


def main(names):
    listed = read_listed()
    wrong = []
    paths = [Path(name) for name in names]
    if not names:
        tracked = subprocess.run(
            ["git", "ls-files", "src/*.c", "src/*.h"], cwd=ROOT, capture_output=True, text=True,
            check=False,
        ).stdout.split()
        paths = [Path(name) for name in tracked] or [
            path.relative_to(ROOT) for path in (ROOT / "src").rglob("*.[ch]")
        ]
        wrong += [f"{name} of po/POTFILES.in is not there" for name in sorted(listed)
                  if not (ROOT / name).exists()]
        wrong += check_phrases(
            (ROOT / PHRASES).read_text("utf-8"),
            [path.read_text("utf-8") for folder in SPEAKERS
             for path in sorted((ROOT / folder).rglob("*.c"))])
        if shutil.which("xgettext"):
            wrong += check_catalogues()
    for path in paths:
        wrong += check_source(path, (ROOT / path).read_text("utf-8"), listed)
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
