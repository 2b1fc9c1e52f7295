/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What a job writes must not drive the terminal of the one who reads it.
 */

#include <string.h>

#include "apm2-display.h"

/* Filters @text in pieces of @piece bytes. */
static char *
filter_pieces (const char *text, gsize length, gsize piece, gboolean color)
{
  Apm2DisplayFilter filter = { 0 };
  g_autoptr (GString) all = g_string_new (NULL);

  for (gsize at = 0; at < length; at += piece)
    {
      g_autoptr (GString) out = g_string_new (NULL);

      apm2_display_filter_push (&filter,
                                (const guint8 *) text + at,
                                MIN (piece, length - at),
                                TRUE,
                                color,
                                out);
      g_string_append_len (all, out->str, (gssize) out->len);
    }
  {
    g_autoptr (GString) out = g_string_new (NULL);

    apm2_display_filter_end (&filter, TRUE, out);
    g_string_append_len (all, out->str, (gssize) out->len);
  }
  return g_string_free (g_steal_pointer (&all), FALSE);
}

/* The result must not depend on where the bytes are cut. */
static void
assert_filtered (const char *text,
                 gsize length,
                 gboolean color,
                 const char *expected)
{
  for (gsize piece = 1; piece <= length; piece++)
    {
      g_autofree char *got = filter_pieces (text, length, piece, color);

      g_assert_cmpstr (got, ==, expected);
    }
}

#define FILTERED(text, color, expected)                                        \
  assert_filtered (text, sizeof (text) - 1, color, expected)

static void
test_plain_text_stays (void)
{
  FILTERED ("größe\t日本\n", FALSE, "größe\t日本\n");
}

static void
test_last_line_is_ended (void)
{
  FILTERED ("no end", FALSE, "no end\n");
}

static void
test_escapes_are_shown (void)
{
  FILTERED (
      "\x1b]0;title\x07\x1b[2J\x1b[Hx\n", TRUE, "^[]0;title^G^[[2J^[[Hx\n");
}

static void
test_nul_and_delete_are_shown (void)
{
  FILTERED ("a\0b\x7f\n", FALSE, "a^@b^?\n");
}

static void
test_c1_controls_are_shown (void)
{
  FILTERED ("a\xc2\x9b"
            "31mb\n",
            TRUE,
            "a\\x9b31mb\n");
}

static void
test_raw_c1_bytes_are_shown (void)
{
  FILTERED ("a\x9b"
            "31mb\n",
            TRUE,
            "a\\x9b31mb\n");
}

static void
test_bidi_overrides_are_shown (void)
{
  FILTERED ("a\xe2\x80\xae"
            "b\n",
            FALSE,
            "a<U+202E>b\n");
}

static void
test_broken_utf8_is_shown (void)
{
  FILTERED ("a\xff"
            "b\xc3\n",
            FALSE,
            "a\\xffb\\xc3\n");
}

static void
test_cut_utf8_at_the_end_is_shown (void)
{
  FILTERED ("a\xe6\x97", FALSE, "a\\xe6\\x97\n");
}

static void
test_color_comes_through (void)
{
  FILTERED ("\x1b[1;31mred\x1b[0m\n", TRUE, "\x1b[1;31mred\x1b[0m\n\x1b[0m");
}

static void
test_color_is_left_out_where_there_is_none (void)
{
  FILTERED ("\x1b[1;31mred\x1b[0m\n", FALSE, "red\n");
}

static void
test_endless_color_is_shown (void)
{
  FILTERED ("\x1b[1111111111111111111111111111111111111m\n",
            TRUE,
            "^[[1111111111111111111111111111111111111m\n");
}

static void
test_cut_escape_at_the_end_is_shown (void)
{
  FILTERED ("x\x1b[3", TRUE, "x^[[3\n");
}

static void
test_carriage_return_ends_the_line (void)
{
  FILTERED ("10%\r20%\r\nend\n", FALSE, "10%\n20%\nend\n");
}

static void
test_wide_characters_take_two_columns (void)
{
  g_assert_cmpuint (apm2_display_get_width ("日本"), ==, 4);
  g_assert_cmpuint (apm2_display_get_width ("größe"), ==, 5);
  g_assert_cmpuint (apm2_display_get_width ("e\xcc\x81"), ==, 1);
}

static void
assert_cut (const char *text, guint width, gboolean utf8, const char *expected)
{
  g_autofree char *cut = apm2_display_ellipsize (text, width, utf8);

  g_assert_cmpstr (cut, ==, expected);
  g_assert_cmpuint (apm2_display_get_width (cut), <=, width);
}

