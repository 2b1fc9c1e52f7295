/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Points in time, in each style of --timestamp.
 */

#include <glib.h>

#include "apm2-options.h"
#include "apm2-timestamp.h"

#define SEC      G_GINT64_CONSTANT (1000000)
#define THEN     (G_GINT64_CONSTANT (1769864607) * SEC + 42)
#define NOW      (THEN + 3 * 60 * SEC)
#define N_STYLES (APM2_TIMESTAMP_UNIX + 1)

static void
test_styles (void)
{
  static const struct
  {
    const char *in_table;
    const char *at_length;
  } wanted[N_STYLES] = {
    [APM2_TIMESTAMP_AUTO]
    = { "3min ago", "2026-01-31 14:03:27 CET (3min ago)" },
    [APM2_TIMESTAMP_RELATIVE] = { "3min ago", "3min ago" },
    [APM2_TIMESTAMP_PRETTY] = { "Sat 2026-01-31 14:03:27 CET", NULL },
    [APM2_TIMESTAMP_US] = { "Sat 2026-01-31 14:03:27.000042 CET", NULL },
    [APM2_TIMESTAMP_UTC] = { "Sat 2026-01-31 13:03:27 UTC", NULL },
    [APM2_TIMESTAMP_US_UTC] = { "Sat 2026-01-31 13:03:27.000042 UTC", NULL },
    [APM2_TIMESTAMP_ISO] = { "2026-01-31T14:03:27+01:00", NULL },
    [APM2_TIMESTAMP_UNIX] = { "@1769864607", NULL },
  };

  for (int i = 0; i < N_STYLES; i++)
    {
      g_autofree char *in_table
          = apm2_timestamp_format_short (THEN, NOW, (Apm2Timestamp) i);
      g_autofree char *at_length
          = apm2_timestamp_format_long (THEN, NOW, (Apm2Timestamp) i);

      g_assert_cmpstr (in_table, ==, wanted[i].in_table);
      g_assert_cmpstr (at_length,
                       ==,
                       wanted[i].at_length != NULL ? wanted[i].at_length
                                                   : wanted[i].in_table);
    }
}

static void
test_no_time_is_a_dash (void)
{
  for (int i = 0; i < N_STYLES; i++)
    {
      g_autofree char *in_table
          = apm2_timestamp_format_short (0, NOW, (Apm2Timestamp) i);
      g_autofree char *at_length
          = apm2_timestamp_format_long (0, NOW, (Apm2Timestamp) i);

      g_assert_cmpstr (in_table, ==, "-");
      g_assert_cmpstr (at_length, ==, "-");
    }
}

/* The words of the option are those styles. */
static void
test_words (void)
{
  for (int i = 0; i < N_STYLES; i++)
    {
      g_auto (Apm2Options) options = { 0 };
      g_autoptr (GError) error = NULL;

      options.timestamp_text = g_strdup (apm2_options_timestamps[i]);
      g_assert_true (apm2_options_resolve (&options, FALSE, &error));
      g_assert_no_error (error);
      g_assert_cmpint (options.timestamp, ==, i);
    }
  g_assert_null (apm2_options_timestamps[N_STYLES]);
}

int
main (int argc, char **argv)
{
  (void) g_setenv ("TZ", "CET-1", TRUE);
  (void) g_setenv ("LC_ALL", "C.UTF-8", TRUE);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cli/timestamp/styles", test_styles);
  g_test_add_func ("/cli/timestamp/none", test_no_time_is_a_dash);
  g_test_add_func ("/cli/timestamp/words", test_words);
  return g_test_run ();
}
