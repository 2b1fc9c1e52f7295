/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What the acts of the SQLite store cost, counted in steps of SQLite's machine:
 * the life of a job must cost the same however many others there are.
 */

#include "apm2-job-spec-json.h"
#include "apm2-store-db.h"
#include "apm2-store-ending.h"
#include "apm2-store-intake.h"
#include "apm2-store-lease.h"
#include "apm2-store-lists.h"
#include "apm2-store-receipts.h"
#include "apm2-store-request.h"
#include "sqlite-engine.h"

static const Apm2StoreAct act = { "try", APM2_STORE_MODE_WRITE, NULL };

/* A connection that no thread serves. */
typedef struct
{
  char *file;
  Apm2StoreDb *db;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  f->file = sqlite_engine.new_place ();
  f->db = apm2_store_db_new (f->file, 1);
  g_assert_true (apm2_store_db_open (f->db, &error));
  g_assert_no_error (error);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  apm2_store_db_free (f->db);
  sqlite_engine.free_place (f->file);
}

static void
begin (Fixture *f)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (apm2_store_db_begin (f->db, &error));
  g_assert_no_error (error);
}

static void
commit (Fixture *f)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (apm2_store_db_commit (f->db, &error));
  g_assert_no_error (error);
}

static void
submit (Fixture *f, const char *key)
{
  g_autoptr (Apm2StoreRequest) request = apm2_store_request_new (&act, NULL);
  g_autoptr (GError) error = NULL;

  request->spec = store_harness_spec ("one");
  request->spec->idempotency_key = g_strdup (key);
  request->text = apm2_job_spec_to_json (request->spec, &request->length);
  request->digest = apm2_json_digest (request->text, request->length);
  g_assert_true (apm2_store_intake_submit (f->db, request, &error));
  g_assert_no_error (error);
}

static Apm2StoreRequest *
claim (Fixture *f)
{
  Apm2StoreRequest *request = apm2_store_request_new (&act, NULL);
  const Apm2LaneRoom room = { "bulk", 4 };
  g_autoptr (GError) error = NULL;

  request->rooms = g_array_new (FALSE, FALSE, sizeof (Apm2LaneRoom));
  g_array_append_val (request->rooms, room);
  request->worker = g_strdup ("w1");
  request->boot_id = g_strdup ("boot");
  request->limit = 1;
  g_assert_true (apm2_store_lease_claim (f->db, request, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (request->rows->len, ==, 1);
  return request;
}

static void
finish (Fixture *f, const Apm2StoredJob *job)
{
  g_autoptr (Apm2StoreRequest) request = apm2_store_request_new (&act, job->id);
  g_autoptr (GError) error = NULL;

  request->token = job->token;
  request->receipt = store_harness_passed ();
  g_assert_true (apm2_store_ending_finish (f->db, request, &error));
  g_assert_no_error (error);
}

static void
read_back (Fixture *f, const char *job_id)
{
  g_autoptr (Apm2StoreRequest) by_job = apm2_store_request_new (&act, job_id);
  g_autoptr (Apm2StoreRequest) by_digest = NULL;

  g_assert_true (apm2_store_receipts_get (f->db, by_job, NULL));
  by_digest = apm2_store_request_new (&act, by_job->found_digest);
  g_assert_true (apm2_store_receipts_get (f->db, by_digest, NULL));
}

static void
live (Fixture *f, const char *key)
{
  g_autoptr (Apm2StoreRequest) leased = NULL;
  const Apm2StoredJob *job;

  begin (f);
  submit (f, key);
  leased = claim (f);
  job = g_ptr_array_index (leased->rows, 0);
  finish (f, job);
  read_back (f, job->id);
  commit (f);
}

/* Sums a counter of all statements and sets it to zero. */
static int
take_counter (Fixture *f, int counter)
{
  GHashTableIter iter;
  gpointer statement = NULL;
  int sum = 0;

  g_hash_table_iter_init (&iter, f->db->statements);
  while (g_hash_table_iter_next (&iter, NULL, &statement))
    sum += sqlite3_stmt_status (statement, counter, 1);
  return sum;
}

static void
add_history (Fixture *f, guint n)
{
  begin (f);
  for (guint i = 0; i < n; i++)
    {
      g_autoptr (Apm2StoreRequest) leased = NULL;

      submit (f, NULL);
      submit (f, NULL);
      leased = claim (f);
      finish (f, g_ptr_array_index (leased->rows, 0));
    }
  commit (f);
}

static void
test_a_job_costs_the_same_at_any_depth (Fixture *f, gconstpointer data)
{
  int shallow;
  int deep;

  add_history (f, 10);
  (void) take_counter (f, SQLITE_STMTSTATUS_VM_STEP);
  live (f, "shallow");
  shallow = take_counter (f, SQLITE_STMTSTATUS_VM_STEP);

  add_history (f, 200);
  (void) take_counter (f, SQLITE_STMTSTATUS_VM_STEP);
  live (f, "deep");
  deep = take_counter (f, SQLITE_STMTSTATUS_VM_STEP);

  g_assert_cmpint (deep, <=, shallow);
}

static void
test_no_step_of_a_job_scans_a_table (Fixture *f, gconstpointer data)
{
  add_history (f, 20);
  live (f, "one");

  g_assert_cmpint (take_counter (f, SQLITE_STMTSTATUS_FULLSCAN_STEP), ==, 0);
  g_assert_cmpint (take_counter (f, SQLITE_STMTSTATUS_AUTOINDEX), ==, 0);
}

static void
list (Fixture *f, guint state_mask, Apm2Verdict verdict)
{
  g_autoptr (Apm2StoreRequest) request = apm2_store_request_new (&act, NULL);

  request->state_mask = state_mask;
  request->verdict = verdict;
  request->from_sequence = G_MAXINT64;
  request->limit = 10;
  g_assert_true (apm2_store_lists_list (f->db, request, NULL));
}

/* Completed jobs aside: their page is found at once where it matters, in a
 * store that is full of them. */
static int
cost_of_lists (Fixture *f)
{
  (void) take_counter (f, SQLITE_STMTSTATUS_VM_STEP);
  list (f, 0, APM2_VERDICT_NONE);
  list (f, 1u << APM2_JOB_STATE_PENDING, APM2_VERDICT_NONE);
  list (f, 1u << APM2_JOB_STATE_LEASED, APM2_VERDICT_NONE);
  list (f, 1u << APM2_JOB_STATE_DENIED, APM2_VERDICT_NONE);
  list (f, 1u << APM2_JOB_STATE_QUARANTINED, APM2_VERDICT_NONE);
  list (f, 1u << APM2_JOB_STATE_CANCELLED, APM2_VERDICT_NONE);
  list (f, 0, APM2_VERDICT_FAILED);
  return take_counter (f, SQLITE_STMTSTATUS_VM_STEP);
}

static void
test_a_page_costs_the_same_at_any_depth (Fixture *f, gconstpointer data)
{
  int shallow;

  add_history (f, 20);
  shallow = cost_of_lists (f);
  add_history (f, 200);

  g_assert_cmpint (cost_of_lists (f), ==, shallow);
}

#define ADD(path, func)                                                        \
  g_test_add ("/apm2/store-db/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("cost/a-job-costs-the-same-at-any-depth",
       test_a_job_costs_the_same_at_any_depth);
  ADD ("cost/no-step-of-a-job-scans-a-table",
       test_no_step_of_a_job_scans_a_table);
  ADD ("cost/a-page-costs-the-same-at-any-depth",
       test_a_page_costs_the_same_at_any_depth);
  return g_test_run ();
}
