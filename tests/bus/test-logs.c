/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What jobs print, read back while they run and afterwards: one stream over all
 * steps whose offsets never change their meaning.
 */

#include <string.h>
#include <unistd.h>

#include <gio/gunixfdlist.h>

#include "rig-broker.h"
#include "rig-client.h"
#include "rig-file.h"
#include "rig-wait.h"

typedef struct
{
  Rig *rig;
  RigProcess *worker;
} Fixture;

static const char *const worker_options[] = { "--poll-interval=1", NULL };

static void
set_up (Fixture *self, gconstpointer config)
{
  self->rig = rig_new (config);
  self->worker = rig_worker_start (self->rig->home, worker_options);
}

static void
tear_down (Fixture *self, gconstpointer config)
{
  g_assert_cmpint (rig_process_stop (self->worker), ==, 0);
  rig_process_free (self->worker);
  rig_free (self->rig);
}

/* Steps of shell scripts without quotes. */
static char *
submit_steps (Fixture *self, const char *const *scripts, const char *members)
{
  g_autoptr (GString) steps = g_string_new (NULL);
  g_autofree char *spec = NULL;

  for (guint i = 0; scripts[i] != NULL; i++)
    g_string_append_printf (steps,
                            "%s{'name':'s%u','argv':['/bin/sh','-c','%s']}",
                            i > 0 ? "," : "",
                            i,
                            scripts[i]);
  spec = rig_json ("{'schema':'apm2.fac.job_spec.v1','kind':'command',"
                   "'steps':[%s]%s%s}",
                   steps->str,
                   members != NULL ? "," : "",
                   members != NULL ? members : "");
  return rig_submit (self->rig->client, spec);
}

static char *
read_at (Fixture *self,
         const char *id,
         guint64 offset,
         guint max,
         const char *options,
         guint64 *ret_next,
         gboolean *ret_eof)
{
  g_autoptr (GVariant) parsed
      = g_variant_parse (G_VARIANT_TYPE_VARDICT, options, NULL, NULL, NULL);
  g_autoptr (GVariant) reply = rig_queue (self->rig->client,
                                          "ReadLog",
                                          "(%s, %t, %u, %@a{sv})",
                                          id,
                                          offset,
                                          max,
                                          parsed);
  g_autoptr (GVariant) data = g_variant_get_child_value (reply, 0);
  gsize length = 0;
  const char *bytes = g_variant_get_fixed_array (data, &length, 1);

  g_variant_get_child (reply, 1, "t", ret_next);
  g_variant_get_child (reply, 2, "b", ret_eof);
  g_assert_cmpuint (*ret_next, ==, offset + length);
  g_assert_cmpuint (length, <=, max);
  return g_strndup (bytes != NULL ? bytes : "", length);
}