static void
test_text_that_fits_stays (void)
{
  assert_cut ("abc", 3, TRUE, "abc");
}

static void
test_long_text_is_cut (void)
{
  assert_cut ("abcdef", 4, TRUE, "abc…");
  assert_cut ("abcdef", 5, FALSE, "ab...");
}

static void
test_wide_character_is_not_cut_in_two (void)
{
  assert_cut ("日本語", 4, TRUE, "日…");
}

static void
test_combining_mark_stays_with_its_letter (void)
{
  assert_cut ("ae\xcc\x81zz", 3, TRUE, "ae\xcc\x81…");
}

static void
test_no_room_leaves_nothing (void)
{
  assert_cut ("abc", 0, TRUE, "");
  assert_cut ("abc", 2, FALSE, "..");
}

static void
test_line_has_no_controls (void)
{
  g_autofree char *line = apm2_display_escape_line ("a\nb\x1b[2Jc\xff", TRUE);

  g_assert_cmpstr (line, ==, "a^Jb^[[2Jc\xef\xbf\xbd");
}

static void
test_line_is_ascii_where_it_must_be (void)
{
  g_autofree char *line = apm2_display_escape_line ("größe", FALSE);

  g_assert_cmpstr (line, ==, "gr<U+00F6><U+00DF>e");
}

static void
test_lines_end_where_they_may (void)
{
  static const struct
  {
    const char *text;
    guint width;
    const char *line;
  } cases[] = {
    { "one two", 7, "one two" },
    { "one two", 6, "one" },
    { "one two", 3, "one" },
    { "/a/long/path then more", 5, "/a/long/path" },
    { "unbroken", 4, "unbroken" },
    { "日本語です", 6, "日本語" },
    { "日本語です", 7, "日本語" },
    { "日本語。です", 6, "日本" },
    { "apm2 は正常", 8, "apm2 は" },
    { "", 4, "" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *line = g_strndup (
          cases[i].text,
          apm2_display_measure_line (cases[i].text, cases[i].width));

      g_assert_cmpstr (line, ==, cases[i].line);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add_func ("/apm2/cli-display/" name, func)
  ADD ("filter/plain-text-stays", test_plain_text_stays);
  ADD ("filter/last-line-is-ended", test_last_line_is_ended);
  ADD ("filter/escapes-are-shown", test_escapes_are_shown);
  ADD ("filter/nul-and-delete-are-shown", test_nul_and_delete_are_shown);
  ADD ("filter/c1-controls-are-shown", test_c1_controls_are_shown);
  ADD ("filter/raw-c1-bytes-are-shown", test_raw_c1_bytes_are_shown);
  ADD ("filter/bidi-overrides-are-shown", test_bidi_overrides_are_shown);
  ADD ("filter/broken-utf8-is-shown", test_broken_utf8_is_shown);
  ADD ("filter/cut-utf8-at-the-end-is-shown",
       test_cut_utf8_at_the_end_is_shown);
  ADD ("filter/color-comes-through", test_color_comes_through);
  ADD ("filter/color-is-left-out-where-there-is-none",
       test_color_is_left_out_where_there_is_none);
  ADD ("filter/endless-color-is-shown", test_endless_color_is_shown);
  ADD ("filter/cut-escape-at-the-end-is-shown",
       test_cut_escape_at_the_end_is_shown);
  ADD ("filter/carriage-return-ends-the-line",
       test_carriage_return_ends_the_line);
  ADD ("get-width/wide-characters-take-two-columns",
       test_wide_characters_take_two_columns);
  ADD ("ellipsize/text-that-fits-stays", test_text_that_fits_stays);
  ADD ("ellipsize/long-text-is-cut", test_long_text_is_cut);
  ADD ("ellipsize/wide-character-is-not-cut-in-two",
       test_wide_character_is_not_cut_in_two);
  ADD ("ellipsize/combining-mark-stays-with-its-letter",
       test_combining_mark_stays_with_its_letter);
  ADD ("ellipsize/no-room-leaves-nothing", test_no_room_leaves_nothing);
  ADD ("measure-line/ends-where-it-may", test_lines_end_where_they_may);
  ADD ("escape-line/has-no-controls", test_line_has_no_controls);
  ADD ("escape-line/is-ascii-where-it-must-be",
       test_line_is_ascii_where_it_must_be);
  return g_test_run ();
}
