/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The file of the SQLite store: private, owned by one process, recovered after
 * a crash, migrated from what older versions wrote, refused when it is not
 * ours.
 */

#include <string.h>
#include <sys/stat.h>

#include <glib/gstdio.h>
#include <sqlite3.h>

#include "apm2-error.h"
#include "apm2-store-schema.h"
#include "apm2-store-sqlite.h"
#include "parts-scene.h"
#include "sqlite-engine.h"

/* A place that no store was opened at yet. */
typedef char Place;

static void
place_free (Place *self)
{
  sqlite_engine.free_place (self);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Place, place_free)

static void
run_sql (const char *file, const char *sql)
{
  sqlite3 *sqlite = NULL;

  g_assert_cmpint (sqlite3_open (file, &sqlite), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (sqlite, sql, NULL, NULL, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_close (sqlite), ==, SQLITE_OK);
}

static void
assert_refused (const char *file, int code, const char *words)
{
  g_autoptr (Apm2Store) store = apm2_store_sqlite_new (file, 0);
  g_autoptr (Apm2StoreSnapshot) snapshot = NULL;
  g_autoptr (GError) error = NULL;

  snapshot = store_harness_open (store, &error);

  g_assert_null (snapshot);
  g_assert_error (error, APM2_ERROR, code);
  g_assert_nonnull (strstr (error->message, file));
  g_assert_nonnull (strstr (error->message, words));
}

static void
test_files_are_private (void)
{
  g_autoptr (StoreHarness) h = store_harness_new (&sqlite_engine, 0);
  g_autofree char *id = store_harness_add (h, "one");
  g_autofree char *wal = g_strconcat (h->place, "-wal", NULL);
  GStatBuf st = { 0 };

  g_assert_cmpint (g_stat (h->place, &st), ==, 0);
  g_assert_cmpint (st.st_mode & 0777, ==, 0600);
  g_assert_cmpint (g_stat (wal, &st), ==, 0);
  g_assert_cmpint (st.st_mode & 0777, ==, 0600);
}

/* A commit that makes the log longer costs more. */
static void
test_the_log_does_not_grow_with_jobs (void)
{
  g_autoptr (StoreHarness) h = store_harness_new (&sqlite_engine, 0);
  g_autofree char *wal = g_strconcat (h->place, "-wal", NULL);
  GStatBuf before = { 0 };
  GStatBuf after = { 0 };

  g_assert_cmpint (g_stat (wal, &before), ==, 0);
  for (guint i = 0; i < 10; i++)
    g_free (store_harness_add (h, "job"));

  g_assert_cmpint (g_stat (wal, &after), ==, 0);
  g_assert_cmpint (before.st_size, ==, after.st_size);
  store_harness_restart (h);
  g_assert_cmpint (g_stat (wal, &after), ==, 0);
  g_assert_cmpint (before.st_size, ==, after.st_size);
}

static void
test_a_closed_store_is_one_file (void)
{
  g_autoptr (Place) file = sqlite_engine.new_place ();
  g_autofree char *wal = g_strconcat (file, "-wal", NULL);
  g_autoptr (Apm2Store) store = apm2_store_sqlite_new (file, 0);
  g_autoptr (Apm2StoreSnapshot) snapshot = NULL;
  g_autoptr (GError) error = NULL;

  snapshot = store_harness_open (store, &error);
  g_assert_no_error (error);
  g_assert_true (g_file_test (wal, G_FILE_TEST_EXISTS));

  store_harness_close (store);

  g_assert_false (g_file_test (wal, G_FILE_TEST_EXISTS));
}

static void
test_a_loose_mode_is_tightened (void)
{
  g_autoptr (StoreHarness) h = store_harness_new (&sqlite_engine, 0);
  GStatBuf st = { 0 };

  g_assert_cmpint (g_chmod (h->place, 0644), ==, 0);
  store_harness_restart (h);

  g_assert_cmpint (g_stat (h->place, &st), ==, 0);
  g_assert_cmpint (st.st_mode & 0777, ==, 0600);
}

static void
test_a_second_one_is_refused (void)
{
  g_autoptr (StoreHarness) h = store_harness_new (&sqlite_engine, 0);

  assert_refused (h->place, APM2_ERROR_BUSY, "another process");
}

static void
copy_file (const char *from, const char *to)
{
  g_autofree char *data = NULL;
  g_autoptr (GError) error = NULL;
  gsize length = 0;

  g_assert_true (g_file_get_contents (from, &data, &length, &error));
  g_assert_no_error (error);
  g_assert_true (g_file_set_contents (to, data, (gssize) length, &error));
  g_assert_no_error (error);
}

/* What a crash leaves is what the files hold when an answer has come. */
static void
test_what_was_answered_outlives_a_crash (void)
{
  g_autoptr (StoreHarness) h = store_harness_new (&sqlite_engine, 0);
  g_autoptr (Place) copy = sqlite_engine.new_place ();
  g_autofree char *wal = g_strconcat (h->place, "-wal", NULL);
  g_autofree char *copy_wal = g_strconcat (copy, "-wal", NULL);
  g_autofree char *first = store_harness_add (h, "first");
  g_autofree char *second = store_harness_add (h, "second");
  g_autoptr (Apm2StoredJob) leased = store_harness_claim_one (h);
  g_autoptr (Apm2StoredJob) ended = NULL;
  g_autoptr (Apm2Store) store = NULL;
  g_autoptr (Apm2StoreSnapshot) snapshot = NULL;
  g_autoptr (GError) error = NULL;

  ended = store_harness_finish (
      h, first, leased->token, store_harness_passed (), FALSE, NULL, NULL);
  copy_file (h->place, copy);
  copy_file (wal, copy_wal);
  store = apm2_store_sqlite_new (copy, 0);
  snapshot = store_harness_open (store, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (snapshot->counts.pending, ==, 1);
  g_assert_cmpuint (snapshot->counts.passed, ==, 1);
  g_assert_cmpuint (snapshot->ended_jobs->len, ==, 1);
  store_harness_close (store);
}

static void
test_a_newer_version_is_refused (void)
{
  g_autoptr (Place) file = sqlite_engine.new_place ();
  g_autofree char *sql
      = g_strdup_printf ("PRAGMA application_id = %d; PRAGMA user_version = %d",
                         APM2_STORE_SCHEMA_APPLICATION_ID,
                         apm2_store_schema_get_version () + 1);

  run_sql (file, sql);

  assert_refused (file, APM2_ERROR_FAILED, "install the newer apm2");
}

static void
test_a_foreign_database_is_refused (void)
{
  g_autoptr (Place) file = sqlite_engine.new_place ();

  run_sql (file, "CREATE TABLE bookmarks (url TEXT)");

  assert_refused (file, APM2_ERROR_FAILED, "another program");
}

static void
test_garbage_is_refused_with_a_way_out (void)
{
  g_autoptr (Place) file = sqlite_engine.new_place ();
  g_autofree char *garbage = g_strnfill (8192, 'x');

  g_assert_true (g_file_set_contents (file, garbage, -1, NULL));

  assert_refused (file, APM2_ERROR_FAILED, "backup");
}

static void
test_a_damaged_page_is_refused_with_a_way_out (void)
{
  g_autoptr (Place) file = sqlite_engine.new_place ();
  g_autofree char *data = NULL;
  gsize length = 0;

  run_sql (file, "CREATE TABLE t (a)");
  g_assert_true (g_file_get_contents (file, &data, &length, NULL));
  memset (data + 100, 0xff, 1000);
  g_assert_true (g_file_set_contents (file, data, (gssize) length, NULL));

  assert_refused (file, APM2_ERROR_FAILED, "backup");
}

static void
test_a_missing_directory_is_named (void)
{
  assert_refused ("/nowhere/at/all/fac.db", APM2_ERROR_UNAVAILABLE, "No such");
}

static StoreHarness *
open_version (const char *fixture)
{
  StoreHarness *h = store_harness_new (&sqlite_engine, 0);
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, fixture, NULL);
  g_autofree char *sql = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_get_contents (path, &sql, NULL, &error));
  g_assert_no_error (error);
  store_harness_close (h->store);
  g_assert_cmpint (g_unlink (h->place), ==, 0);
  run_sql (h->place, sql);
  store_harness_restart (h);
  return h;
}

