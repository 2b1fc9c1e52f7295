/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The incoming directory: what is renamed into it becomes a job once, and what
 * cannot is set aside with a reason.
 */

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "rig-broker.h"
#include "rig-client.h"
#include "rig-wait.h"

typedef struct
{
  Rig *rig;
  char *incoming;
  char *quarantine;
} Fixture;

static void
set_up (Fixture *self, gconstpointer config)
{
  self->rig = rig_new (config);
  self->incoming = rig_home_path (self->rig->home, "incoming");
  self->quarantine = rig_home_path (self->rig->home, "quarantine");
}

static void
tear_down (Fixture *self, gconstpointer config)
{
  rig_free (self->rig);
  g_free (self->incoming);
  g_free (self->quarantine);
}

static char *
path_in (const char *dir, const char *name)
{
  return g_build_filename (dir, name, NULL);
}

static gboolean
is_there (const char *dir, const char *name)
{
  g_autofree char *path = path_in (dir, name);
  struct stat info;

  return g_lstat (path, &info) == 0;
}

/* Writes beside, then renames: never a half file in the directory. */
static void
drop (Fixture *self, const char *name, const char *text, gssize length)
{
  g_autofree char *draft = path_in (self->rig->home->dir, "draft");
  g_autofree char *path = path_in (self->incoming, name);
  g_autoptr (GError) error = NULL;

  (void) g_file_set_contents (draft, text, length, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_rename (draft, path), ==, 0);
}

typedef struct
{
  const char *dir;
  const char *name;
  gboolean there;
} Presence;

static gboolean
has_presence (gpointer data)
{
  const Presence *presence = data;

  return is_there (presence->dir, presence->name) == presence->there;
}

static void
wait_gone (Fixture *self, const char *name)
{
  Presence presence = { self->incoming, name, FALSE };

  rig_wait (has_presence, &presence, name);
}

static guint
count_jobs (Fixture *self)
{
  g_autoptr (GVariant) reply = rig_queue (
      self->rig->client, "List", "(@a{sv} {}, uint32 1000, '', @a{sv} {})");
  g_autoptr (GVariant) records = g_variant_get_child_value (reply, 0);

  return (guint) g_variant_n_children (records);
}

static void
test_file_becomes_a_job (Fixture *self, gconstpointer data)
{
  g_autofree char *spec = rig_spec ("'job_id':'filed'");
  g_autofree char *state = NULL;

  drop (self, "a.json", spec, -1);
  wait_gone (self, "a.json");

  state = rig_get_string (self->rig->client, "filed", "state");
  g_assert_cmpstr (state, ==, "pending");
  g_assert_false (is_there (self->quarantine, "a.json"));
}

static void
test_two_equal_files_are_two_jobs (Fixture *self, gconstpointer data)
{
  g_autofree char *spec = rig_spec (NULL);

  drop (self, "a.json", spec, -1);
  drop (self, "b.json", spec, -1);
  wait_gone (self, "a.json");
  wait_gone (self, "b.json");
  g_assert_cmpuint (count_jobs (self), ==, 2);
  drop (self, "a.json", spec, -1);
  wait_gone (self, "a.json");
  g_assert_cmpuint (count_jobs (self), ==, 3);
}

static void
test_what_lies_there_is_taken_at_start (Fixture *self, gconstpointer data)
{
  g_autofree char *spec = rig_spec (NULL);

  rig_process_kill (self->rig->broker);
  for (guint i = 0; i < 20; i++)
    {
      g_autofree char *name = g_strdup_printf ("%u.json", i);

      drop (self, name, spec, -1);
    }
  rig_crash (self->rig);
  for (guint i = 0; i < 20; i++)
    {
      g_autofree char *name = g_strdup_printf ("%u.json", i);

      wait_gone (self, name);
    }
  g_assert_cmpuint (count_jobs (self), ==, 20);
}

static void
test_other_names_are_left_alone (Fixture *self, gconstpointer data)
{
  g_autofree char *spec = rig_spec (NULL);

  drop (self, "half.tmp", spec, -1);
  drop (self, ".hidden.json", spec, -1);
  drop (self, "a.json", spec, -1);
  wait_gone (self, "a.json");
  g_assert_true (is_there (self->incoming, "half.tmp"));
  g_assert_true (is_there (self->incoming, ".hidden.json"));
  g_assert_cmpuint (count_jobs (self), ==, 1);
}

static gboolean
has_said_that_files_wait (gpointer data)
{
  Fixture *self = data;
  g_autofree char *log = rig_process_get_stderr (self->rig->broker);

  return strstr (log, "Incoming files wait: queue_quota_exceeded") != NULL;
}

/* A full queue is no fault of the file: it stays, and is taken later. */
static void
test_files_wait_for_room (Fixture *self, gconstpointer data)
{
  g_autofree char *spec = rig_spec (NULL);
  g_autofree char *first = rig_submit (self->rig->client, spec);
  g_autofree char *second = rig_submit (self->rig->client, spec);

  drop (self, "a.json", spec, -1);
  rig_wait (has_said_that_files_wait, self, "word that files wait");
  g_assert_true (is_there (self->incoming, "a.json"));
  g_assert_false (is_there (self->quarantine, "a.json"));
  g_assert_cmpuint (count_jobs (self), ==, 2);

  g_variant_unref (
      rig_queue (self->rig->client, "Cancel", "(%s, @a{sv} {})", first));
  g_variant_unref (
      rig_queue (self->rig->client, "Cancel", "(%s, @a{sv} {})", second));
  drop (self, "b.json", spec, -1);
  wait_gone (self, "a.json");
  wait_gone (self, "b.json");
  g_assert_cmpuint (count_jobs (self), ==, 4);
  g_assert_false (is_there (self->quarantine, "a.json"));
}

