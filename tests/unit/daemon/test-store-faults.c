/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The SQLite store on a disk that fails, and what an answer is worth: nothing
 * is acknowledged that is not on the disk.
 */

#include <string.h>

#include <sqlite3.h>

#include "apm2-error.h"
#include "sqlite-engine.h"
#include "store-vfs.h"

#define N_WAITING 64

/* Of 50 kB each: more than a log may hold before it is moved. */
#define LONG_JOBS_MAX 200

static Apm2StoredJob *
try_add (StoreHarness *h, GError **error)
{
  g_autoptr (Apm2JobSpec) spec = store_harness_spec ("try");

  return store_harness_submit (h, spec, NULL, error);
}

static void
test_an_answer_comes_after_the_sync (void)
{
  g_autoptr (StoreHarness) h = store_harness_new (&sqlite_engine, 0);
  g_autoptr (Apm2JobSpec) spec = store_harness_spec ("one");
  g_auto (StoreCall) call = { NULL };
  guint before;

  store_vfs_hold_syncs (TRUE);
  before = store_vfs_count_syncs ();
  store_harness_send (h->store, spec, &call);

  /* An answer that did not wait for the sync would be here by now. */
  store_vfs_wait_held ();
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_null (call.result);
  g_assert_cmpuint (store_vfs_count_syncs (), ==, before);

  store_vfs_hold_syncs (FALSE);
  (void) store_call_wait (&call);
  g_assert_cmpuint (store_vfs_count_syncs (), ==, before + 1);
}

static void
send_many (StoreHarness *h, StoreCall *calls)
{
  g_autoptr (Apm2JobSpec) spec = store_harness_spec ("many");

  for (guint i = 0; i < N_WAITING; i++)
    store_harness_send (h->store, spec, &calls[i]);
}

static void
test_those_that_wait_share_a_sync (void)
{
  g_autoptr (StoreHarness) h = store_harness_new (&sqlite_engine, 0);
  g_autoptr (Apm2JobSpec) spec = store_harness_spec ("first");
  g_auto (StoreCall) first = { NULL };
  StoreCall calls[N_WAITING] = { 0 };
  guint before;

  store_vfs_hold_syncs (TRUE);
  before = store_vfs_count_syncs ();
  store_harness_send (h->store, spec, &first);
  store_vfs_wait_held ();
  send_many (h, calls);
  store_vfs_hold_syncs (FALSE);

  for (guint i = 0; i < N_WAITING; i++)
    {
      (void) store_call_wait (&calls[i]);
      store_call_clear (&calls[i]);
    }
  g_assert_cmpuint (store_vfs_count_syncs (), ==, before + 2);
}

static void
test_each_step_of_a_job_costs_one_sync (void)
{
  g_autoptr (StoreHarness) h = store_harness_new (&sqlite_engine, 0);
  g_autofree char *warm_up = store_harness_add (h, "warm-up");
  g_autoptr (Apm2StoredJob) first = store_harness_claim_one (h);
  g_autofree char *id = NULL;
  g_autoptr (Apm2StoredJob) leased = NULL;
  g_autoptr (Apm2StoredJob) ended = NULL;
  guint before = store_vfs_count_syncs ();

  id = store_harness_add (h, "one");
  g_assert_cmpuint (store_vfs_count_syncs (), ==, before + 1);
  leased = store_harness_claim_one (h);
  g_assert_cmpuint (store_vfs_count_syncs (), ==, before + 2);
  ended = store_harness_finish (
      h, id, leased->token, store_harness_passed (), FALSE, NULL, NULL);
  g_assert_cmpuint (store_vfs_count_syncs (), ==, before + 3);
}

/* Both wait behind another: the claim finds what came just before it. */
static void
test_a_job_comes_and_goes_with_one_sync (void)
{
  g_autoptr (StoreHarness) h = store_harness_new (&sqlite_engine, 0);
  g_autoptr (Apm2JobSpec) spec = store_harness_spec ("first");
  g_autoptr (Apm2JobSpec) attached = store_harness_attached_spec ("attached-1");
  g_autoptr (Apm2StoredJob) leased = NULL;
  g_auto (StoreCall) first = { NULL };
  g_auto (StoreCall) submit = { NULL };
  g_auto (StoreCall) claim = { NULL };
  g_autoptr (GError) error = NULL;
  guint before;

  store_vfs_hold_syncs (TRUE);
  before = store_vfs_count_syncs ();
  store_harness_send (h->store, spec, &first);
  store_vfs_wait_held ();
  store_harness_send (h->store, attached, &submit);
  apm2_store_claim_one (
      h->store, "attached-1", "run-7-70", "boot", store_call_done, &claim);
  store_vfs_hold_syncs (FALSE);

  leased = apm2_store_claim_one_finish (
      h->store, store_call_wait (&claim), &error);
  g_assert_no_error (error);
  g_assert_cmpint (leased->state, ==, APM2_JOB_STATE_LEASED);
  g_assert_cmpuint (store_vfs_count_syncs (), ==, before + 2);
  (void) store_call_wait (&first);
  (void) store_call_wait (&submit);
}