/* Reads to the end in pieces of @max. */
static char *
read_all (Fixture *self, const char *id, guint max, const char *options)
{
  g_autoptr (GString) text = g_string_new (NULL);
  gboolean eof = FALSE;
  guint64 next = 0;

  while (!eof)
    {
      g_autofree char *piece
          = read_at (self, id, next, max, options, &next, &eof);

      g_string_append (text, piece);
      if (*piece == '\0' && !eof)
        rig_fail ("the log of an ended job does not end");
    }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
test_steps_make_one_stream (Fixture *self, gconstpointer data)
{
  static const char *const scripts[]
      = { "echo one", "true", "echo two; echo three >&2", NULL };
  static const guint pieces[] = { 1, 3, 4, 5, 1000 };
  g_autofree char *id = submit_steps (self, scripts, NULL);

  rig_wait_state (self->rig->client, id, "completed");
  for (gsize i = 0; i < G_N_ELEMENTS (pieces); i++)
    {
      g_autofree char *text = read_all (self, id, pieces[i], "{}");

      g_assert_cmpstr (text, ==, "one\ntwo\nthree\n");
    }
}

static void
test_step_can_be_chosen (Fixture *self, gconstpointer data)
{
  static const char *const scripts[] = { "echo one", "echo two", NULL };
  g_autofree char *id = submit_steps (self, scripts, NULL);
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;

  rig_wait_state (self->rig->client, id, "completed");
  first = read_all (self, id, 100, "{'step': <uint32 0>}");
  second = read_all (self, id, 100, "{'step': <uint32 1>}");
  g_assert_cmpstr (first, ==, "one\n");
  g_assert_cmpstr (second, ==, "two\n");
}

typedef struct
{
  Fixture *fixture;
  const char *id;
  guint64 next;
  gboolean eof;
  GString *text;
  const char *wanted;
} Reading;

static gboolean
has_read (gpointer data)
{
  Reading *reading = data;
  g_autofree char *piece = read_at (reading->fixture,
                                    reading->id,
                                    reading->next,
                                    2,
                                    "{}",
                                    &reading->next,
                                    &reading->eof);

  g_string_append (reading->text, piece);
  return g_str_equal (reading->text->str, reading->wanted);
}

static gboolean
is_at_end (gpointer data)
{
  Reading *reading = data;

  (void) has_read (reading);
  return reading->eof;
}

static void
test_running_job_can_be_followed (Fixture *self, gconstpointer data)
{
  g_autofree char *wait = g_strdup_printf (
      "echo two; while [ ! -e %s/go ]; do sleep 0.01; done; echo three",
      self->rig->home->dir);
  const char *const scripts[] = { "echo one", wait, "echo four", NULL };
  g_autofree char *id = submit_steps (self, scripts, NULL);
  g_autoptr (GString) text = g_string_new (NULL);
  Reading reading = { self, id, 0, FALSE, text, "one\ntwo\n" };

  rig_wait (has_read, &reading, "the first lines");
  g_assert_false (reading.eof);
  /* The reader comes back to another broker with its offset. */
  rig_crash (self->rig);
  rig_wait_state (self->rig->client, id, "running");
  rig_file_touch (self->rig->home, "go");
  rig_wait (is_at_end, &reading, "the end of the log");
  g_assert_cmpstr (text->str, ==, "one\ntwo\nthree\nfour\n");
}

static void
test_pending_job_has_no_log_yet (Fixture *self, gconstpointer data)
{
  static const char *const scripts[] = { "echo one", NULL };
  g_autofree char *id = NULL;
  g_autofree char *text = NULL;
  guint64 next = 1;
  gboolean eof = TRUE;

  g_variant_unref (rig_queue (self->rig->client, "Pause", "('', @a{sv} {})"));
  id = submit_steps (self, scripts, NULL);
  text = read_at (self, id, 0, 10, "{}", &next, &eof);
  g_assert_cmpstr (text, ==, "");
  g_assert_false (eof);
  g_free (rig_queue_fails (self->rig->client,
                           APM2_ERROR_NOT_FOUND,
                           "OpenLog",
                           "(%s, @a{sv} {})",
                           id));
  g_variant_unref (
      rig_queue (self->rig->client, "Cancel", "(%s, @a{sv} {})", id));
  g_free (g_steal_pointer (&text));
  text = read_at (self, id, 0, 10, "{}", &next, &eof);
  g_assert_cmpstr (text, ==, "");
  g_assert_true (eof);
}

static void
test_beyond_the_end_is_the_end (Fixture *self, gconstpointer data)
{
  static const char *const scripts[] = { "echo one", NULL };
  g_autofree char *id = submit_steps (self, scripts, NULL);
  static const guint64 offsets[] = { 4, 5, 1000, G_MAXINT64 / 2 };

  rig_wait_state (self->rig->client, id, "completed");
  for (gsize i = 0; i < G_N_ELEMENTS (offsets); i++)
    {
      guint64 next = 0;
      gboolean eof = FALSE;
      g_autofree char *text
          = read_at (self, id, offsets[i], 10, "{}", &next, &eof);

      g_assert_cmpstr (text, ==, "");
      g_assert_true (eof);
    }
}

static void
test_attempts_have_logs_of_their_own (Fixture *self, gconstpointer data)
{
  g_autofree char *script
      = g_strdup_printf ("cd %s; echo x >> n; wc -l < n; [ $(wc -l < n) = 2 ]",
                         self->rig->home->dir);
  const char *const scripts[] = { script, NULL };
  g_autofree char *id = submit_steps (
      self, scripts, "'retry':{'max_attempts':2,'on':['step_failed']}");
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;
  g_autofree char *last = NULL;

  rig_wait_state (self->rig->client, id, "completed");
  first = read_all (self, id, 100, "{'attempt': <uint32 1>}");
  second = read_all (self, id, 100, "{'attempt': <uint32 2>}");
  last = read_all (self, id, 100, "{}");
  g_assert_cmpstr (first, ==, "1\n");
  g_assert_cmpstr (second, ==, "2\n");
  g_assert_cmpstr (last, ==, "2\n");
}

static void
test_bytes_are_as_they_were (Fixture *self, gconstpointer data)
{
  static const char *const scripts[]
      = { "dd if=/dev/zero bs=1000 count=3000 2>/dev/null", NULL };
  g_autofree char *id = submit_steps (self, scripts, NULL);
  guint64 total = 0;
  gboolean eof = FALSE;

  rig_wait_state (self->rig->client, id, "completed");
  while (!eof)
    {
      g_autoptr (GVariant) reply
          = rig_queue (self->rig->client,
                       "ReadLog",
                       "(%s, %t, uint32 1048576, @a{sv} {})",
                       id,
                       total);
      g_autoptr (GVariant) bytes = g_variant_get_child_value (reply, 0);
      gsize length = 0;
      const char *data_read = g_variant_get_fixed_array (bytes, &length, 1);

      for (gsize i = 0; i < length; i++)
        g_assert_cmpint (data_read[i], ==, 0);
      g_variant_get_child (reply, 1, "t", &total);
      g_variant_get_child (reply, 2, "b", &eof);
    }
  g_assert_cmpuint (total, ==, 3000000);
}

static void
test_open_log_gives_a_descriptor (Fixture *self, gconstpointer data)
{
  static const char *const scripts[] = { "echo one", "echo two", NULL };
  g_autofree char *id = submit_steps (self, scripts, NULL);
  g_autoptr (GUnixFDList) fds = NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GError) error = NULL;
  char text[16] = "";
  int fd = -1;

  rig_wait_state (self->rig->client, id, "completed");
  reply = g_dbus_connection_call_with_unix_fd_list_sync (
      self->rig->client,
      NULL,
      APM2_OBJECT_QUEUE,
      APM2_IFACE_QUEUE,
      "OpenLog",
      g_variant_new_parsed ("(%s, {'step': <uint32 0>})", id),
      NULL,
      G_DBUS_CALL_FLAGS_NONE,
      (int) rig_deadline_ms (),
      NULL,
      &fds,
      NULL,
      &error);
  g_assert_no_error (error);
  fd = g_unix_fd_list_get (fds, 0, &error);
  g_assert_no_error (error);
  g_assert_cmpint (read (fd, text, sizeof text - 1), ==, 4);
  g_assert_cmpstr (text, ==, "one\n");
  g_assert_cmpint (write (fd, "x", 1), <, 0);
  g_assert_cmpint (close (fd), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, function)                                                    \
  g_test_add ("/apm2/logs/" name, Fixture, NULL, set_up, function, tear_down)

  ADD ("read/steps-make-one-stream", test_steps_make_one_stream);
  ADD ("read/step-can-be-chosen", test_step_can_be_chosen);
  ADD ("read/running-job-can-be-followed", test_running_job_can_be_followed);
  ADD ("read/pending-job-has-none-yet", test_pending_job_has_no_log_yet);
  ADD ("read/beyond-the-end-is-the-end", test_beyond_the_end_is_the_end);
  ADD ("read/attempts-have-their-own", test_attempts_have_logs_of_their_own);
  ADD ("read/bytes-are-as-they-were", test_bytes_are_as_they_were);
  ADD ("open/gives-a-descriptor", test_open_log_gives_a_descriptor);
  return g_test_run ();
}
