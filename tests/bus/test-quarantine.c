/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Quarantine: what is set aside can be seen, goes back into the queue once, or
 * is thrown away; and no name leads out of the directory.
 */

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utime.h>

#include <glib/gstdio.h>

#include "rig-cli.h"
#include "rig-client.h"
#include "rig-quarantine.h"
#include "rig-wait.h"

typedef struct
{
  Rig *rig;
  char *quarantine;
} Fixture;

static void
set_up (Fixture *self, gconstpointer config)
{
  self->rig = rig_new (config);
  self->quarantine = rig_home_path (self->rig->home, "quarantine");
}

static void
tear_down (Fixture *self, gconstpointer config)
{
  rig_free (self->rig);
  g_free (self->quarantine);
}

static GVariant *
call (Fixture *self, const char *method, GVariant *parameters)
{
  g_autoptr (GError) error = NULL;
  GVariant *reply = rig_call (self->rig->client,
                              APM2_OBJECT_QUARANTINE,
                              APM2_IFACE_QUARANTINE,
                              method,
                              parameters,
                              &error);

  g_assert_no_error (error);
  return reply;
}

static void
fails (Fixture *self, Apm2Error code, const char *method, GVariant *parameters)
{
  g_free (rig_fails (self->rig->client,
                     code,
                     APM2_OBJECT_QUARANTINE,
                     APM2_IFACE_QUARANTINE,
                     method,
                     parameters));
}

static gboolean
is_there (Fixture *self, const char *name)
{
  g_autofree char *path = g_build_filename (self->quarantine, name, NULL);
  struct stat info;

  return g_lstat (path, &info) == 0;
}

/* The entries, each followed by a space. */
static char *
list (Fixture *self, guint limit, const char *options, guint *ret_pages)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *cursor = g_strdup ("");
  guint pages = 0;

  do
    {
      g_autoptr (GVariant) parsed
          = g_variant_parse (G_VARIANT_TYPE_VARDICT, options, NULL, NULL, NULL);
      g_autoptr (GVariant) reply = call (
          self, "List", g_variant_new ("(us@a{sv})", limit, cursor, parsed));
      g_autoptr (GVariant) entries = g_variant_get_child_value (reply, 0);

      g_assert_cmpuint (g_variant_n_children (entries), <=, limit);
      for (gsize i = 0; i < g_variant_n_children (entries); i++)
        {
          g_autoptr (GVariant) entry = g_variant_get_child_value (entries, i);
          const char *name = NULL;

          g_assert_true (g_variant_lookup (entry, "entry", "&s", &name));
          g_string_append_printf (text, "%s ", name);
        }
      g_free (cursor);
      g_variant_get_child (reply, 1, "s", &cursor);
      pages++;
    }
  while (*cursor != '\0');
  if (ret_pages != NULL)
    *ret_pages = pages;
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
assert_listed (Fixture *self, const char *expected)
{
  g_autofree char *found = list (self, 1000, "{}", NULL);

  g_assert_cmpstr (found, ==, expected);
}

/* Returns: (transfer full): id of the new job. */
static char *
release (Fixture *self, const char *entry, gboolean expect_created)
{
  g_autoptr (GVariant) reply
      = call (self, "Release", g_variant_new ("(sa{sv})", entry, NULL));
  gboolean created = FALSE;
  char *id = NULL;

  g_variant_get (reply, "(sob)", &id, NULL, &created);
  g_assert_cmpint (created, ==, expect_created);
  return id;
}

static void
prune (Fixture *self,
       guint64 older_than_usec,
       const char *options,
       guint64 files,
       guint64 jobs)
{
  g_autoptr (GVariant) parsed
      = g_variant_parse (G_VARIANT_TYPE_VARDICT, options, NULL, NULL, NULL);
  g_autoptr (GVariant) reply = call (
      self, "Prune", g_variant_new ("(t@a{sv})", older_than_usec, parsed));
  guint64 n_files = 0;
  guint64 n_jobs = 0;

  g_variant_get (reply, "(tt)", &n_files, &n_jobs);
  g_assert_cmpuint (n_files, ==, files);
  g_assert_cmpuint (n_jobs, ==, jobs);
}

