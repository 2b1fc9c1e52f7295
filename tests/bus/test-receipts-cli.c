/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * apm2 fac receipts export and verify: what a broker issued proves itself
 * without one, and what was changed since is named.
 */

#include <string.h>

#include <glib/gstdio.h>

#include "rig-broker.h"
#include "rig-cli.h"
#include "rig-client.h"

#define N_JOBS 205 /* more than a page with texts */

typedef struct
{
  Rig *rig;
  GPtrArray *ids; /* (element-type utf8) */
  char *file;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  g_autofree char *spec = rig_spec (NULL);

  self->rig = rig_new (NULL);
  self->ids = g_ptr_array_new_with_free_func (g_free);
  self->file = g_build_filename (self->rig->home->dir, "bundle", NULL);
  for (guint i = 0; i < N_JOBS; i++)
    {
      char *id = rig_submit (self->rig->client, spec);

      g_ptr_array_add (self->ids, id);
      g_variant_unref (
          rig_queue (self->rig->client, "Cancel", "(%s, @a{sv} {})", id));
    }
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  g_ptr_array_unref (self->ids);
  g_free (self->file);
  rig_free (self->rig);
}

static char **
read_lines (Fixture *self)
{
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents (self->file, &text, NULL, NULL));
  return g_strsplit (text, "\n", -1);
}

static void
write_lines (Fixture *self, char **lines)
{
  g_autofree char *text = g_strjoinv ("\n", lines);

  g_assert_true (g_file_set_contents (self->file, text, -1, NULL));
}

static void
test_whole_chain (Fixture *self, gconstpointer data)
{
  RigHome *home = self->rig->home;
  g_autofree char *said = NULL;
  g_autofree char *json = NULL;
  g_autofree char *live = NULL;
  g_auto (GStrv) lines = NULL;

  g_free (
      RIG_CLI (home, 0, "fac", "receipts", "export", "--output", self->file));
  lines = read_lines (self);
  g_assert_cmpuint (g_strv_length (lines), ==, N_JOBS + 3);
  rig_cli_assert_schema (home, lines[0]);
  live = RIG_CLI (home, 0, "fac", "receipts", "verify");
  rig_cli_assert_has (live, "205 receipts are intact: numbers 1 to 205");

  rig_process_kill (self->rig->broker);
  said = RIG_CLI (home, 0, "fac", "receipts", "verify", self->file);
  g_assert_cmpstr (said, ==, live);
  json = RIG_CLI (home, 0, "fac", "receipts", "verify", "--json", self->file);
  rig_cli_assert_schema (home, json);
  rig_crash (self->rig);
}

static void
test_a_part (Fixture *self, gconstpointer data)
{
  RigHome *home = self->rig->home;
  g_autofree char *said = NULL;
  g_autofree char *none = NULL;
  g_autofree char *out = NULL;

  g_free (RIG_CLI (home,
                   0,
                   "fac",
                   "receipts",
                   "export",
                   "--from",
                   "100",
                   "--to",
                   "202",
                   "-o",
                   self->file));
  said = RIG_CLI (home, 0, "fac", "receipts", "verify", self->file);
  rig_cli_assert_has (said, "103 receipts are intact: numbers 100 to 202");
  g_free (RIG_CLI (
      home, 0, "fac", "receipts", "export", "--from", "206", "-o", self->file));
  none = RIG_CLI (home, 0, "fac", "receipts", "verify", self->file);
  rig_cli_assert_has (none, "nothing to verify");
  out = RIG_CLI (
      home, 0, "fac", "receipts", "export", "--from", "3", "--to", "3");
  rig_cli_assert_has (out, g_ptr_array_index (self->ids, 2));
  g_free (RIG_CLI_FAILS (
      home, 2, "fac", "receipts", "export", "--from", "3", "--to", "2"));
}

/* Line @i of the bundle is changed; the fault is that of receipt @sequence. */
static void
assert_found (Fixture *self,
              guint i,
              const char *find,
              const char *with,
              guint sequence,
              const char *problem)
{
  RigHome *home = self->rig->home;
  g_auto (GStrv) lines = NULL;
  g_autoptr (GString) changed = NULL;
  g_autofree char *complaint = NULL;
  g_autofree char *json = NULL;
  g_autofree char *member = g_strdup_printf ("\"problem\":\"%s\"", problem);
  g_autofree char *number = g_strdup_printf ("\"sequence\":%u,", sequence);

  g_free (
      RIG_CLI (home, 0, "fac", "receipts", "export", "--output", self->file));
  lines = read_lines (self);
  changed = g_string_new (lines[i]);
  g_assert_cmpuint (g_string_replace (changed, find, with, 1), ==, 1);
  g_free (lines[i]);
  lines[i] = g_strdup (changed->str);
  write_lines (self, lines);

  complaint = RIG_CLI_FAILS (home, 1, "fac", "receipts", "verify", self->file);
  json = RIG_CLI (
      home, 1, "fac", "receipts", "verify", "--json=short", self->file);
  rig_cli_assert_schema (home, json);
  rig_cli_assert_has (json, member);
  rig_cli_assert_has (json, number);
  if (g_str_equal (problem, "digest"))
    {
      const char *id = g_ptr_array_index (self->ids, sequence - 1);

      rig_cli_assert_has (json, id);
      rig_cli_assert_has (complaint, id);
    }
}

static void
test_changes_are_named (Fixture *self, gconstpointer data)
{
  assert_found (self, 7, "\"lane\":\"bulk\"", "\"lane\":\"bulx\"", 7, "digest");
  assert_found (self, 9, "\"lane\":", "\"lame\":", 9, "malformed");
  assert_found (
      self, 0, "\"first_sequence\":1", "\"first_sequence\":2", 2, "sequence");
  assert_found (self,
                N_JOBS + 1,
                "\"count\":205",
                "\"count\":204",
                N_JOBS + 1,
                "trailer");
  assert_found (self, N_JOBS + 1, "{", "\n{", N_JOBS + 1, "line");
}

static void
test_cut_off (Fixture *self, gconstpointer data)
{
  RigHome *home = self->rig->home;
  g_auto (GStrv) lines = NULL;
  g_autofree char *json = NULL;

  g_free (
      RIG_CLI (home, 0, "fac", "receipts", "export", "--output", self->file));
  lines = read_lines (self);
  g_clear_pointer (&lines[N_JOBS + 1], g_free);
  write_lines (self, lines);
  json = RIG_CLI (
      home, 1, "fac", "receipts", "verify", "--json=short", self->file);
  rig_cli_assert_has (json, "\"problem\":\"truncated\"");
  g_free (lines[N_JOBS + 2]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, function)                                                    \
  g_test_add (                                                                 \
      "/apm2/receipts-cli/" name, Fixture, NULL, set_up, function, tear_down)

  ADD ("export/whole-chain", test_whole_chain);
  ADD ("export/a-part", test_a_part);
  ADD ("verify/changes-are-named", test_changes_are_named);
  ADD ("verify/cut-off", test_cut_off);
  return g_test_run ();
}
