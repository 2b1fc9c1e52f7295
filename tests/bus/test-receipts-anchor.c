/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A chain whose first receipts housekeeping has collected: it is verified from
 * the last of those on, here and in a bundle, and what was changed is found.
 */

#include <string.h>

#include <glib/gstdio.h>
#include <sqlite3.h>

#include "rig-broker.h"
#include "rig-cli.h"
#include "rig-client.h"
#include "rig-keep.h"

#define N_JOBS 6
/* All but the newest job and the one before it, whose receipts are held. */
#define N_LEFT 2

typedef struct
{
  Rig *rig;
  char *bundle;
} Fixture;

static void
set_up (Fixture *self, gconstpointer config)
{
  g_autofree char *run = NULL;

  self->rig = rig_new (config);
  self->bundle = g_build_filename (self->rig->home->dir, "bundle", NULL);
  rig_keep_add_ended (self->rig, "old", N_JOBS);
  run = rig_keep_collect (self->rig, "{'receipts_older_usec': <uint64 1>}");
  g_assert_cmpuint (rig_keep_count (run, "receipt"), ==, N_JOBS - N_LEFT);
}

static void
tear_down (Fixture *self, gconstpointer config)
{
  g_free (self->bundle);
  rig_free (self->rig);
}

static char *
verify (Fixture *self, int status, const char *file)
{
  char *json = RIG_CLI (self->rig->home,
                        status,
                        "fac",
                        "receipts",
                        "verify",
                        "--json=short",
                        file);

  rig_cli_assert_schema (self->rig->home, json);
  return json;
}

static char *
verify_live (Fixture *self, int status)
{
  char *json = RIG_CLI (
      self->rig->home, status, "fac", "receipts", "verify", "--json=short");

  rig_cli_assert_schema (self->rig->home, json);
  return json;
}

static void export(Fixture *self)
{
  g_free (RIG_CLI (
      self->rig->home, 0, "fac", "receipts", "export", "-o", self->bundle));
}

static void
test_what_is_left_is_intact (Fixture *self, gconstpointer data)
{
  RigHome *home = self->rig->home;
  g_autofree char *said = RIG_CLI (home, 0, "fac", "receipts", "verify");
  g_autofree char *live = verify_live (self, 0);
  g_autofree char *bundle = NULL;
  g_autofree char *file = NULL;
  g_auto (GStrv) lines = NULL;

  rig_cli_assert_has (said, "2 receipts are intact: numbers 5 to 6");
  rig_cli_assert_has (said, "they follow number 4, up to which");
  rig_cli_assert_has (live, "\"collected_to\":4");

  export(self);
  file = verify (self, 0, self->bundle);
  g_assert_cmpstr (file, ==, live);
  g_assert_true (g_file_get_contents (self->bundle, &bundle, NULL, NULL));
  lines = g_strsplit (bundle, "\n", -1);
  rig_cli_assert_schema (home, lines[0]);
  rig_cli_assert_has (lines[0], "\"collected_digest\":\"");

  /* And it goes on. */
  rig_keep_add_ended (self->rig, "new", 3);
  g_free (live);
  live = verify_live (self, 0);
  rig_cli_assert_has (live, "\"last_sequence\":9");
  rig_cli_assert_has (live, "\"collected_to\":4");
}

/* While nobody has it open. */
static void
edit (Fixture *self, const char *sql)
{
  g_autofree char *path = rig_home_path (self->rig->home, "fac.db");
  sqlite3 *sqlite = NULL;

  rig_process_kill (self->rig->broker);
  g_assert_cmpint (sqlite3_open (path, &sqlite), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (sqlite, sql, NULL, NULL, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_changes (sqlite), ==, 1);
  g_assert_cmpint (sqlite3_close (sqlite), ==, SQLITE_OK);
  rig_crash (self->rig);
}

static void
test_a_changed_store_is_found (Fixture *self, gconstpointer data)
{
  /* One after the other, each beside what was done before it. */
  static const char *const changes[][2] = {
    { "UPDATE receipt_anchor SET digest = printf ('%064d', 0)",
      "\"problem\":\"previous\"" },
    { "UPDATE receipt_anchor SET sequence = 3", "\"problem\":\"sequence\"" },
    { "DELETE FROM receipt_anchor", "\"problem\":\"sequence\"" },
  };
  g_autofree char *complaint = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (changes); i++)
    {
      g_autofree char *json = NULL;

      edit (self, changes[i][0]);
      json = verify_live (self, 1);
      rig_cli_assert_has (json, changes[i][1]);
    }
  complaint = RIG_CLI_FAILS (self->rig->home, 1, "fac", "receipts", "verify");
  rig_cli_assert_has (complaint, "the chain begins with receipt 5");
}

static void
test_a_changed_bundle_is_found (Fixture *self, gconstpointer data)
{
  static const char *const zeros = "\"collected_digest\":\"0000";
  g_autofree char *text = NULL;
  g_autofree char *json = NULL;
  char *place;

  export(self);
  g_assert_true (g_file_get_contents (self->bundle, &text, NULL, NULL));
  place = strstr (text, "\"collected_digest\":");
  g_assert_nonnull (place);
  memcpy (place, zeros, strlen (zeros));
  g_assert_true (g_file_set_contents (self->bundle, text, -1, NULL));
  json = verify (self, 1, self->bundle);
  rig_cli_assert_has (json, "\"problem\":\"previous\"");
  rig_cli_assert_has (json, "\"sequence\":5,");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, function)                                                    \
  g_test_add ("/apm2/receipts-anchor/" name,                                   \
              Fixture,                                                         \
              "[retention]\njobs-max=2\n",                                     \
              set_up,                                                          \
              function,                                                        \
              tear_down)
  ADD ("what-is-left-is-intact", test_what_is_left_is_intact);
  ADD ("a-changed-store-is-found", test_a_changed_store_is_found);
  ADD ("a-changed-bundle-is-found", test_a_changed_bundle_is_found);
#undef ADD
  return g_test_run ();
}