/* --- set aside --- */

static void
assert_set_aside (Fixture *self, const char *name)
{
  g_autofree char *note = g_strconcat (name, ".reason", NULL);
  g_autofree char *path = path_in (self->quarantine, note);
  g_autofree char *reason = NULL;
  g_autoptr (GError) error = NULL;
  struct stat info;

  wait_gone (self, name);
  g_assert_true (is_there (self->quarantine, name));
  (void) g_file_get_contents (path, &reason, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (strlen (reason), >, 10);
  g_assert_true (g_str_has_suffix (reason, "\n"));
  g_assert_cmpint (g_stat (path, &info), ==, 0);
  g_assert_cmpuint (info.st_mode & 0777, ==, 0600);
  g_assert_cmpuint (count_jobs (self), ==, 0);
}

static void
test_malformed_is_set_aside (Fixture *self, gconstpointer data)
{
  drop (self, "a.json", "{\"schema\":", -1);
  assert_set_aside (self, "a.json");
}

static void
test_empty_is_set_aside (Fixture *self, gconstpointer data)
{
  drop (self, "a.json", "", 0);
  assert_set_aside (self, "a.json");
}

static void
test_binary_is_set_aside (Fixture *self, gconstpointer data)
{
  drop (self, "a.json", "\0\xff\xfe{}", 5);
  assert_set_aside (self, "a.json");
}

static void
test_oversize_is_set_aside (Fixture *self, gconstpointer data)
{
  g_autofree char *text = g_strnfill (5 * 1024 * 1024, ' ');

  drop (self, "a.json", text, -1);
  assert_set_aside (self, "a.json");
}

static void
test_refused_by_a_rule_is_set_aside (Fixture *self, gconstpointer data)
{
  g_autofree char *spec = rig_spec ("'lane':'nowhere'");

  drop (self, "a.json", spec, -1);
  assert_set_aside (self, "a.json");
}

static void
test_symlink_is_set_aside (Fixture *self, gconstpointer data)
{
  g_autofree char *spec = rig_spec (NULL);
  g_autofree char *target = path_in (self->rig->home->dir, "target");
  g_autofree char *link = path_in (self->rig->home->dir, "link");
  g_autofree char *path = path_in (self->incoming, "a.json");
  g_autofree char *kept = NULL;

  g_assert_true (g_file_set_contents (target, spec, -1, NULL));
  g_assert_cmpint (symlink (target, link), ==, 0);
  g_assert_cmpint (g_rename (link, path), ==, 0);
  assert_set_aside (self, "a.json");
  g_assert_true (g_file_get_contents (target, &kept, NULL, NULL));
  g_assert_cmpstr (kept, ==, spec);
}

static void
test_fifo_is_set_aside (Fixture *self, gconstpointer data)
{
  g_autofree char *fifo = path_in (self->rig->home->dir, "fifo");
  g_autofree char *path = path_in (self->incoming, "a.json");

  g_assert_cmpint (mkfifo (fifo, 0600), ==, 0);
  g_assert_cmpint (g_rename (fifo, path), ==, 0);
  assert_set_aside (self, "a.json");
}

static void
test_directory_does_not_block_the_others (Fixture *self, gconstpointer data)
{
  g_autofree char *spec = rig_spec (NULL);
  g_autofree char *dir = path_in (self->incoming, "a.json");

  g_assert_cmpint (g_mkdir (dir, 0700), ==, 0);
  drop (self, "b.json", spec, -1);
  wait_gone (self, "b.json");
  g_assert_cmpuint (count_jobs (self), ==, 1);
}

static void
test_odd_name_is_no_trouble (Fixture *self, gconstpointer data)
{
  drop (self, "\033[2J\n\xff.json", "{}", -1);
  assert_set_aside (self, "\033[2J\n\xff.json");
  {
    g_autofree char *log = rig_process_get_stderr (self->rig->broker);

    g_assert_null (strchr (log, '\033'));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, function)                                                    \
  g_test_add (                                                                 \
      "/apm2/incoming/" name, Fixture, NULL, set_up, function, tear_down)

  ADD ("job/file-becomes-one", test_file_becomes_a_job);
  ADD ("job/two-equal-files-are-two", test_two_equal_files_are_two_jobs);
  ADD ("job/what-lies-there-is-taken-at-start",
       test_what_lies_there_is_taken_at_start);
  ADD ("job/other-names-are-left-alone", test_other_names_are_left_alone);
  g_test_add ("/apm2/incoming/job/files-wait-for-room",
              Fixture,
              "[queue]\npending-jobs-max=2\n",
              set_up,
              test_files_wait_for_room,
              tear_down);
  ADD ("aside/malformed", test_malformed_is_set_aside);
  ADD ("aside/empty", test_empty_is_set_aside);
  ADD ("aside/binary", test_binary_is_set_aside);
  ADD ("aside/oversize", test_oversize_is_set_aside);
  ADD ("aside/refused-by-a-rule", test_refused_by_a_rule_is_set_aside);
  ADD ("aside/symlink", test_symlink_is_set_aside);
  ADD ("aside/fifo", test_fifo_is_set_aside);
  ADD ("aside/directory-does-not-block-the-others",
       test_directory_does_not_block_the_others);
  ADD ("aside/odd-name-is-no-trouble", test_odd_name_is_no_trouble);
  return g_test_run ();
}