static void
test_pages_have_everything_once (Fixture *self, gconstpointer data)
{
  g_autofree char *spec = rig_spec (NULL);
  g_autofree char *first = rig_quarantine_job (self->rig, spec);
  g_autofree char *second = rig_quarantine_job (self->rig, spec);
  g_autofree char *expected
      = g_strdup_printf ("file:a.json file:b%%20%%0A.json file:c.json "
                         "job:%s job:%s ",
                         second,
                         first);

  rig_quarantine_file (self->rig->home, "c.json", "{", "no JSON\n");
  rig_quarantine_file (self->rig->home, "a.json", "{", "no JSON\n");
  rig_quarantine_file (self->rig->home, "b \n.json", "{", "no JSON\n");
  rig_quarantine_file (self->rig->home, "of-somebody.txt", "x", "not ours\n");
  rig_quarantine_file (self->rig->home, ".hidden.json", "x", "not ours\n");
  for (guint limit = 1; limit <= 6; limit++)
    {
      g_autofree char *found = list (self, limit, "{}", NULL);

      g_assert_cmpstr (found, ==, expected);
    }
  {
    g_autofree char *files = list (self, 2, "{'kind': <'file'>}", NULL);
    g_autofree char *jobs = list (self, 1, "{'kind': <'job'>}", NULL);

    g_assert_true (g_str_has_prefix (expected, files));
    g_assert_true (g_str_has_suffix (expected, jobs));
    g_assert_cmpuint (strlen (files) + strlen (jobs), ==, strlen (expected));
  }
}

static void
test_names_lead_nowhere_else (Fixture *self, gconstpointer data)
{
  static const char *const bad[] = {
    "",
    "a.json",
    "file:",
    "file:.json",
    "file:a",
    "file:a.json.reason",
    "file:../incoming/a.json",
    "file:..%2Fincoming%2Fa.json",
    "file:%2e%2e%2Fa.json",
    "file:%61.json", /* not how "a" is written */
    "file:a%00.json",
    "file:a b.json",
    "file:a%0a.json", /* %0A is */
    "file:.a.json",
    "job:",
    "job:../a",
    "job:a b",
    "job:a/b",
  };
  g_autofree char *spec = rig_spec (NULL);
  g_autofree char *outside = rig_home_path (self->rig->home, "outside.json");

  g_assert_true (g_file_set_contents (outside, spec, -1, NULL));
  rig_quarantine_file (self->rig->home, "a.json", spec, "why\n");
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      fails (self,
             APM2_ERROR_INVALID_ARGUMENT,
             "Show",
             g_variant_new ("(sa{sv})", bad[i], NULL));
      fails (self,
             APM2_ERROR_INVALID_ARGUMENT,
             "Release",
             g_variant_new ("(sa{sv})", bad[i], NULL));
      fails (self,
             APM2_ERROR_INVALID_ARGUMENT,
             "Prune",
             g_variant_new_parsed ("(uint64 0, {'entry': <%s>})", bad[i]));
    }
  assert_listed (self, "file:a.json ");
  g_assert_true (g_file_test (outside, G_FILE_TEST_EXISTS));
}