static void
test_reading_costs_no_sync (void)
{
  g_autoptr (StoreHarness) h = store_harness_new (&sqlite_engine, 0);
  g_autofree char *id = store_harness_add (h, "one");
  guint before = store_vfs_count_syncs ();
  g_autoptr (GPtrArray) jobs = NULL;
  g_autoptr (Apm2StoredJob) job = NULL;

  jobs = store_harness_list (h, 0, APM2_VERDICT_NONE, NULL, 0, 10);
  job = store_harness_get (h, id, NULL);

  g_assert_cmpuint (store_vfs_count_syncs (), ==, before);
}

/* Refused while the disk fails, readable all the time, and as good as new when
 * it works again. */
static void
check_recovery (StoreVfsMood mood)
{
  g_autoptr (StoreHarness) h = store_harness_new (&sqlite_engine, 0);
  g_autofree char *id = store_harness_add (h, "before");
  g_autofree char *later = NULL;
  g_autoptr (Apm2StoredJob) none = NULL;
  g_autoptr (Apm2StoredJob) job = NULL;
  g_autoptr (GError) error = NULL;

  store_vfs_set_mood (mood);
  none = try_add (h, &error);
  job = store_harness_get (h, id, NULL);
  store_vfs_set_mood (STORE_VFS_WORKS);

  g_assert_null (none);
  g_assert_error (error, APM2_ERROR, APM2_ERROR_UNAVAILABLE);
  g_assert_nonnull (strstr (error->message, "fac.db"));
  g_assert_nonnull (job);
  later = store_harness_add (h, "after");
  store_harness_restart (h);
  g_assert_cmpuint (h->snapshot->counts.pending, ==, 2);
}

static void
test_a_full_disk_refuses_and_recovers (void)
{
  check_recovery (STORE_VFS_FULL);
}

static void
test_a_failed_write_refuses_and_recovers (void)
{
  check_recovery (STORE_VFS_WRITE_ERROR);
}

static void
test_a_failed_commit_answers_nobody (void)
{
  g_autoptr (StoreHarness) h = store_harness_new (&sqlite_engine, 0);
  StoreCall calls[N_WAITING] = { 0 };
  g_auto (StoreCall) get = { NULL };
  g_autoptr (Apm2StoredJob) none = NULL;
  g_autoptr (GError) error = NULL;

  store_vfs_set_mood (STORE_VFS_FULL);
  send_many (h, calls);
  apm2_store_get (h->store, "nobody", store_call_done, &get);
  for (guint i = 0; i < N_WAITING; i++)
    {
      none = apm2_store_submit_finish (
          h->store, store_call_wait (&calls[i]), NULL, NULL, &error);
      g_assert_null (none);
      g_assert_error (error, APM2_ERROR, APM2_ERROR_UNAVAILABLE);
      g_clear_error (&error);
      store_call_clear (&calls[i]);
    }
  none = apm2_store_get_finish (h->store, store_call_wait (&get), &error);
  g_assert_error (error, APM2_ERROR, APM2_ERROR_NOT_FOUND);
  store_vfs_set_mood (STORE_VFS_WORKS);

  store_harness_restart (h);
  g_assert_cmpuint (h->snapshot->open_jobs->len, ==, 0);
}

/* Times, numbers and tokens fall back with what did not reach the disk. */
static void
test_nothing_is_skipped_after_a_failure (void)
{
  g_autoptr (StoreHarness) h = store_harness_new (&sqlite_engine, 0);
  g_autofree char *first = store_harness_add (h, "first");
  g_autofree char *second = store_harness_add (h, "second");
  g_autoptr (Apm2StoredJob) none = NULL;
  g_autoptr (Apm2StoredJob) ended = NULL;

  none = store_harness_cancel (h, first, NULL, NULL, NULL);
  g_clear_pointer (&none, apm2_stored_job_free);
  store_vfs_set_mood (STORE_VFS_FULL);
  none = store_harness_cancel (h, second, NULL, NULL, NULL);
  g_assert_null (none);
  none = try_add (h, NULL);
  g_assert_null (none);
  store_vfs_set_mood (STORE_VFS_WORKS);

  ended = store_harness_cancel (h, second, NULL, NULL, NULL);
  g_assert_nonnull (ended);
  g_assert_cmpuint (store_harness_verify_chain (h), ==, 2);
  none = try_add (h, NULL);
  g_assert_cmpint (none->sequence, ==, 3);
}

