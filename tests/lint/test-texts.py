#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Shows that texts.py finds what cannot be translated."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import texts  # noqa: E402

HERE = Path("src/cli/x.c")
LISTED = {str(HERE)}
# Code, and what must be said of it.
FAULTS = [
    ('printf (_ ("a"));\nprintf ("no text at all\\n");', "src/cli/x.c:2: not in _(): "),
    ('f (_ ("a"));\ng_set_error (error, D, 1,\n  "cannot do " "that", x);', "src/cli/x.c:3: not in"),
    ('refuse (error, b ? "is too long" : _ ("is short"));', "src/cli/x.c:1: not in _()"),
    ('f (_ ("put it at " PLACE));', "src/cli/x.c:1: PLACE is in a text; print it with %s"),
    ('f (_ ("has %" G_GUINT64_FORMAT " of them"));', "G_GUINT64_FORMAT is in a text"),
    ('int f (void);', "src/cli/x.c is in po/POTFILES.in and has no texts"),
]
# Code that is right.
CLEAN = [
    'printf (_ ("has %" PRIu64 " of" /* all */ "them\\n"), n);',
    'f (N_ ("a"));\nlog_it ("is for the journal");',
    'g_set_error (error, D, 1, _ ("cannot: %s"), x);\nprintf ("%s: %s\\n", a, b);',
    'f (_ ("a"));\n/* printf ("no text at all") */\n#define A printf ("no text at all")',
    'printf (ngettext ("one of them", "%u of them", n), n);',
]


class Texts(unittest.TestCase):
    def test_faults_are_found(self):
        for code, expected in FAULTS:
            with self.subTest(code):
                self.assertIn(expected, "\n".join(texts.check_source(HERE, code, LISTED)))

    def test_clean_code_is_not_flagged(self):
        for code in CLEAN:
            with self.subTest(code):
                self.assertEqual(list(texts.check_source(HERE, code, LISTED)), [])

    def test_phrases_that_nobody_says_are_found(self):
        phrases = "".join(f'{{ N_ ("{text}"), "" }},' for text in (
            "no job has the id %s", "there is no such thing as %s", "the id belongs to %s"))
        sources = ['f ("no job has the id %.64s", id);', 'f ("the %s " "belongs to %s", what);',
                   'f ("%s: %s", a, b);']
        wrong = list(texts.check_phrases(phrases, sources))
        self.assertEqual(len(wrong), 1, wrong)
        self.assertIn("'there is no such thing as %s'", wrong[0])

    def test_unlisted_file_is_found(self):
        wrong = list(texts.check_source(HERE, 'f (_ ("a"));', set()))
        self.assertEqual(wrong, ["src/cli/x.c has texts and is not in po/POTFILES.in"])


if __name__ == "__main__":
    unittest.main()
