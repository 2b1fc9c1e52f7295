/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Why a job waits, in words.
 */

#include <string.h>

#include "apm2-run-waiting.h"

#define NOW ((gint64) 1000000000 * G_USEC_PER_SEC)

static Apm2RunDetails *
make_why (const char *cause, guint position)
{
  Apm2RunDetails *why = apm2_run_details_new ();

  g_free (why->cause);
  why->cause = g_strdup (cause);
  why->position = position;
  return why;
}

static void
add_holder (Apm2RunDetails *why, const char *name, guint64 since, guint64 end)
{
  Apm2RunHolder *holder = g_new0 (Apm2RunHolder, 1);

  holder->job_id = g_strdup ("j7");
  holder->name = g_strdup (name);
  holder->command = g_strdup ("make check");
  holder->directory = g_strdup ("/src");
  holder->since_usec = since;
  holder->expected_end_usec = end;
  g_ptr_array_add (why->holders, holder);
}

static char *
format (const Apm2RunDetails *why, gboolean is_joined, gint64 now)
{
  const Apm2RunWait wait = {
    .lane = "run",
    .job_id = "j7",
    .is_joined = is_joined,
    .why = why,
    .since_usec = NOW - 5 * (gint64) G_USEC_PER_SEC,
  };

  return apm2_run_waiting_format (&wait, now);
}

static void
test_slots (void)
{
  g_autoptr (Apm2RunDetails) why = make_why ("slots", 2);
  g_autofree char *text = NULL;

  add_holder (why,
              "",
              (guint64) NOW - 60 * (guint64) G_USEC_PER_SEC,
              (guint64) NOW + 30 * (guint64) G_USEC_PER_SEC);
  add_holder (why, "", 0, 0);
  why->holders_more = 2;
  text = format (why, FALSE, NOW);
  g_assert_cmpstr (
      text,
      ==,
      "waiting 5s, number 2: all slots of lane run are taken: "
      "'make check' for 1min, should end in 30s, in /src (j7), and "
      "3 more");
}

/* What is compared with the line before must not have the time in it. */
static void
test_lasting_text_has_no_times (void)
{
  g_autoptr (Apm2RunDetails) why = make_why ("slots", 1);
  g_autofree char *text = NULL;

  add_holder (why, "Nightly", 1, (guint64) NOW);
  text = format (why, FALSE, 0);
  g_assert_cmpstr (text,
                   ==,
                   "waiting, number 1: all slots of lane run are taken: "
                   "'Nightly' in /src (j7)");
}

static void
test_late_holder (void)
{
  g_autoptr (Apm2RunDetails) why = make_why ("cpus", 1);
  g_autofree char *text = NULL;

  add_holder (why, "", 0, (guint64) NOW - 1);
  text = format (why, FALSE, NOW);
  g_assert_nonnull (strstr (text, "should have ended"));
}

static void
test_exclusive_names_the_resource (void)
{
  g_autoptr (Apm2RunDetails) why = make_why ("exclusive", 1);
  g_autofree char *text = NULL;

  g_free (why->resource);
  why->resource = g_strdup ("database");
  text = format (why, FALSE, 0);
  g_assert_cmpstr (text, ==, "waiting, number 1: 'database' is taken");
}

static void
test_joined (void)
{
  g_autoptr (Apm2RunDetails) why = make_why ("joined", 0);
  g_autofree char *text = format (why, TRUE, 0);

  g_assert_cmpstr (
      text, ==, "the same work is done by job j7; waiting for its end");
}

/* Of a newer broker. */
static void
test_unknown_cause (void)
{
  g_autoptr (Apm2RunDetails) why = make_why ("moonphase", 0);
  g_autofree char *text = format (why, FALSE, 0);

  g_assert_cmpstr (text, ==, "waiting: no slot of lane run");
}

static void
test_long_command_is_shortened (void)
{
  g_autoptr (Apm2RunDetails) why = make_why ("slots", 0);
  g_autofree char *name = g_strnfill (500, 'x');
  g_autofree char *text = NULL;

  add_holder (why, name, 0, 0);
  text = format (why, FALSE, 0);
  g_assert_cmpuint (strlen (text), <, 150);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/apm2/cli-run-waiting/slots", test_slots);
  g_test_add_func ("/apm2/cli-run-waiting/lasting-text-has-no-times",
                   test_lasting_text_has_no_times);
  g_test_add_func ("/apm2/cli-run-waiting/late-holder", test_late_holder);
  g_test_add_func ("/apm2/cli-run-waiting/exclusive-names-the-resource",
                   test_exclusive_names_the_resource);
  g_test_add_func ("/apm2/cli-run-waiting/joined", test_joined);
  g_test_add_func ("/apm2/cli-run-waiting/unknown-cause", test_unknown_cause);
  g_test_add_func ("/apm2/cli-run-waiting/long-command-is-shortened",
                   test_long_command_is_shortened);
  return g_test_run ();
}
