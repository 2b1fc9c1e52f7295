/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Tables stand straight, whatever is in them.
 */

#include <string.h>

#include "apm2-display.h"
#include "apm2-table.h"

static const Apm2Column columns[] = {
  { "ID", APM2_COLUMN_LEFT, 0 },
  { "N", APM2_COLUMN_RIGHT, 0 },
  { "NAME", APM2_COLUMN_LEFT | APM2_COLUMN_FLEX, 4 },
};

static Apm2Table *
make (const char *name)
{
  Apm2Table *table = apm2_table_new (columns, G_N_ELEMENTS (columns));

  apm2_table_add (table, "a", APM2_STYLE_NORMAL);
  apm2_table_add (table, "7", APM2_STYLE_NORMAL);
  apm2_table_add (table, name, APM2_STYLE_GOOD);
  apm2_table_add (table, "bcd", APM2_STYLE_NORMAL);
  apm2_table_add (table, "123", APM2_STYLE_NORMAL);
  apm2_table_add (table, "x", APM2_STYLE_NORMAL);
  return table;
}

static void
assert_rendered (const char *name,
                 gboolean legend,
                 guint width,
                 gboolean color,
                 const char *expected)
{
  g_autoptr (Apm2Table) table = make (name);
  g_autofree char *text
      = apm2_table_to_string (table, legend, width, TRUE, color);

  g_assert_cmpstr (text, ==, expected);
}

static void
test_columns_are_aligned (void)
{
  assert_rendered ("one",
                   TRUE,
                   0,
                   FALSE,
                   "ID     N  NAME\n"
                   "a      7  one\n"
                   "bcd  123  x\n");
}

static void
test_legend_may_be_left_out (void)
{
  assert_rendered ("one",
                   FALSE,
                   0,
                   FALSE,
                   "a      7  one\n"
                   "bcd  123  x\n");
}

static void
test_flexible_column_gives_way (void)
{
  assert_rendered ("a long name",
                   FALSE,
                   16,
                   FALSE,
                   "a      7  a lon…\n"
                   "bcd  123  x\n");
}

static void
test_no_line_is_wider_than_the_terminal (void)
{
  for (guint width = 1; width < 40; width++)
    {
      g_autoptr (Apm2Table) table = make ("日本語 a long name");
      g_autofree char *text
          = apm2_table_to_string (table, TRUE, width, TRUE, FALSE);
      g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

      g_assert_cmpuint (g_strv_length (lines), ==, 4);
      for (gsize i = 0; lines[i] != NULL; i++)
        g_assert_cmpuint (apm2_display_get_width (lines[i]), <=, width);
    }
}

static void
test_wide_text_keeps_the_next_column_straight (void)
{
  static const Apm2Column two[]
      = { { "A", APM2_COLUMN_LEFT, 0 }, { "B", APM2_COLUMN_LEFT, 0 } };
  g_autoptr (Apm2Table) table = apm2_table_new (two, 2);
  g_autofree char *text = NULL;

  apm2_table_add (table, "日本", APM2_STYLE_NORMAL);
  apm2_table_add (table, "x", APM2_STYLE_NORMAL);
  apm2_table_add (table, "abcd", APM2_STYLE_NORMAL);
  apm2_table_add (table, "y", APM2_STYLE_NORMAL);
  text = apm2_table_to_string (table, FALSE, 0, TRUE, FALSE);

  g_assert_cmpstr (text, ==, "日本  x\nabcd  y\n");
}

static void
test_color_takes_no_room (void)
{
  assert_rendered ("one",
                   FALSE,
                   13,
                   TRUE,
                   "a      7  \x1b[32mone\x1b[0m\n"
                   "bcd  123  x\n");
}

static void
test_controls_of_strangers_are_shown (void)
{
  assert_rendered ("\x1b[2J\n",
                   FALSE,
                   0,
                   FALSE,
                   "a      7  ^[[2J^J\n"
                   "bcd  123  x\n");
}

static Apm2Table *
make_spare (void)
{
  static const Apm2Column spare_columns[] = {
    { "ID", APM2_COLUMN_LEFT, 0 },
    { "ONE", APM2_COLUMN_RIGHT | APM2_COLUMN_SPARE, 0 },
    { "TWO", APM2_COLUMN_LEFT | APM2_COLUMN_SPARE, 0 },
    { "NAME", APM2_COLUMN_LEFT | APM2_COLUMN_FLEX, 4 },
  };
  Apm2Table *table
      = apm2_table_new (spare_columns, G_N_ELEMENTS (spare_columns));

  for (guint i = 0; i < G_N_ELEMENTS (spare_columns); i++)
    apm2_table_add (table, "abcdef", APM2_STYLE_NORMAL);
  return table;
}

static void
test_spare_columns_go_one_by_one (void)
{
  static const struct
  {
    guint width;
    const char *expected;
  } cases[] = {
    { 0, "abcdef  abcdef  abcdef  abcdef\n" },
    { 28, "abcdef  abcdef  abcdef  abc…\n" },
    { 27, "abcdef  abcdef  abcdef\n" },
    { 20, "abcdef  abcdef  abc…\n" },
    { 19, "abcdef  abcdef\n" },
    { 11, "abcdef  ab…\n" },
  };
  g_autoptr (Apm2Table) table = make_spare ();

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text
          = apm2_table_to_string (table, FALSE, cases[i].width, TRUE, FALSE);

      g_assert_cmpstr (text, ==, cases[i].expected);
    }
}

static void
test_columns_that_were_asked_for_stay (void)
{
  g_autoptr (Apm2Table) table = make_spare ();
  g_autoptr (GArray) asked = g_array_new (FALSE, FALSE, sizeof (guint));
  g_autoptr (Apm2Table) picked = NULL;
  g_autofree char *text = NULL;
  const guint indexes[] = { 0, 1, 3 };

  g_array_append_vals (asked, indexes, G_N_ELEMENTS (indexes));
  picked = apm2_table_pick (table, asked);
  text = apm2_table_to_string (picked, FALSE, 16, TRUE, FALSE);

  g_assert_cmpstr (text, ==, "abcdef  abcdef\n");
}

static void
test_rows_are_counted (void)
{
  g_autoptr (Apm2Table) table = make ("x");

  g_assert_cmpuint (apm2_table_get_n_rows (table), ==, 2);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add_func ("/apm2/cli-table/" name, func)
  ADD ("to-string/columns-are-aligned", test_columns_are_aligned);
  ADD ("to-string/legend-may-be-left-out", test_legend_may_be_left_out);
  ADD ("to-string/flexible-column-gives-way", test_flexible_column_gives_way);
  ADD ("to-string/no-line-is-wider-than-the-terminal",
       test_no_line_is_wider_than_the_terminal);
  ADD ("to-string/wide-text-keeps-the-next-column-straight",
       test_wide_text_keeps_the_next_column_straight);
  ADD ("to-string/spare-columns-go-one-by-one",
       test_spare_columns_go_one_by_one);
  ADD ("pick/columns-that-were-asked-for-stay",
       test_columns_that_were_asked_for_stay);
  ADD ("to-string/color-takes-no-room", test_color_takes_no_room);
  ADD ("to-string/controls-of-strangers-are-shown",
       test_controls_of_strangers_are_shown);
  ADD ("get-n-rows/rows-are-counted", test_rows_are_counted);
  return g_test_run ();
}
