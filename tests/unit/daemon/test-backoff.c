/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * How long a job that is tried again waits for that.
 */

#include "apm2-backoff.h"

#include "apm2-job-spec.h"

static void
test_doubles_up_to_its_bound (void)
{
  const Apm2Backoff backoff = { 3, 40 };
  const guint64 delays[] = { 3, 6, 12, 24, 40, 40 };

  for (guint i = 0; i < G_N_ELEMENTS (delays); i++)
    g_assert_cmpuint (
        apm2_backoff_get_delay_sec (&backoff, i + 1), ==, delays[i]);
  g_assert_cmpuint (apm2_backoff_get_delay_sec (&backoff, 0), ==, 3);
}

static void
test_bounds_hold (void)
{
  const struct
  {
    Apm2Backoff backoff;
    guint64 delay; /* after the first attempt */
  } all[] = {
    { { 0, 300 }, 0 },     { { 1, 0 }, 0 },       { { 0, 0 }, 0 },
    { { 301, 300 }, 300 }, { { 300, 300 }, 300 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    for (guint attempt = 1; attempt < 80; attempt++)
      g_assert_cmpuint (apm2_backoff_get_delay_sec (&all[i].backoff, attempt),
                        ==,
                        all[i].delay);
}

static void
test_nothing_overflows (void)
{
  const guint attempts[] = { 2, 63, 64, 65, 66, 1000, G_MAXUINT };
  const Apm2Backoff one = { 1, G_MAXUINT64 };
  const Apm2Backoff large = { G_MAXUINT64 / 2 + 1, G_MAXUINT64 };
  guint64 last = 0;

  g_assert_cmpuint (
      apm2_backoff_get_delay_sec (&one, 64), ==, G_GUINT64_CONSTANT (1) << 63);
  g_assert_cmpuint (apm2_backoff_get_delay_sec (&one, 65), ==, G_MAXUINT64);
  for (guint i = 0; i < G_N_ELEMENTS (attempts); i++)
    {
      guint64 delay = apm2_backoff_get_delay_sec (&one, attempts[i]);

      g_assert_cmpuint (delay, >=, last);
      last = delay;
      g_assert_cmpuint (
          apm2_backoff_get_delay_sec (&large, attempts[i]), ==, G_MAXUINT64);
      g_assert_cmpint (
          apm2_backoff_get_end_unix (&large, attempts[i], G_MAXINT64),
          ==,
          APM2_NOT_BEFORE_UNIX_MAX);
      g_assert_cmpint (apm2_backoff_get_end_unix (&large, attempts[i], 1),
                       ==,
                       APM2_NOT_BEFORE_UNIX_MAX);
    }
}

static void
test_end_is_rounded_up (void)
{
  const Apm2Backoff backoff = { 2, 3 };
  const Apm2Backoff none = { 0, 3 };

  g_assert_cmpint (
      apm2_backoff_get_end_unix (&backoff, 1, 10 * G_USEC_PER_SEC), ==, 12);
  g_assert_cmpint (
      apm2_backoff_get_end_unix (&backoff, 1, 10 * G_USEC_PER_SEC + 1), ==, 13);
  g_assert_cmpint (
      apm2_backoff_get_end_unix (&backoff, 2, 11 * G_USEC_PER_SEC - 1), ==, 14);
  g_assert_cmpint (
      apm2_backoff_get_end_unix (&none, 1, 10 * G_USEC_PER_SEC + 1), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/apm2/backoff/doubles-up-to-its-bound",
                   test_doubles_up_to_its_bound);
  g_test_add_func ("/apm2/backoff/bounds-hold", test_bounds_hold);
  g_test_add_func ("/apm2/backoff/nothing-overflows", test_nothing_overflows);
  g_test_add_func ("/apm2/backoff/end-is-rounded-up", test_end_is_rounded_up);
  return g_test_run ();
}