static void
test_a_link_is_not_followed (Fixture *self, gconstpointer data)
{
  g_autofree char *spec = rig_spec (NULL);
  g_autofree char *target = rig_home_path (self->rig->home, "secret");
  g_autofree char *link = g_build_filename (self->quarantine, "l.json", NULL);
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GVariant) record = NULL;
  g_autoptr (GVariant) content = NULL;

  g_assert_true (g_file_set_contents (target, spec, -1, NULL));
  g_assert_cmpint (symlink (target, link), ==, 0);
  reply = call (self, "Show", g_variant_new ("(sa{sv})", "file:l.json", NULL));
  record = g_variant_get_child_value (reply, 0);
  content = g_variant_lookup_value (record, "content", NULL);
  g_assert_null (content);
  fails (self,
         APM2_ERROR_INVALID_ARGUMENT,
         "Release",
         g_variant_new ("(sa{sv})", "file:l.json", NULL));
  prune (self, 0, "{'entry': <'file:l.json'>}", 1, 0);
  g_assert_true (g_file_test (target, G_FILE_TEST_EXISTS));
}

static void
test_a_file_goes_back_once (Fixture *self, gconstpointer data)
{
  g_autofree char *spec = rig_spec ("'lane':'later'");
  g_autofree char *id = NULL;

  rig_quarantine_file (
      self->rig->home, "a.json", spec, "unknown_lane: no lane \"later\"\n");
  fails (self,
         APM2_ERROR_DENIED,
         "Release",
         g_variant_new ("(sa{sv})", "file:a.json", NULL));
  g_assert_true (is_there (self, "a.json"));

  rig_home_configure (self->rig->home, "[lane later]\n");
  rig_restart (self->rig);
  id = release (self, "file:a.json", TRUE);
  rig_wait_state (self->rig->client, id, "pending");
  g_assert_false (is_there (self, "a.json"));
  g_assert_false (is_there (self, "a.json.reason"));
  fails (self,
         APM2_ERROR_NOT_FOUND,
         "Release",
         g_variant_new ("(sa{sv})", "file:a.json", NULL));
  assert_listed (self, "");
}

/* As if the broker had been killed before it removed the file. */
static void
test_a_file_that_stayed_makes_no_second_job (Fixture *self, gconstpointer data)
{
  g_autofree char *spec = rig_spec (NULL);
  g_autofree char *path = g_build_filename (self->quarantine, "a.json", NULL);
  g_autofree char *kept = rig_home_path (self->rig->home, "kept");
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;

  rig_quarantine_file (self->rig->home, "a.json", spec, "why\n");
  g_assert_cmpint (link (path, kept), ==, 0);
  first = release (self, "file:a.json", TRUE);
  g_assert_cmpint (g_rename (kept, path), ==, 0);
  second = release (self, "file:a.json", FALSE);
  g_assert_cmpstr (first, ==, second);
  g_assert_cmpuint (rig_counter (self->rig->client, "Pending"), ==, 1);
}

static void
test_a_job_goes_back_once (Fixture *self, gconstpointer data)
{
  g_autofree char *spec = rig_spec ("'job_id':'lost','labels':{'a':'b'}");
  g_autofree char *id = rig_quarantine_job (self->rig, spec);
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;
  g_autofree char *text = NULL;
  g_autofree char *state = NULL;
  g_autofree char *all = NULL;

  first = release (self, "job:lost", TRUE);
  assert_listed (self, "");
  rig_crash (self->rig);
  assert_listed (self, "");
  second = release (self, "job:lost", FALSE);
  g_assert_cmpstr (first, ==, second);
  text = rig_get_string (self->rig->client, first, "spec");
  rig_cli_assert_has (text, "\"retry-of\":\"lost\"");
  rig_cli_assert_has (text, "\"a\":\"b\"");
  state = rig_get_string (self->rig->client, id, "state");
  g_assert_cmpstr (state, ==, "quarantined");
  all = list (self, 9, "{'all': <true>}", NULL);
  g_assert_cmpstr (all, ==, "job:lost ");
  g_assert_cmpuint (rig_verify_chain (self->rig->client, NULL), ==, 1);
}

