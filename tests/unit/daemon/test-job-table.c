/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The job table: what it keeps, counts and tells. */

#include "apm2-job-table.h"

#include "stored-job.h"

typedef struct
{
  Apm2JobTable *table;
  GString *heard; /* one word an event */
} Fixture;

static void
on_event (Fixture *fixture, Apm2Job *job)
{
  g_string_append_printf (fixture->heard, "+%s ", job->stored->id);
}

static void
on_changed (Fixture *fixture, Apm2Job *job, guint change)
{
  g_string_append_printf (fixture->heard,
                          "%s:%s ",
                          job->stored->id,
                          apm2_job_state_to_string (job->state));
}

static void
on_finished (Fixture *fixture, Apm2Job *job)
{
  g_string_append_printf (fixture->heard, "!%s ", job->stored->id);
}

static void
on_removed (Fixture *fixture, Apm2Job *job)
{
  g_string_append_printf (fixture->heard, "-%s ", job->stored->id);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->table = apm2_job_table_new (2);
  fixture->heard = g_string_new (NULL);
  g_signal_connect_swapped (
      fixture->table, "added", G_CALLBACK (on_event), fixture);
  g_signal_connect_swapped (
      fixture->table, "changed", G_CALLBACK (on_changed), fixture);
  g_signal_connect_swapped (
      fixture->table, "finished", G_CALLBACK (on_finished), fixture);
  g_signal_connect_swapped (
      fixture->table, "removed", G_CALLBACK (on_removed), fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_object_unref (fixture->table);
  g_string_free (fixture->heard, TRUE);
}

static Apm2Job *
apply (Fixture *fixture, const char *id, Apm2JobState state)
{
  return apm2_job_table_apply (fixture->table, test_stored_job (id, state));
}

static void
test_tells_each_event_in_order (Fixture *fixture, gconstpointer data)
{
  apply (fixture, "a", APM2_JOB_STATE_PENDING);
  apply (fixture, "a", APM2_JOB_STATE_LEASED);
  apm2_job_table_set_running (
      fixture->table, apm2_job_table_find (fixture->table, "a"), 2000);
  apply (fixture, "a", APM2_JOB_STATE_COMPLETED);

  g_assert_cmpstr (
      fixture->heard->str, ==, "+a a:leased a:running a:completed !a ");
}

static void
test_ended_at_once_is_added_and_finished (Fixture *fixture, gconstpointer data)
{
  apply (fixture, "a", APM2_JOB_STATE_DENIED);

  g_assert_cmpstr (fixture->heard->str, ==, "+a !a ");
}

static void
test_forgets_the_longest_ended (Fixture *fixture, gconstpointer data)
{
  apply (fixture, "a", APM2_JOB_STATE_COMPLETED);
  apply (fixture, "b", APM2_JOB_STATE_COMPLETED);
  apply (fixture, "c", APM2_JOB_STATE_COMPLETED);

  g_assert_null (apm2_job_table_find (fixture->table, "a"));
  g_assert_nonnull (apm2_job_table_find (fixture->table, "b"));
  g_assert_nonnull (apm2_job_table_find (fixture->table, "c"));
  g_assert_true (g_str_has_suffix (fixture->heard->str, "!c -a "));
}

static void
test_final_moves_nowhere (Fixture *fixture, gconstpointer data)
{
  Apm2Job *job = apply (fixture, "a", APM2_JOB_STATE_CANCELLED);

  apply (fixture, "a", APM2_JOB_STATE_COMPLETED);

  g_assert_cmpint (job->state, ==, APM2_JOB_STATE_CANCELLED);
  g_assert_cmpuint (apm2_job_table_get_counts (fixture->table)->passed, ==, 0);
}

static void
test_counts_follow_every_move (Fixture *fixture, gconstpointer data)
{
  const Apm2StoreCounts *counts = apm2_job_table_get_counts (fixture->table);

  apply (fixture, "a", APM2_JOB_STATE_PENDING);
  apply (fixture, "b", APM2_JOB_STATE_PENDING);
  g_assert_cmpuint (counts->pending, ==, 2);
  g_assert_cmpuint (counts->pending_bytes, ==, 200);
  g_assert_cmpuint (
      apm2_job_table_get_lane_load (fixture->table, "bulk").pending, ==, 2);

  apply (fixture, "a", APM2_JOB_STATE_LEASED);
  apm2_job_table_set_running (
      fixture->table, apm2_job_table_find (fixture->table, "a"), 2000);
  g_assert_cmpuint (counts->pending, ==, 1);
  g_assert_cmpuint (counts->leased, ==, 1);
  g_assert_cmpuint (apm2_job_table_get_running (fixture->table), ==, 1);
  g_assert_cmpuint (
      apm2_job_table_get_lane_load (fixture->table, "bulk").active, ==, 1);

  apply (fixture, "a", APM2_JOB_STATE_COMPLETED);
  apply (fixture, "b", APM2_JOB_STATE_CANCELLED);
  g_assert_cmpuint (counts->pending + counts->leased, ==, 0);
  g_assert_cmpuint (counts->pending_bytes, ==, 0);
  g_assert_cmpuint (counts->passed, ==, 1);
  g_assert_cmpuint (counts->cancelled, ==, 1);
  g_assert_cmpuint (apm2_job_table_get_running (fixture->table), ==, 0);
}

static Apm2UserLoad
waiting_of (Fixture *fixture, guint32 uid)
{
  return apm2_user_loads_get (apm2_job_table_get_waiting (fixture->table), uid);
}

static void
test_what_waits_is_known_by_user (Fixture *fixture, gconstpointer data)
{
  const guint32 uids[] = { 0, 7, 7, G_MAXUINT32 };

  for (guint i = 0; i < G_N_ELEMENTS (uids); i++)
    {
      const char id[] = { (char) ('a' + i), '\0' };
      Apm2StoredJob *stored = test_stored_job (id, APM2_JOB_STATE_PENDING);

      stored->uid = uids[i];
      (void) apm2_job_table_apply (fixture->table, stored);
    }
  g_assert_cmpuint (waiting_of (fixture, 0).jobs, ==, 1);
  g_assert_cmpuint (waiting_of (fixture, 7).jobs, ==, 2);
  g_assert_cmpuint (waiting_of (fixture, 7).bytes, ==, 200);
  g_assert_cmpuint (waiting_of (fixture, 8).jobs, ==, 0);
  g_assert_cmpuint (waiting_of (fixture, G_MAXUINT32).bytes, ==, 100);

  for (guint i = 0; i < 2; i++)
    {
      const char id[] = { (char) ('b' + i), '\0' };
      Apm2StoredJob *stored = test_stored_job (
          id, i == 0 ? APM2_JOB_STATE_LEASED : APM2_JOB_STATE_CANCELLED);

      stored->uid = 7;
      (void) apm2_job_table_apply (fixture->table, stored);
      g_assert_cmpuint (waiting_of (fixture, 7).jobs, ==, 1 - i);
    }
  g_assert_cmpuint (waiting_of (fixture, 7).bytes, ==, 0);
  g_assert_cmpuint (
      apm2_user_loads_get_all (apm2_job_table_get_waiting (fixture->table))
          .jobs,
      ==,
      2);
}

static void
test_running_survives_an_answer_of_its_attempt (Fixture *fixture,
                                                gconstpointer data)
{
  Apm2Job *job = apply (fixture, "a", APM2_JOB_STATE_LEASED);
  Apm2StoredJob *again = test_stored_job ("a", APM2_JOB_STATE_LEASED);

  apm2_job_table_set_running (fixture->table, job, 2000);
  again->cancel_requested = TRUE;
  apm2_job_table_apply (fixture->table, again);

  g_assert_cmpint (job->state, ==, APM2_JOB_STATE_RUNNING);
  g_assert_cmpint (job->stored->started_at, ==, 2000);
  g_assert_true (job->stored->cancel_requested);
}

static void
test_new_attempt_begins_afresh (Fixture *fixture, gconstpointer data)
{
  Apm2Job *job = apply (fixture, "a", APM2_JOB_STATE_LEASED);

  apm2_job_get_step (job, 0);
  job->log_bytes = 10;
  apm2_job_table_set_running (fixture->table, job, 2000);
  apply (fixture, "a", APM2_JOB_STATE_PENDING);

  g_assert_cmpint (job->state, ==, APM2_JOB_STATE_PENDING);
  g_assert_null (job->steps);
  g_assert_cmpuint (job->log_bytes, ==, 0);
}

static void
test_ended_job_keeps_its_steps (Fixture *fixture, gconstpointer data)
{
  Apm2Job *job = apply (fixture, "a", APM2_JOB_STATE_LEASED);

  apm2_job_get_step (job, 1);
  apply (fixture, "a", APM2_JOB_STATE_COMPLETED);

  g_assert_cmpuint (job->steps->len, ==, 2);
}

static void
add (const char *path, void (*func) (Fixture *, gconstpointer))
{
  g_test_add (path, Fixture, NULL, set_up, func, tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add ("/apm2/job-table/apply/tells-each-event-in-order",
       test_tells_each_event_in_order);
  add ("/apm2/job-table/apply/ended-at-once-is-added-and-finished",
       test_ended_at_once_is_added_and_finished);
  add ("/apm2/job-table/apply/forgets-the-longest-ended",
       test_forgets_the_longest_ended);
  add ("/apm2/job-table/apply/final-moves-nowhere", test_final_moves_nowhere);
  add ("/apm2/job-table/waiting/is-known-by-user",
       test_what_waits_is_known_by_user);
  add ("/apm2/job-table/counts/follow-every-move",
       test_counts_follow_every_move);
  add ("/apm2/job-table/apply/running-survives-an-answer-of-its-attempt",
       test_running_survives_an_answer_of_its_attempt);
  add ("/apm2/job-table/apply/new-attempt-begins-afresh",
       test_new_attempt_begins_afresh);
  add ("/apm2/job-table/apply/ended-job-keeps-its-steps",
       test_ended_job_keeps_its_steps);
  return g_test_run ();
}