/* The fixture has, by sequence: passed, failed, leased, pending, denied because
 * it waited for the failed one, waiting for the leased one, delayed. */
static void
test_a_store_of_version_1_opens (void)
{
  g_autoptr (StoreHarness) h = open_version ("data/store/version-1.sql");
  g_autofree char *id = NULL;
  g_autoptr (Apm2StoredJob) leased = NULL;
  g_autoptr (Apm2StoredJob) ended = NULL;
  g_autoptr (GPtrArray) effects = NULL;
  g_autoptr (GError) error = NULL;
  const Apm2StoreCounts *counts;

  counts = &h->snapshot->counts;
  g_assert_cmpuint (counts->pending, ==, 3);
  g_assert_cmpuint (counts->leased, ==, 1);
  g_assert_cmpuint (counts->passed, ==, 1);
  g_assert_cmpuint (counts->failed, ==, 1);
  g_assert_cmpuint (counts->denied, ==, 1);
  g_assert_cmpint (h->snapshot->next_ready_unix, ==, 4000000000);
  g_assert_cmpstr (h->snapshot->paused_lanes[0], ==, "gates");
  g_assert_cmpuint (store_harness_verify_chain (h), ==, 3);

  leased = store_harness_get (h, "leased", &error);
  g_assert_no_error (error);
  ended = store_harness_finish (h,
                                "leased",
                                leased->token,
                                store_harness_passed (),
                                FALSE,
                                &effects,
                                &error);
  g_assert_no_error (error);
  g_assert_cmpuint (effects->len, ==, 1);
  g_assert_cmpuint (store_harness_verify_chain (h), ==, 4);
  id = store_harness_add (h, "new");
  g_assert_nonnull (id);
  parts_scene_add (h);
  parts_scene_assert_state (h, "all-p3", APM2_JOB_STATE_PENDING);
}