static void
test_only_quarantined_jobs_are_released (Fixture *self, gconstpointer data)
{
  g_autofree char *spec = rig_spec ("'job_id':'waits'");
  g_autofree char *id = rig_submit (self->rig->client, spec);

  fails (self,
         APM2_ERROR_BAD_STATE,
         "Release",
         g_variant_new ("(sa{sv})", "job:waits", NULL));
  fails (self,
         APM2_ERROR_NOT_FOUND,
         "Show",
         g_variant_new ("(sa{sv})", "job:waits", NULL));
  fails (self,
         APM2_ERROR_NOT_FOUND,
         "Release",
         g_variant_new ("(sa{sv})", "job:none", NULL));
  fails (self,
         APM2_ERROR_NOT_FOUND,
         "Prune",
         g_variant_new_parsed ("(uint64 0, {'entry': <'job:waits'>})"));
}

static void
test_prune_goes_by_age (Fixture *self, gconstpointer data)
{
  const struct utimbuf old = { 1000000000, 1000000000 };
  const guint64 day = 24 * G_TIME_SPAN_HOUR;
  g_autofree char *spec = rig_spec ("'job_id':'lost'");
  g_autofree char *id = rig_quarantine_job (self->rig, spec);
  g_autofree char *note
      = g_build_filename (self->quarantine, "old.json.reason", NULL);

  rig_quarantine_file (self->rig->home, "old.json", "{", "why\n");
  rig_quarantine_file (self->rig->home, "new.json", "{", "why\n");
  g_assert_cmpint (g_utime (note, (struct utimbuf *) &old), ==, 0);

  prune (self, day, "{'dry_run': <true>}", 1, 0);
  g_assert_true (is_there (self, "old.json"));
  prune (self, day, "{}", 1, 0);
  g_assert_false (is_there (self, "old.json"));
  g_assert_false (is_there (self, "old.json.reason"));
  prune (self, G_MAXUINT64, "{}", 0, 0);
  prune (self, 0, "{'dry_run': <true>}", 1, 1);
  assert_listed (self, "file:new.json job:lost ");
  prune (self, 0, "{}", 1, 1);
  assert_listed (self, "");
  prune (self, 0, "{}", 0, 0);
}

static gboolean
has_second (gpointer data)
{
  return is_there (data, "a~2.json");
}

/* What was set aside under a name before is not lost. */
static void
test_a_second_file_of_that_name_stays_too (Fixture *self, gconstpointer data)
{
  g_autofree char *incoming
      = rig_home_path (self->rig->home, "incoming/a.json");
  g_autofree char *draft = rig_home_path (self->rig->home, "draft");

  rig_quarantine_file (self->rig->home, "a.json", "first", "why\n");
  g_assert_true (g_file_set_contents (draft, "second", -1, NULL));
  g_assert_cmpint (g_rename (draft, incoming), ==, 0);
  rig_wait (has_second, self, "a~2.json in quarantine");
  assert_listed (self, "file:a.json file:a~2.json ");
  g_assert_true (is_there (self, "a~2.json.reason"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, function)                                                    \
  g_test_add (                                                                 \
      "/apm2/quarantine/" name, Fixture, NULL, set_up, function, tear_down)

  ADD ("list/pages-have-everything-once", test_pages_have_everything_once);
  ADD ("entry/names-lead-nowhere-else", test_names_lead_nowhere_else);
  ADD ("entry/a-link-is-not-followed", test_a_link_is_not_followed);
  ADD ("release/a-file-goes-back-once", test_a_file_goes_back_once);
  ADD ("release/a-file-that-stayed-makes-no-second-job",
       test_a_file_that_stayed_makes_no_second_job);
  ADD ("release/a-job-goes-back-once", test_a_job_goes_back_once);
  ADD ("release/only-quarantined-jobs",
       test_only_quarantined_jobs_are_released);
  ADD ("prune/goes-by-age", test_prune_goes_by_age);
  ADD ("aside/a-second-file-of-that-name-stays-too",
       test_a_second_file_of_that_name_stays_too);
  return g_test_run ();
}
