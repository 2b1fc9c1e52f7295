# SPDX-License-Identifier: LGPL-2.1-or-later
"""A language that nobody speaks: each text stands in ⟦brackets⟧.

What is outside of brackets is no text of ours, so it is data, or a text that
nobody can translate.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LANGUAGE = "qps"
# As meson's preset 'glib' of i18n.gettext() has them.
KEYWORDS = [
    "_", "N_", "C_:1c,2", "NC_:1c,2", "g_dcgettext:2", "g_dngettext:2,3", "g_dpgettext2:2c,3",
    "dcngettext:2,3", "ngettext:1,2",
]
HEADER = """msgid ""
msgstr ""
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

"""


def make_template(path):
    """Writes all texts of the sources to @path."""
    files = [
        line for line in (ROOT / "po/POTFILES.in").read_text("utf-8").splitlines()
        if line.endswith((".c", ".h"))
    ]
    subprocess.run(
        ["xgettext", "--from-code=UTF-8", "--no-wrap", "--add-comments", "-o", path,
         "--flag=g_string_append_printf:2:c-format", "--flag=g_set_error:4:c-format",
         "--flag=g_strdup_printf:1:c-format", "--flag=g_prefix_error:2:c-format",
         "--flag=g_error_new:3:c-format",
         *(f"--keyword={word}" for word in KEYWORDS), *files],
        cwd=ROOT, check=True,
    )


def wrap(quoted):
    """@quoted: a string as it stands in a .po file."""
    begin = "\\n" if quoted.startswith("\\n") else ""
    rest = quoted[len(begin):]
    end = "\\n" if rest.endswith("\\n") else ""
    body = rest[:len(rest) - len(end)]
    blanks = re.fullmatch(r"( *)(.*?)( *)", body, re.DOTALL)
    return f"{begin}{blanks[1]}⟦{blanks[2]}⟧{blanks[3]}{end}"


def read_entries(template):
    """Yields (lines before msgid, context, msgid, msgid_plural) as they are quoted."""
    for block in template.split("\n\n"):
        found = {}
        key = None
        flags = []
        for line in block.splitlines():
            if line.startswith("#,"):
                flags.append(line)
            elif match := re.match(r'(msgctxt|msgid|msgid_plural|msgstr\S*) "(.*)"$', line):
                key = match[1]
                found[key] = match[2]
            elif line.startswith('"') and key:
                found[key] += line[1:-1]
        if found.get("msgid"):
            yield flags, found.get("msgctxt"), found["msgid"], found.get("msgid_plural")


def make_catalogue(template):
    out = [HEADER]
    for flags, context, text, plural in read_entries(template):
        out += [line + "\n" for line in flags]
        if context is not None:
            out.append(f'msgctxt "{context}"\n')
        out.append(f'msgid "{text}"\n')
        if plural is None:
            out.append(f'msgstr "{wrap(text)}"\n\n')
        else:
            out.append(f'msgid_plural "{plural}"\n')
            out.append(f'msgstr[0] "{wrap(text)}"\nmsgstr[1] "{wrap(plural)}"\n\n')
    return "".join(out)


def make_catalogue_file(folder, language, source):
    place = folder / "po" / language / "LC_MESSAGES"
    place.mkdir(parents=True, exist_ok=True)
    subprocess.run(["msgfmt", "--check-format", "-o", place / "apm2.mo", source], check=True)


def copy_programs(build, folder):
    """Copies the programs of @build, so that they find catalogues in @folder."""
    for name in ("cli/apm2", "cli/apm2-cli.so", "cli/apm2-run.so", "daemon/apm2-daemon",
                 "worker/apm2-worker", "worker/apm2-step"):
        place = folder / "src" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(build / "src" / name, place)
        except OSError:
            shutil.copy2(build / "src" / name, place)
    return str(folder / "src/cli/apm2")


def prepare(build, folder):
    """Makes the programs in @folder speak it; returns the path of apm2."""
    make_template(folder / "apm2.pot")
    text = make_catalogue((folder / "apm2.pot").read_text("utf-8"))
    (folder / f"{LANGUAGE}.po").write_text(text, "utf-8")
    make_catalogue_file(folder, LANGUAGE, folder / f"{LANGUAGE}.po")
    return copy_programs(build, folder)


def strip(text):
    """What is left of @text without all that stands in brackets."""
    out = []
    depth = 0
    for char in text:
        if char == "⟦":
            depth += 1
        elif char == "⟧":
            depth -= 1
        elif depth == 0:
            out.append(char)
    assert depth == 0, text
    return "".join(out)