static void
test_a_failed_sync_ends_all_writing (void)
{
  g_autoptr (StoreHarness) h = store_harness_new (&sqlite_engine, 0);
  g_autofree char *id = store_harness_add (h, "before");
  g_autoptr (Apm2StoredJob) none = NULL;
  g_autoptr (Apm2StoredJob) job = NULL;
  g_autofree char *later = NULL;
  g_autoptr (GError) error = NULL;

  store_vfs_set_mood (STORE_VFS_SYNC_ERROR);
  none = try_add (h, &error);
  g_assert_null (none);
  g_assert_error (error, APM2_ERROR, APM2_ERROR_UNAVAILABLE);
  g_clear_error (&error);

  /* The next sync would succeed, and would prove nothing. */
  store_vfs_set_mood (STORE_VFS_WORKS);
  none = try_add (h, &error);
  g_assert_null (none);
  g_assert_error (error, APM2_ERROR, APM2_ERROR_UNAVAILABLE);
  g_assert_nonnull (strstr (error->message, "restart"));
  job = store_harness_get (h, id, NULL);
  g_assert_nonnull (job);

  store_harness_restart (h);
  later = store_harness_add (h, "after");
  g_assert_nonnull (later);
}

/* A log that grew is moved into the file when nobody waits. */
static void
test_a_failed_sync_of_the_file_ends_all_writing (void)
{
  g_autoptr (StoreHarness) h = store_harness_new (&sqlite_engine, 0);
  g_autofree char *long_word = g_strnfill (50000, 'x');
  g_autoptr (Apm2JobSpec) spec = NULL;
  g_autoptr (Apm2StoredJob) none = NULL;
  g_autoptr (GError) error = NULL;
  guint n_answered = 0;

  spec = store_harness_spec (long_word);
  store_vfs_set_mood (STORE_VFS_MAIN_SYNC_ERROR);
  for (guint i = 0; i < LONG_JOBS_MAX && error == NULL; i++)
    {
      g_autoptr (Apm2StoredJob) job
          = store_harness_submit (h, spec, NULL, &error);

      n_answered += job != NULL ? 1 : 0;
    }
  g_assert_error (error, APM2_ERROR, APM2_ERROR_UNAVAILABLE);
  g_clear_error (&error);
  store_vfs_set_mood (STORE_VFS_WORKS);
  none = try_add (h, &error);

  g_assert_null (none);
  g_assert_error (error, APM2_ERROR, APM2_ERROR_UNAVAILABLE);
  g_assert_nonnull (strstr (error->message, "restart"));
  store_harness_restart (h);
  g_assert_cmpuint (h->snapshot->counts.pending, ==, n_answered);
  none = try_add (h, NULL);
  g_assert_nonnull (none);
}

static gboolean
ping (StoreHarness *h, GError **error)
{
  g_auto (StoreCall) call = { NULL };

  apm2_store_ping (h->store, store_call_done, &call);
  return apm2_store_ping_finish (h->store, store_call_wait (&call), error);
}

static void
test_a_ping_says_whether_it_can_write (void)
{
  g_autoptr (StoreHarness) h = store_harness_new (&sqlite_engine, 0);
  g_autoptr (Apm2StoredJob) none = NULL;
  g_autoptr (GError) error = NULL;
  guint before = 0;

  g_assert_true (ping (h, &error));
  before = store_vfs_count_syncs ();
  g_assert_true (ping (h, &error));
  g_assert_cmpuint (store_vfs_count_syncs (), ==, before);

  store_vfs_set_mood (STORE_VFS_FULL);
  none = try_add (h, NULL);
  g_assert_null (none);
  g_assert_false (ping (h, &error));
  g_assert_error (error, APM2_ERROR, APM2_ERROR_UNAVAILABLE);
  g_clear_error (&error);
  store_vfs_set_mood (STORE_VFS_WORKS);
  g_assert_true (ping (h, &error));

  /* After this one only a restart helps. */
  store_vfs_set_mood (STORE_VFS_SYNC_ERROR);
  none = try_add (h, NULL);
  store_vfs_set_mood (STORE_VFS_WORKS);
  g_assert_false (ping (h, &error));
  g_assert_nonnull (strstr (error->message, "restart"));
}

