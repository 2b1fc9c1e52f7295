/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What somebody may have meant.
 */

#include "apm2-nearest.h"

static const char *const words[] = { "submit", "jobs",     "job",    "queue",
                                     "config", "receipts", "worker", NULL };

static void
test_equal_words_have_no_distance (void)
{
  g_assert_cmpuint (apm2_nearest_distance ("jobs", "jobs"), ==, 0);
  g_assert_cmpuint (apm2_nearest_distance ("", ""), ==, 0);
}

static void
test_each_slip_counts_one (void)
{
  g_assert_cmpuint (apm2_nearest_distance ("sbmit", "submit"), ==, 1);
  g_assert_cmpuint (apm2_nearest_distance ("submiit", "submit"), ==, 1);
  g_assert_cmpuint (apm2_nearest_distance ("sabmit", "submit"), ==, 1);
  g_assert_cmpuint (apm2_nearest_distance ("sumbit", "submit"), ==, 1);
}

static void
test_distance_to_nothing_is_the_length (void)
{
  g_assert_cmpuint (apm2_nearest_distance ("", "queue"), ==, 5);
  g_assert_cmpuint (apm2_nearest_distance ("queue", ""), ==, 5);
}

static void
test_long_words_are_not_measured (void)
{
  g_autofree char *word = g_strnfill (100000, 'a');

  g_assert_cmpuint (apm2_nearest_distance (word, "queue"), ==, G_MAXUINT);
  g_assert_null (apm2_nearest_find (word, words));
}

static void
test_slip_is_understood (void)
{
  g_assert_cmpstr (apm2_nearest_find ("sumbit", words), ==, "submit");
  g_assert_cmpstr (apm2_nearest_find ("jbos", words), ==, "jobs");
}

static void
test_beginning_is_understood (void)
{
  g_assert_cmpstr (apm2_nearest_find ("rec", words), ==, "receipts");
}

static void
test_stranger_has_no_match (void)
{
  g_assert_null (apm2_nearest_find ("frobnicate", words));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add_func ("/apm2/cli-nearest/" name, func)
  ADD ("distance/equal-words-have-none", test_equal_words_have_no_distance);
  ADD ("distance/each-slip-counts-one", test_each_slip_counts_one);
  ADD ("distance/to-nothing-is-the-length",
       test_distance_to_nothing_is_the_length);
  ADD ("distance/long-words-are-not-measured",
       test_long_words_are_not_measured);
  ADD ("find/slip-is-understood", test_slip_is_understood);
  ADD ("find/beginning-is-understood", test_beginning_is_understood);
  ADD ("find/stranger-has-no-match", test_stranger_has_no_match);
  return g_test_run ();
}
