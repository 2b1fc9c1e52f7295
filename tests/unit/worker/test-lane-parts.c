/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The parts of a lane slot: its pipe, its events, its limits, its record. */

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "apm2-error.h"
#include "apm2-lane-events.h"
#include "apm2-lane-fifo.h"
#include "apm2-lane-limits.h"
#include "apm2-lane-record.h"
#include "wait.h"

typedef struct
{
  char *dir;
  char *path;
} Place;

static void
set_up (Place *place, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  place->dir = g_dir_make_tmp ("apm2-lane-XXXXXX", &error);
  g_assert_no_error (error);
  place->path = g_build_filename (place->dir, "file", NULL);
}

static void
tear_down (Place *place, gconstpointer data)
{
  (void) g_unlink (place->path);
  g_assert_cmpint (g_rmdir (place->dir), ==, 0);
  g_free (place->path);
  g_free (place->dir);
}

typedef struct
{
  int fd;
  GByteArray *got;
  gsize wanted;
} Reader;

static gboolean
has_all (gpointer data)
{
  Reader *reader = data;
  guint8 buffer[4096];
  gssize n = read (reader->fd, buffer, sizeof buffer);

  if (n > 0)
    g_byte_array_append (reader->got, buffer, (guint) n);
  return reader->got->len >= reader->wanted;
}

