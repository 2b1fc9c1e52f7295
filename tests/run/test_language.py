#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""All that people read can be translated, and nothing that programs read is."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unicodedata
import unittest
from pathlib import Path

import pseudo

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/lint"))
from session import Session  # noqa: E402  pylint: disable=wrong-import-position

BUILD = Path(os.environ["APM2_TEST_BUILD"])
WORD = re.compile(r"[^\W\d_]{2,}")
# What nobody translates: names that were given, digests, paths, times, sizes of
# GLib, words of the system, and what the broker or a job said.
DATA = [
    r"^apm2: ", r"\bj[0-9a-z]{26}\b", r"\b[0-9a-f]{10,64}\b", r"/[\w./@-]+",
    r"\b\d+(\.\d+)?(us|ms|s|min|h|d|%)\b", r"\b\d+(\.\d+)? (bytes|[KMGT]iB)\b",
    r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [A-Z]+", r"--[\w-]+", r"\b[\w-]+@?\.service\b",
    r"\b(default|bulk|gates|run|direct|command|checkout)\b",
    *(re.escape(os.strerror(number)) for number in (1, 2, 13, 17, 20, 21)),
]
# Each with what else is data in it.
SCREENS = [
    ("apm2 fac submit --name one -- sh -c 'echo said; exit 3'", []),
    ("apm2 fac submit --follow --name two -- echo said", ["^said$"]),
    ("apm2 fac submit --follow --name three -- false", []),
    ("apm2 fac submit --follow -- nosuchprogram", []),
    ("apm2 fac jobs", [r"\b(one|two|three|nosuchprogram)$"]),
    ("apm2 fac job show $(apm2 fac jobs --no-legend | tail -1 | cut -d' ' -f1)",
     ["one$", "sh -c 'echo said; exit 3'"]),
    ("apm2 fac job wait $(apm2 fac jobs --no-legend | tail -1 | cut -d' ' -f1)", []),
    ("apm2 fac job retry $(apm2 fac jobs --no-legend | tail -1 | cut -d' ' -f1)", []),
    ("apm2 fac job show j0", []),
    ("apm2 fac job cancel $(apm2 fac jobs --no-legend | tail -1 | cut -d' ' -f1)", []),
    ("apm2 fac quarantine release job:$(apm2 fac jobs --no-legend | tail -1 | cut -d' ' -f1)", []),
    ("apm2 fac submit --lane nope -- true", []),
    ("apm2 fac submit --after j0 -- true", [r"\bafter:"]),
    ("apm2 fac submit --timeout 7d --lane gates -- true", []),
    ("for i in 1 2; do apm2 fac submit --name one --idempotency-key k -- echo $i; done", []),
    ("apm2 fac queue pause nope", []),
    ("apm2 fac job logs j0", []),
    ("apm2 fac queue status", []),
    ("apm2 fac queue pause", []),
    ("apm2 fac queue resume", []),
    ("apm2 fac queue drain --wait --timeout 20s && apm2 fac queue resume", []),
    ("apm2 fac lanes", []),
    ("apm2 fac receipts list", []),
    ("apm2 fac receipts list -n1 --text >whole; apm2 fac receipts verify whole", []),
    ("apm2 fac receipts export --output b; apm2 fac receipts verify b", []),
    ("sed -i 2d b; apm2 fac receipts verify b", ["b: "]),
    ("apm2 fac metrics", []),
    ("apm2 fac gc --dry-run", []),
    ("apm2 fac services status", []),
    ("apm2 fac services wait --until nothing", ["nothing"]),
    ("apm2 fac doctor", [r"(?<=⟧)( +)[a-z-]+(?= )", r"⟦fix:⟧.*"]),
    ("apm2 fac top --once", [r"\b(one|two|three|nosuchprogram)$"]),
    ("timeout --signal INT 1 apm2 fac services monitor", []),
    ("apm2 fac quarantine list", []),
    ("apm2 run --timeout 1s -- sleep 9", []),
    ("apm2 run --memory 1x -- true", ["1x"]),
    ("printf '[gat a]\\n[gate b]\\ncommand=\\nneeds=zz\\n' >g; apm2 fac gates --check g", ["g:"]),
    ("printf '[gate a]\\ncommand=x\\nneeds=b\\n[gate b]\\ncommand=y\\nneeds=a\\n' >g;"
     "apm2 fac gates --check g", ["g:"]),
    ("printf '[gate lint]\\ncommand=make\\n' >g; apm2 fac gates --check g", ["lint +- +make"]),
    ("echo '{' | apm2 fac submit --file -", []),
    ("echo '{\"schema\":\"x\"}' | apm2 fac submit --file -", [r"\bschema:"]),
    ("apm2 fac submit --timeout x -- true", []),
    ("apm2 fac submit --label x -- true", []),
    ("apm2 daemon install --dry-run", []),
    ("apm2 fac", []), ("apm2 fac job show", []), ("apm2 fac jobs --state foo", ["foo"]),
    ("apm2 fac jbos", []), ("apm2 --json=x fac jobs", []), ("apm2 fac job show a b", []),
    ("printf '[queue]\\nfoo=1\\n[bar]\\n' >f; APM2_CONFIG=$PWD/f apm2 fac config show",
     [r":\d: "]),
]
# Whatever else changes meanwhile, these tell of the same jobs.
DOCUMENTS = [
    "apm2 fac jobs --json", "apm2 fac lanes --json", "apm2 fac receipts list --json",
    "apm2 fac job show --json $(apm2 fac jobs --no-legend | tail -1 | cut -d' ' -f1)",
    "apm2 fac queue status --json", "apm2 fac services status --json", "apm2 fac doctor --json",
    "apm2 fac config show --json", "apm2 fac quarantine list --json", "apm2 fac gc -n --json",
    "apm2 fac metrics --json", "apm2 fac metrics --prometheus", "apm2 daemon install -n --json",
    "apm2 run --json-result r --timeout 1s -- sleep 9 2>/dev/null; cat r",
    "apm2 run --json-result r -- sh -c 'kill -9 $$' 2>/dev/null; cat r",
    "apm2 run --json-result r -- nosuchprogram 2>/dev/null; cat r",
    "apm2 fac config show --no-legend", "apm2 fac receipts list --text",
]