static void
run_sql (const char *file, const char *sql)
{
  sqlite3 *sqlite = NULL;

  g_assert_cmpint (sqlite3_open (file, &sqlite), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (sqlite, sql, NULL, NULL, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_close (sqlite), ==, SQLITE_OK);
}

/* The stray spec is in the way of the second job, after its row was written. */
static void
test_one_that_fails_half_way_is_taken_out (void)
{
  g_autoptr (StoreHarness) h = store_harness_new (&sqlite_engine, 0);
  g_autofree char *id = store_harness_add (h, "one");
  g_autoptr (Apm2JobSpec) spec = store_harness_spec ("two");
  g_auto (StoreCall) first = { NULL };
  g_auto (StoreCall) cancel = { NULL };
  g_auto (StoreCall) submit = { NULL };
  g_auto (StoreCall) pause = { NULL };
  g_autoptr (Apm2StoredJob) cancelled = NULL;
  g_autoptr (Apm2StoredJob) none = NULL;
  g_autoptr (GError) error = NULL;

  store_harness_close (h->store);
  run_sql (h->place,
           "PRAGMA locking_mode = EXCLUSIVE;"
           "INSERT INTO job_spec VALUES (2, 'stray')");
  store_harness_restart (h);
  store_vfs_hold_syncs (TRUE);
  apm2_store_set_paused (h->store, "a", TRUE, store_call_done, &first);
  store_vfs_wait_held ();
  apm2_store_request_cancel (h->store, id, NULL, store_call_done, &cancel);
  store_harness_send (h->store, spec, &submit);
  apm2_store_set_paused (h->store, "b", TRUE, store_call_done, &pause);
  store_vfs_hold_syncs (FALSE);

  cancelled = apm2_store_request_cancel_finish (
      h->store, store_call_wait (&cancel), NULL, NULL);
  g_assert_nonnull (cancelled);
  none = apm2_store_submit_finish (
      h->store, store_call_wait (&submit), NULL, NULL, &error);
  g_assert_null (none);
  g_assert_error (error, APM2_ERROR, APM2_ERROR_FAILED);
  g_assert_true (
      apm2_store_set_paused_finish (h->store, store_call_wait (&pause), NULL));

  store_harness_restart (h);
  g_assert_cmpuint (h->snapshot->counts.cancelled, ==, 1);
  g_assert_cmpuint (h->snapshot->counts.pending, ==, 0);
  g_assert_cmpuint (g_strv_length (h->snapshot->paused_lanes), ==, 2);
  g_assert_cmpuint (store_harness_verify_chain (h), ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  store_vfs_install ();

  g_test_add_func ("/apm2/store-thread/fault/a-ping-says-whether-it-can-write",
                   test_a_ping_says_whether_it_can_write);
  g_test_add_func ("/apm2/store-thread/commit/an-answer-comes-after-the-sync",
                   test_an_answer_comes_after_the_sync);
  g_test_add_func ("/apm2/store-thread/commit/those-that-wait-share-a-sync",
                   test_those_that_wait_share_a_sync);
  g_test_add_func (
      "/apm2/store-thread/commit/each-step-of-a-job-costs-one-sync",
      test_each_step_of_a_job_costs_one_sync);
  g_test_add_func (
      "/apm2/store-thread/commit/a-job-comes-and-goes-with-one-sync",
      test_a_job_comes_and_goes_with_one_sync);
  g_test_add_func ("/apm2/store-thread/commit/reading-costs-no-sync",
                   test_reading_costs_no_sync);
  g_test_add_func ("/apm2/store-thread/fault/a-full-disk-refuses-and-recovers",
                   test_a_full_disk_refuses_and_recovers);
  g_test_add_func (
      "/apm2/store-thread/fault/a-failed-write-refuses-and-recovers",
      test_a_failed_write_refuses_and_recovers);
  g_test_add_func ("/apm2/store-thread/fault/a-failed-commit-answers-nobody",
                   test_a_failed_commit_answers_nobody);
  g_test_add_func (
      "/apm2/store-thread/fault/nothing-is-skipped-after-a-failure",
      test_nothing_is_skipped_after_a_failure);
  g_test_add_func ("/apm2/store-thread/fault/a-failed-sync-ends-all-writing",
                   test_a_failed_sync_ends_all_writing);
  g_test_add_func (
      "/apm2/store-thread/fault/a-failed-sync-of-the-file-ends-all-writing",
      test_a_failed_sync_of_the_file_ends_all_writing);
  g_test_add_func (
      "/apm2/store-thread/batch/one-that-fails-half-way-is-taken-out",
      test_one_that_fails_half_way_is_taken_out);
  return g_test_run ();
}