static gboolean
on_tick (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

/* A pipe holds 64 KiB; a step may be four times that. */
static void
test_fifo_takes_more_than_it_holds (Place *place, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Apm2LaneFifo) fifo = apm2_lane_fifo_new (place->path, &error);
  g_autofree guint8 *bytes = g_malloc (300000);
  g_autoptr (GBytes) head = g_bytes_new_static ("head", 4);
  g_autoptr (GBytes) body = NULL;
  g_autoptr (GByteArray) got = g_byte_array_new ();
  Reader reader = { -1, got, 300004 };
  guint tick = 0;

  g_assert_no_error (error);
  for (gsize i = 0; i < 300000; i++)
    bytes[i] = (guint8) (i * 7);
  body = g_bytes_new (bytes, 300000);
  apm2_lane_fifo_write (fifo, head);
  apm2_lane_fifo_write (fifo, body);

  reader.fd = open (place->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  tick = g_timeout_add (1, on_tick, NULL);
  wait_until (has_all, &reader);

  g_assert_cmpmem (got->data, 4, "head", 4);
  g_assert_cmpmem (got->data + 4, got->len - 4, bytes, 300000);
  g_assert_true (g_source_remove (tick));
  (void) close (reader.fd);
}

static void
test_fifo_reader_sees_the_end (Place *place, gconstpointer data)
{
  Apm2LaneFifo *fifo = apm2_lane_fifo_new (place->path, NULL);
  g_autoptr (GBytes) bytes = g_bytes_new_static ("x", 1);
  int fd = open (place->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  char buffer[4];

  apm2_lane_fifo_write (fifo, bytes);
  apm2_lane_fifo_free (fifo);

  g_assert_cmpint (read (fd, buffer, sizeof buffer), ==, 1);
  g_assert_cmpint (read (fd, buffer, sizeof buffer), ==, 0);
  (void) close (fd);
}

static void
take_line (const char *line, gpointer user_data)
{
  g_ptr_array_add (user_data, g_strdup (line));
}

static void
append (Place *place, const char *text)
{
  int fd = open (place->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);

  g_assert_cmpint (write (fd, text, strlen (text)), ==, (gssize) strlen (text));
  (void) close (fd);
}

static gboolean
has_three (gpointer data)
{
  return ((const GPtrArray *) data)->len == 3;
}

static void
test_events_come_as_they_are_written (Place *place, gconstpointer data)
{
  g_autoptr (Apm2LaneWatch) watch = apm2_lane_watch_new (NULL);
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (Apm2LaneEvents) events = NULL;

  append (place, "armed pidns=1\nsta");
  events = apm2_lane_events_new (watch, place->path, take_line, lines, NULL);
  apm2_lane_events_read (events);
  g_assert_cmpuint (lines->len, ==, 1);
  append (place, "rted 5\nprogress 1\npart");
  wait_until (has_three, lines);

  g_assert_cmpstr (g_ptr_array_index (lines, 0), ==, "armed pidns=1");
  g_assert_cmpstr (g_ptr_array_index (lines, 1), ==, "started 5");
  g_assert_cmpstr (g_ptr_array_index (lines, 2), ==, "progress 1");
}

typedef struct
{
  Apm2LaneEvents *events;
  guint n;
} Freer;

static void
free_events (const char *line, gpointer user_data)
{
  Freer *freer = user_data;

  freer->n++;
  apm2_lane_events_free (freer->events);
}

static void
test_events_may_be_freed_by_a_line (Place *place, gconstpointer data)
{
  g_autoptr (Apm2LaneWatch) watch = apm2_lane_watch_new (NULL);
  Freer freer = { 0 };

  append (place, "one\ntwo\n");
  freer.events
      = apm2_lane_events_new (watch, place->path, free_events, &freer, NULL);
  apm2_lane_events_read (freer.events);

  g_assert_cmpuint (freer.n, ==, 1);
}

static void
test_limits_take_the_tighter (void)
{
  const Apm2LaneLimits base = { 1000, G_MAXUINT64, 500000 };
  Apm2LaneLimits limits = apm2_lane_limits_tighten (&base, 2000, 7, 20);

  g_assert_cmpuint (limits.memory_max_bytes, ==, 1000);
  g_assert_cmpuint (limits.tasks_max, ==, 7);
  g_assert_cmpuint (limits.cpu_quota_usec_per_sec, ==, 200000);
  limits = apm2_lane_limits_tighten (&base, 0, 0, 0);
  g_assert_true (apm2_lane_limits_equal (&limits, &base));
}

static void
make_control (const char *root, const char *group, const char *name)
{
  g_autofree char *dir = g_strconcat (root, group, NULL);
  g_autofree char *file = g_build_filename (dir, name, NULL);

  g_assert_cmpint (g_mkdir_with_parents (dir, 0700), ==, 0);
  g_assert_true (g_file_set_contents (file, "max\n", -1, NULL));
}

static void
remove_tree (const char *dir)
{
  const char *const argv[] = { "rm", "-r", dir, NULL };

  g_assert_true (g_spawn_sync (NULL,
                               (char **) argv,
                               NULL,
                               G_SPAWN_SEARCH_PATH,
                               NULL,
                               NULL,
                               NULL,
                               NULL,
                               NULL,
                               NULL));
}

static void
test_limits_hold_where_the_kernel_has_them (void)
{
  g_autofree char *root = g_dir_make_tmp ("apm2-cgroup-XXXXXX", NULL);

  make_control (root, "/a.service", "memory.max");
  make_control (root, "/a.service", "pids.max");
  make_control (root, "/cpu/b.service", "cpu.cfs_quota_us");

  g_assert_cmpint (apm2_lane_limits_find_enforced (root, "/a.service"),
                   ==,
                   APM2_LANE_ENFORCES_MEMORY | APM2_LANE_ENFORCES_TASKS);
  g_assert_cmpint (apm2_lane_limits_find_enforced (root, "/b.service"),
                   ==,
                   APM2_LANE_ENFORCES_CPU);
  g_assert_cmpint (apm2_lane_limits_find_enforced (root, ""), ==, 0);
  g_assert_cmpint (apm2_lane_limits_find_enforced (root, "/"), ==, 0);
  remove_tree (root);
}

static void
test_limits_are_not_claimed_without (void)
{
  g_autofree char *none
      = apm2_lane_limits_describe (APM2_MODE_USER, 0, FALSE, FALSE);
  g_autofree char *all = apm2_lane_limits_describe (
      APM2_MODE_SYSTEM,
      APM2_LANE_ENFORCES_MEMORY | APM2_LANE_ENFORCES_TASKS
          | APM2_LANE_ENFORCES_CPU,
      TRUE,
      TRUE);

  g_assert_cmpstr (none, ==, "systemd-user limits=none namespaces=mount");
  g_assert_cmpstr (
      all,
      ==,
      "systemd-system limits=memory,tasks,cpu namespaces=mount,pid,net");
}

static Apm2LaneRecord *
record_new (void)
{
  Apm2LaneRecord *self = g_new0 (Apm2LaneRecord, 1);

  self->unit = g_strdup ("apm2-lane@bulk-1.service");
  self->invocation_id = g_strdup ("0123456789abcdef0123456789abcdef");
  self->lease = g_new0 (Apm2Lease, 1);
  self->lease->job_id = g_strdup ("j1");
  self->lease->token = G_MAXUINT64;
  self->lease->attempt = 2;
  self->lease->job_spec = g_strdup ("{\"text\":\"\\u00e4 \\\"\"}");
  self->lease->spec_digest = g_strdup ("ab");
  self->lease->timeout_sec = 60;
  self->record = apm2_job_record_new ();
  self->record->started_at = 77;
  (void) apm2_job_record_add_step (self->record, "one");
  (void) apm2_job_record_add_step (self->record, "two");
  apm2_job_record_decide (self->record,
                          APM2_JOB_STATE_COMPLETED,
                          "step_failed",
                          "Gate 'one' exited with status 1");
  self->index = 1;
  self->command = g_strdup ("sh");
  self->directory = g_strdup ("/work");
  self->fed_at = 5;
  self->deadline = 6;
  self->job_timeout = TRUE;
  self->pid_namespace = TRUE;
  self->net_namespace = TRUE;
  self->enforced = 3;
  return self;
}

static void
test_record_reads_as_it_was_written (Place *place, gconstpointer data)
{
  g_autoptr (Apm2LaneRecord) record = record_new ();
  g_autoptr (Apm2LaneRecord) other = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *before = apm2_lane_record_to_json (record, NULL);
  g_autofree char *after = NULL;

  g_assert_true (apm2_lane_record_save (record, place->path, &error));
  other = apm2_lane_record_load (place->path, &error);
  g_assert_no_error (error);
  after = apm2_lane_record_to_json (other, NULL);

  g_assert_cmpstr (after, ==, before);
  g_assert_cmpuint (other->lease->token, ==, G_MAXUINT64);
  g_assert_cmpint (other->deadline, ==, 6);
  g_assert_true (other->job_timeout);
  g_assert_cmpint (other->record->verdict, ==, APM2_VERDICT_FAILED);
  g_assert_cmpstr (other->record->reason, ==, "step_failed");
  g_assert_cmpstr (
      other->record->message, ==, "Gate 'one' exited with status 1");
}

static void
add_seat (Apm2LaneRecord *record, guint index, const char *command)
{
  Apm2LaneSeat *seat = apm2_lane_seat_new ();

  seat->index = index;
  seat->command = g_strdup (command);
  seat->directory = g_strdup ("/d");
  seat->timeout_usec = 7;
  seat->job_timeout = index > 0;
  if (record->seats == NULL)
    record->seats
        = g_ptr_array_new_with_free_func ((GDestroyNotify) apm2_lane_seat_free);
  g_ptr_array_add (record->seats, seat);
}

static void
test_record_of_several_steps (void)
{
  g_autoptr (Apm2LaneRecord) record = record_new ();
  g_autoptr (Apm2LaneRecord) other = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  g_autofree char *again = NULL;
  const Apm2LaneSeat *seat = NULL;

  add_seat (record, 0, "one");
  add_seat (record, 1, "two");
  text = apm2_lane_record_to_json (record, NULL);
  other = apm2_lane_record_from_json (text, strlen (text), &error);
  g_assert_no_error (error);
  again = apm2_lane_record_to_json (other, NULL);

  g_assert_cmpstr (again, ==, text);
  g_assert_cmpuint (other->seats->len, ==, 2);
  seat = g_ptr_array_index (other->seats, 1);
  g_assert_cmpuint (seat->index, ==, 1);
  g_assert_cmpstr (seat->command, ==, "two");
  g_assert_cmpuint (seat->timeout_usec, ==, 7);
  g_assert_true (seat->job_timeout);
}

static void
test_record_is_no_record_as_a_draft (Place *place, gconstpointer data)
{
  g_autoptr (Apm2LaneRecord) record = record_new ();
  g_autoptr (Apm2LaneRecord) other = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (apm2_lane_record_draft (record, place->path, &error));
  g_assert_null (apm2_lane_record_load (place->path, &error));
  g_assert_error (error, APM2_ERROR, APM2_ERROR_NOT_FOUND);
  g_clear_error (&error);

  g_assert_true (apm2_lane_record_publish (place->path, &error));
  other = apm2_lane_record_load (place->path, &error);
  g_assert_no_error (error);
  g_assert_false (apm2_lane_record_publish (place->path, &error));
}

static void
assert_refused (const char *text)
{
  g_autoptr (GError) error = NULL;
  Apm2LaneRecord *record
      = apm2_lane_record_from_json (text, strlen (text), &error);

  g_assert_null (record);
  g_assert_nonnull (error);
}

static void
test_record_of_something_else_is_refused (void)
{
  g_autoptr (Apm2LaneRecord) record = record_new ();
  g_autofree char *good = apm2_lane_record_to_json (record, NULL);
  g_autofree char *cut = g_strndup (good, strlen (good) / 2);
  g_autofree char *beyond = NULL;
  g_autofree char *no_seat = NULL;

  add_seat (record, 0, "one");
  add_seat (record, 2, "none");
  no_seat = apm2_lane_record_to_json (record, NULL);
  record->index = 2;
  beyond = apm2_lane_record_to_json (record, NULL);
  assert_refused ("");
  assert_refused ("{}");
  assert_refused (cut);
  assert_refused (beyond);
  assert_refused (no_seat);
}

#define ADD(path, func) g_test_add (path, Place, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/apm2/lane-fifo/takes-more-than-it-holds",
       test_fifo_takes_more_than_it_holds);
  ADD ("/apm2/lane-fifo/reader-sees-the-end", test_fifo_reader_sees_the_end);
  ADD ("/apm2/lane-events/come-as-they-are-written",
       test_events_come_as_they_are_written);
  ADD ("/apm2/lane-events/may-be-freed-by-a-line",
       test_events_may_be_freed_by_a_line);
  g_test_add_func ("/apm2/lane-limits/take-the-tighter",
                   test_limits_take_the_tighter);
  g_test_add_func ("/apm2/lane-limits/hold-where-the-kernel-has-them",
                   test_limits_hold_where_the_kernel_has_them);
  g_test_add_func ("/apm2/lane-limits/are-not-claimed-without",
                   test_limits_are_not_claimed_without);
  ADD ("/apm2/lane-record/reads-as-it-was-written",
       test_record_reads_as_it_was_written);
  g_test_add_func ("/apm2/lane-record/of-several-steps",
                   test_record_of_several_steps);
  ADD ("/apm2/lane-record/is-none-as-a-draft",
       test_record_is_no_record_as_a_draft);
  g_test_add_func ("/apm2/lane-record/of-something-else-is-refused",
                   test_record_of_something_else_is_refused);
  return g_test_run ();
}
