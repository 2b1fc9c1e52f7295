/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <string.h>

#include "apm2-text.h"

static void
assert_quoted (const char *text, const char *expected)
{
  g_autofree char *quoted = apm2_text_quote (text);

  g_assert_cmpstr (quoted, ==, expected);
}

static void
test_printable_text_is_quoted_as_it_is (void)
{
  assert_quoted ("", "");
  assert_quoted ("plain 'text'", "plain 'text'");
  assert_quoted ("Ключ 鍵 🗝", "Ключ 鍵 🗝");
}

static void
test_what_moves_a_cursor_is_escaped (void)
{
  assert_quoted ("a\nb\tc\\", "a\\nb\\tc\\\\");
  assert_quoted ("\033[31m\r\b\177", "\\u{1b}[31m\\u{d}\\u{8}\\u{7f}");
  assert_quoted ("\xc2\x9b", "\\u{9b}");
  assert_quoted ("\xe2\x80\xae", "\\u{202e}");
  assert_quoted ("\xe2\x80\xa8", "\\u{2028}");
}

static void
test_bytes_that_are_no_text_are_shown (void)
{
  assert_quoted ("a\xff"
                 "b",
                 "a\\xffb");
  assert_quoted ("\xe2\x82", "\\xe2\\x82");
  assert_quoted ("\xc0\xaf", "\\xc0\\xaf");
}

static void
test_quote_is_cut_between_characters (void)
{
  g_autofree char *fits = g_strnfill (APM2_TEXT_QUOTE_MAX, 'x');
  g_autofree char *longer = g_strnfill (APM2_TEXT_QUOTE_MAX + 1, 'x');
  g_autofree char *cut = g_strconcat (fits, "…", NULL);
  g_autofree char *escaped = g_strdup (fits);
  g_autofree char *escaped_cut = NULL;

  assert_quoted (fits, fits);
  assert_quoted (longer, cut);

  /* An escape is shown whole or not at all. */
  escaped[APM2_TEXT_QUOTE_MAX - 1] = '\033';
  escaped_cut = g_strdup_printf ("%.*s…", APM2_TEXT_QUOTE_MAX - 1, fits);
  assert_quoted (escaped, escaped_cut);
}

static void
test_line_has_no_control_characters (void)
{
  g_assert_true (apm2_text_is_line (""));
  g_assert_true (apm2_text_is_line ("a \xc2\xa0 é"));
  for (guint c = 1; c < 0x20; c++)
    {
      const char text[] = { 'a', (char) c, '\0' };

      g_assert_false (apm2_text_is_line (text));
      g_assert_true (apm2_text_is_lines (text) == (c == '\n' || c == '\t'));
    }
  g_assert_false (apm2_text_is_line ("\x7f"));
  g_assert_false (apm2_text_is_lines ("\x7f"));
}

static void
test_line_has_no_c1_controls (void)
{
  for (guint c = 0x80; c < 0xa0; c++)
    {
      const char text[] = { '\xc2', (char) c, '\0' };

      g_assert_false (apm2_text_is_line (text));
      g_assert_false (apm2_text_is_lines (text));
    }
}

static void
test_line_is_utf8 (void)
{
  g_assert_false (apm2_text_is_line ("\xff"));
  g_assert_false (apm2_text_is_lines ("caf\xe9"));
  g_assert_false (apm2_text_is_lines ("\xc2"));
}

static void
test_word_keeps_its_alphabet_and_length (void)
{
  g_assert_true (apm2_text_is_word ("a1", "a", "1", 2));
  g_assert_true (apm2_text_is_word ("a", "a", "", 1));
  g_assert_false (apm2_text_is_word ("", "a", "a", 2));
  g_assert_false (apm2_text_is_word ("1a", "a", "1a", 2));
  g_assert_false (apm2_text_is_word ("a1\n", "a", "1", 9));
  g_assert_false (apm2_text_is_word ("a11", "a", "1", 2));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/apm2/text/quote/printable-text-as-it-is",
                   test_printable_text_is_quoted_as_it_is);
  g_test_add_func ("/apm2/text/quote/what-moves-a-cursor-is-escaped",
                   test_what_moves_a_cursor_is_escaped);
  g_test_add_func ("/apm2/text/quote/bytes-that-are-no-text-are-shown",
                   test_bytes_that_are_no_text_are_shown);
  g_test_add_func ("/apm2/text/quote/cut-between-characters",
                   test_quote_is_cut_between_characters);
  g_test_add_func ("/apm2/text/line/no-control-characters",
                   test_line_has_no_control_characters);
  g_test_add_func ("/apm2/text/line/no-c1-controls",
                   test_line_has_no_c1_controls);
  g_test_add_func ("/apm2/text/line/is-utf8", test_line_is_utf8);
  g_test_add_func ("/apm2/text/word/keeps-its-alphabet-and-length",
                   test_word_keeps_its_alphabet_and_length);
  return g_test_run ();
}