/* The fixture has gates that passed, and a job in parts: the first passed, the
 * second is leased, the third waits. */
static void
test_a_store_of_version_2_opens (void)
{
  g_autoptr (StoreHarness) h = open_version ("data/store/version-2.sql");
  g_autoptr (Apm2JobSpec) spec
      = store_harness_gates_spec ('b', "build", "test:build", NULL);
  g_autoptr (Apm2StoredJob) passed = NULL;
  g_autoptr (Apm2StoredJob) leased = NULL;
  g_autoptr (Apm2StoredJob) waiting = NULL;
  g_autoptr (GPtrArray) none = NULL;
  g_autoptr (GPtrArray) effects = NULL;
  gboolean created = TRUE;

  g_assert_cmpuint (h->snapshot->counts.leased, ==, 1);
  g_assert_cmpuint (h->snapshot->counts.passed, ==, 1);
  g_assert_cmpuint (h->snapshot->ended_parts->len, ==, 1);
  passed = store_harness_submit (h, spec, &created, NULL);
  g_assert_false (created);
  g_assert_cmpstr (passed->id, ==, "passed");

  leased = parts_scene_get (h, "all-p2");
  none = parts_scene_end (h, leased, "checkout lint", NULL);
  waiting = parts_scene_claim (h, "all-p3");
  effects = parts_scene_end (h, waiting, "checkout docs", NULL);
  g_assert_cmpuint (effects->len, ==, 1);
  parts_scene_assert_state (h, "all", APM2_JOB_STATE_COMPLETED);
  g_assert_cmpuint (store_harness_verify_chain (h), ==, 5);
}

#define ADD(path, func) g_test_add_func ("/apm2/store-file/" path, func)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("log/does-not-grow-with-jobs", test_the_log_does_not_grow_with_jobs);
  ADD ("log/is-gone-when-the-store-is-closed", test_a_closed_store_is_one_file);
  ADD ("open/files-are-private", test_files_are_private);
  ADD ("open/a-loose-mode-is-tightened", test_a_loose_mode_is_tightened);
  ADD ("open/a-second-one-is-refused", test_a_second_one_is_refused);
  ADD ("open/what-was-answered-outlives-a-crash",
       test_what_was_answered_outlives_a_crash);
  ADD ("open/a-newer-version-is-refused", test_a_newer_version_is_refused);
  ADD ("open/a-foreign-database-is-refused",
       test_a_foreign_database_is_refused);
  ADD ("open/garbage-is-refused-with-a-way-out",
       test_garbage_is_refused_with_a_way_out);
  ADD ("open/a-damaged-page-is-refused-with-a-way-out",
       test_a_damaged_page_is_refused_with_a_way_out);
  ADD ("open/a-missing-directory-is-named", test_a_missing_directory_is_named);
  ADD ("open/a-store-of-version-1-opens", test_a_store_of_version_1_opens);
  ADD ("open/a-store-of-version-2-opens", test_a_store_of_version_2_opens);
  return g_test_run ();
}