def find_words(text, data=()):
    """Words of @text that stand in no brackets and are no data."""
    for pattern in data:
        text = re.sub(pattern, " ", text, flags=re.MULTILINE)
    text = pseudo.strip(text)
    for pattern in DATA:
        text = re.sub(pattern, " ", text, flags=re.MULTILINE)
    return WORD.findall(text)


def find_width(text):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


class Programs(unittest.TestCase):
    """Programs that speak the pseudo language, all with one broker."""

    @classmethod
    def setUpClass(cls):
        if shutil.which("xgettext") is None:
            raise unittest.SkipTest("xgettext is not installed")
        # With a short name, since a socket is in it.
        cls.folder = Path(tempfile.mkdtemp(prefix="apm2-lang-", dir="/tmp"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.cli = pseudo.prepare(BUILD, cls.folder)
        cls.session = Session(cls.cli)
        cls.session.environment["LANGUAGE"] = pseudo.LANGUAGE
        cls.session.__enter__()
        cls.addClassCleanup(cls.session.__exit__)

    def say(self, command, language=pseudo.LANGUAGE, **more):
        """Returns what @command prints, stderr too."""
        before = dict(self.session.environment)
        self.session.environment |= {"LANGUAGE": language} | more
        try:
            return self.session.shell(command).stdout
        finally:
            self.session.environment = before


class LanguageTest(Programs):
    """What was said before does not matter to these."""

    def find_commands(self, path="apm2"):
        """Yields (path, its help) of each command that a help lists."""
        text = self.say(f"{path} --help")
        yield path, text
        part = re.search(r"⟦Commands:⟧\n((?:  .*\n)+)", text)
        for name in re.findall(r"^  ([a-z-]+)", part[1] if part else "", re.MULTILINE):
            yield from self.find_commands(f"{path} {name}")

    def test_helps(self):
        helps = dict(self.find_commands())
        self.assertGreater(len(helps), 40)
        for path, text in helps.items():
            with self.subTest(path):
                text = re.sub(r"⟦Examples:⟧\n(  .*\n)+", "", text)
                commands = r"^  [a-z-]+(?= |$)"
                self.assertEqual(find_words(text, [commands, r"^  (-\w, )?--[\w-]+"]), [])

    def test_helps_of_services(self):
        for name in ("daemon/apm2-daemon", "worker/apm2-worker"):
            text = self.say(f"{self.folder}/src/{name} --help")
            own = text[text.index("Application Options:"):].split("\n", 1)[1]
            self.assertEqual(find_words(own, [r"^  --[\w-]+=?"]), [])

    def test_documents_are_the_same(self):
        self.say("apm2 fac submit --follow -- false")
        for command in DOCUMENTS:
            with self.subTest(command):
                english, other = (
                    re.sub(r"j[0-9a-z]{26}|[0-9a-f]{32,}|\d+", "0", self.say(command, language))
                    for language in ("", pseudo.LANGUAGE)
                )
                self.assertRegex(english, r"[{=]")
                self.assertEqual(english, other)

    def test_what_services_write_is_english(self):
        self.say("apm2 fac submit --follow -- false; apm2 run -- sh -c 'kill -9 $$'")
        self.assertIn("is ready", self.session.logs())
        self.assertNotIn("⟦", self.session.logs())
        for path in self.session.home.rglob("*.json"):
            self.assertNotIn("⟦", path.read_text("utf-8", "replace"))

    def test_columns_of_wide_words(self):
        """Words as wide as those of Japanese do not move what is below them."""
        wide = (self.folder / f"{pseudo.LANGUAGE}.po").read_text("utf-8")
        wide = wide.replace("⟦", "【国").replace("⟧", "】")
        (self.folder / "ja.po").write_text(wide, "utf-8")
        pseudo.make_catalogue_file(self.folder, "ja", self.folder / "ja.po")
        self.say("apm2 fac submit --follow -- false; apm2 fac submit --follow -- true")
        for command in ("apm2 fac jobs", "apm2 fac lanes", "apm2 fac receipts list"):
            with self.subTest(command):
                lines = self.say(command, "ja").splitlines()
                self.assertIn("【国", lines[0])
                self.assertGreater(len(lines), 2)
                # Where a word begins in each line, behind two spaces or more.
                begins = [
                    {find_width(line[:m.end()]) for m in re.finditer(r"  +(?=\S)", line)}
                    | {find_width(line[:m.start()]) for m in re.finditer(r"(?<=\S)(  +|$)", line)}
                    for line in lines
                ]
                for line, edges in zip(lines[1:], begins[1:]):
                    # Each title has an edge in common with each of its cells.
                    common = edges & begins[0]
                    self.assertGreaterEqual(len(common), len(lines[0].split("】")) - 2, line)

    def test_real_locales(self):
        if shutil.which("localedef") is None:
            self.skipTest("localedef is not installed")
        places = self.folder / "locales"
        places.mkdir()
        for charset in ("UTF-8", "ISO-8859-1"):
            made = subprocess.run(
                ["localedef", "-i", "de_DE", "-f", charset, places / f"de_DE.{charset}"],
                capture_output=True, check=False,
            )
            # 1: it says that the sources of the locale are not perfect.
            if made.returncode > 1:
                self.skipTest("the sources of locales are not installed")
        pseudo.make_catalogue_file(self.folder, "de", self.folder / f"{pseudo.LANGUAGE}.po")
        self.assertIn("⟦Usage: apm2⟧",
                      self.say("apm2 --help", "", LOCPATH=str(places), LC_ALL="de_DE.UTF-8"))
        self.assertIn("Usage: apm2",
                      self.say("apm2 --help", "", LOCPATH=str(places), LC_ALL="de_DE.ISO-8859-1"))
        self.assertIn("Usage: apm2", self.say("apm2 --help", pseudo.LANGUAGE, LC_ALL="C"))

    def test_moved_installation(self):
        prefix = self.folder / "moved"
        for name, place in {"cli/apm2": "bin", "cli/apm2-cli.so": "libexec/apm2",
                            "cli/apm2-run.so": "libexec/apm2"}.items():
            (prefix / place).mkdir(parents=True, exist_ok=True)
            shutil.copy2(BUILD / "src" / name, prefix / place)
        messages = prefix / "share/locale" / pseudo.LANGUAGE / "LC_MESSAGES"
        messages.mkdir(parents=True)
        shutil.copy2(self.folder / "po" / pseudo.LANGUAGE / "LC_MESSAGES/apm2.mo", messages)
        self.assertIn("⟦Usage: apm2 fac jobs⟧", self.say(f"{prefix}/bin/apm2 fac jobs --help"))


class ScreensTest(Programs):
    """With jobs of their own only."""

    def test_screens(self):
        for command, data in SCREENS:
            with self.subTest(command):
                text = self.say(command)
                self.assertIn("⟦", text)
                self.assertEqual(find_words(text, data), [], text)


if __name__ == "__main__":
    unittest.main()
