/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Columns that are asked for, and what a terminal makes of wide characters.
 */

#include <string.h>

#include <glib.h>

#include "apm2-columns.h"
#include "apm2-display.h"
#include "apm2-table.h"

static const Apm2Column columns[] = {
  { "ID", APM2_COLUMN_LEFT, 0 },
  { "STATE", APM2_COLUMN_LEFT, 0 },
  { "NAME", APM2_COLUMN_LEFT | APM2_COLUMN_FLEX, 4 },
};

static char *
format (const char *names, guint width)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Apm2Table) table
      = apm2_table_new (columns, G_N_ELEMENTS (columns));
  g_autoptr (Apm2Table) picked = NULL;
  g_autoptr (GArray) chosen = NULL;

  apm2_table_add (table, "1", APM2_STYLE_NORMAL);
  apm2_table_add (table, "passed", APM2_STYLE_GOOD);
  apm2_table_add (table, "試験", APM2_STYLE_NORMAL);
  apm2_table_add (table, "22", APM2_STYLE_NORMAL);
  apm2_table_add (table, "failed", APM2_STYLE_BAD);
  apm2_table_add (table, "unit", APM2_STYLE_NORMAL);
  chosen = apm2_columns_choose (columns, G_N_ELEMENTS (columns), names, &error);
  g_assert_no_error (error);
  picked = apm2_table_pick (table, chosen);
  return apm2_table_to_string (picked, TRUE, width, TRUE, FALSE);
}

static void
test_order_is_that_of_the_names (void)
{
  g_autofree char *text = format ("name, Id", 0);

  g_assert_cmpstr (text,
                   ==,
                   "NAME  ID\n"
                   "試験  1\n"
                   "unit  22\n");
}

static void
test_one_column_has_no_padding (void)
{
  g_autofree char *text = format ("STATE", 0);

  g_assert_cmpstr (text, ==, "STATE\npassed\nfailed\n");
}

static void
test_unknown_name_lists_those_that_are (void)
{
  static const char *const bad[] = { "colour", "", "ID,", "ID,,STATE" };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GArray) chosen = apm2_columns_choose (
          columns, G_N_ELEMENTS (columns), bad[i], &error);

      g_assert_null (chosen);
      g_assert_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE);
      g_assert_nonnull (strstr (error->message, "ID, STATE, NAME"));
    }
}

/* Each has the columns that a terminal gives it, cut or not. */
static void
test_width_is_that_of_the_terminal (void)
{
  static const struct
  {
    const char *text;
    guint width;
    const char *cut; /* to 4 columns */
  } cases[] = {
    { "abcdef", 6, "abc…" },
    { "試験中", 6, "試…" },                 /* two columns each */
    { "e\xcc\x81tape", 5, "e\xcc\x81ta…" }, /* combining: none */
    { "a\xe2\x80\x8b"
      "bcd",
      4,
      "a\xe2\x80\x8b"
      "bcd" }, /* zero width space */
    { "한국어", 6, "한…" },
    { "ｱｲｳ", 3, "ｱｲｳ" }, /* half width */
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *cut = apm2_display_ellipsize (cases[i].text, 4, TRUE);

      g_test_message ("%s", cases[i].text);
      g_assert_cmpuint (
          apm2_display_get_width (cases[i].text), ==, cases[i].width);
      g_assert_cmpstr (cut, ==, cases[i].cut);
      g_assert_cmpuint (apm2_display_get_width (cut), <=, 4);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cli/columns/order", test_order_is_that_of_the_names);
  g_test_add_func ("/cli/columns/one", test_one_column_has_no_padding);
  g_test_add_func ("/cli/columns/unknown",
                   test_unknown_name_lists_those_that_are);
  g_test_add_func ("/cli/columns/width", test_width_is_that_of_the_terminal);
  return g_test_run ();
}
