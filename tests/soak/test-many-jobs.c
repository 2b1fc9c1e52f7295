/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Ten thousand jobs through one worker with one slot: in the promised order,
 * each with a receipt of the chain, and neither program grows or leaks a
 * descriptor.
 */

#include <stdlib.h>
#include <unistd.h>

#include "apm2-job-spec.h"
#include "rig-broker.h"
#include "rig-client.h"
#include "rig-wait.h"

#define JOBS       10000
#define FIRST      2000 /* submitted while the queue is paused */
#define IN_FLIGHT  128  /* calls of Submit at once */
#define AHEAD_MAX  200  /* jobs that wait, later on */
#define LOOK_USEC  50000
#define GROWTH_KIB 1024 /* over the 8000 jobs after the first */

/* A level of priority is worth a second, so that age counts within the first
 * batch. */
static const char config[] = "[queue]\naging-per-level=1s\n";
static const char *const worker_options[]
    = { "--slots=1", "--poll-interval=1", NULL };

typedef struct
{
  GDBusConnection *client;
  guint n_submitted;
  guint n_acked;
} Submission;

static void
on_submitted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Submission *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (
      G_DBUS_CONNECTION (source), result, &error);

  g_assert_no_error (error);
  self->n_acked++;
}

static void
submit_one (Submission *self, guint priority)
{
  g_autofree char *member = g_strdup_printf ("'priority':%u", priority);
  g_autofree char *spec = rig_spec (member);

  g_dbus_connection_call (self->client,
                          NULL,
                          APM2_OBJECT_QUEUE,
                          APM2_IFACE_QUEUE,
                          "Submit",
                          g_variant_new ("(sa{sv})", spec, NULL),
                          NULL,
                          G_DBUS_CALL_FLAGS_NONE,
                          (int) rig_deadline_ms (),
                          NULL,
                          on_submitted,
                          self);
  self->n_submitted++;
}

static gboolean
is_acked (gpointer data)
{
  const Submission *self = data;

  return self->n_acked == self->n_submitted;
}

static gboolean
has_room (gpointer data)
{
  const Submission *self = data;

  return self->n_submitted - self->n_acked < IN_FLIGHT;
}

static void
submit_first (Submission *self)
{
  g_variant_unref (rig_queue (self->client, "Pause", "('', @a{sv} {})"));
  while (self->n_submitted < FIRST)
    {
      rig_wait (has_room, self, "Submit is answered");
      submit_one (self, (guint) g_test_rand_int_range (0, 4));
    }
  rig_wait (is_acked, self, "all of the first are accepted");
  g_variant_unref (rig_queue (self->client, "Resume", "('', @a{sv} {})"));
}

/* The queue never runs dry and never grows. */
static void
top_up (Submission *self, guint64 n_passed)
{
  while (self->n_submitted < JOBS && self->n_submitted - n_passed < AHEAD_MAX
         && has_room (self))
    submit_one (self, APM2_PRIORITY_DEFAULT);
}

typedef struct
{
  guint64 broker_kib;
  guint64 worker_kib;
} Memory;

static Memory
measure (Rig *rig, RigProcess *worker)
{
  Memory memory = { rig_process_get_rss_kib (rig->broker),
                    rig_process_get_rss_kib (worker) };

  return memory;
}

typedef struct
{
  Submission *submission;
  guint64 until;
  guint64 n_passed;
  gint64 next_look; /* monotonic */
} Progress;         /* towards a number of jobs that have passed */

static gboolean
has_progressed (gpointer data)
{
  Progress *progress = data;
  gint64 now = g_get_monotonic_time ();

  /* To look costs those time who are looked at. */
  if (now < progress->next_look)
    return FALSE;
  progress->next_look = now + LOOK_USEC;
  progress->n_passed = rig_counter (progress->submission->client, "Passed");
  if (progress->n_passed >= FIRST)
    top_up (progress->submission, progress->n_passed);
  return progress->n_passed >= progress->until;
}

/* The deadline is for each hundred jobs. */
static void
run_until (Submission *submission, guint64 until)
{
  Progress progress = { submission, 0, 0, 0 };

  progress.n_passed = rig_counter (submission->client, "Passed");
  while (progress.n_passed < until)
    {
      progress.until = MIN (progress.n_passed + 100, until);
      rig_wait (has_progressed, &progress, "a hundred more jobs have passed");
    }
}

/* --- the order --- */

typedef struct
{
  char *id;
  guint64 rank;
  guint number; /* in order of submission */
} Place;

static void
place_clear (gpointer data)
{
  Place *place = data;

  g_free (place->id);
}

static int
compare_places (gconstpointer a, gconstpointer b)
{
  const Place *x = a;
  const Place *y = b;

  if (x->rank != y->rank)
    return x->rank < y->rank ? -1 : 1;
  return x->number < y->number ? -1 : 1;
}

static GArray *
list_places (GDBusConnection *client)
{
  GArray *places = g_array_new (FALSE, FALSE, sizeof (Place));
  g_autofree char *cursor = g_strdup ("");

  g_array_set_clear_func (places, place_clear);
  do
    {
      g_autoptr (GVariant) reply = rig_queue (
          client, "List", "(@a{sv} {}, uint32 1000, %s, @a{sv} {})", cursor);
      g_autoptr (GVariant) records = g_variant_get_child_value (reply, 0);

      for (gsize i = 0; i < g_variant_n_children (records); i++)
        {
          g_autoptr (GVariant) record = g_variant_get_child_value (records, i);
          Place place = { NULL, 0, JOBS - places->len };
          guint64 submitted_at = 0;
          guint priority = 0;

          g_assert_true (g_variant_lookup (record, "id", "s", &place.id));
          g_assert_true (
              g_variant_lookup (record, "submitted_at", "t", &submitted_at));
          g_assert_true (g_variant_lookup (record, "priority", "u", &priority));
          place.rank = submitted_at + priority * (guint64) G_USEC_PER_SEC;
          g_array_append_val (places, place);
        }
      g_free (cursor);
      g_variant_get_child (reply, 1, "s", &cursor);
    }
  while (*cursor != '\0');
  g_array_sort (places, compare_places);
  return places;
}

static void
check_order (GDBusConnection *client)
{
  g_autoptr (GArray) places = list_places (client);
  g_autofree char *cursor = g_strdup ("");
  guint at = 0;

  g_assert_cmpuint (places->len, ==, JOBS);
  do
    {
      g_autoptr (GVariant) reply
          = rig_queue (client,
                       "ListReceipts",
                       "(uint32 1000, %s, {'oldest_first': <true>})",
                       cursor);
      g_autoptr (GVariant) entries = g_variant_get_child_value (reply, 0);

      for (gsize i = 0; i < g_variant_n_children (entries); i++, at++)
        {
          g_autoptr (GVariant) entry = g_variant_get_child_value (entries, i);
          const Place *place = &g_array_index (places, Place, at);
          const char *id = NULL;

          g_assert_true (g_variant_lookup (entry, "job_id", "&s", &id));
          if (!g_str_equal (id, place->id))
            rig_fail ("job %s ran at place %u, which is that of job %s",
                      id,
                      at,
                      place->id);
        }
      g_free (cursor);
      g_variant_get_child (reply, 1, "s", &cursor);
    }
  while (*cursor != '\0');
  g_assert_cmpuint (at, ==, JOBS);
}

static void
check_growth (const char *who, guint64 before, guint64 after)
{
  g_test_message ("%s: %" G_GUINT64_FORMAT " KiB, then %" G_GUINT64_FORMAT,
                  who,
                  before,
                  after);
  if (after > before + GROWTH_KIB)
    rig_fail ("the %s grows", who);
}

static gboolean
is_idle (gpointer data)
{
  g_autoptr (GVariant) state
      = rig_property (data, APM2_OBJECT_WORKERS "/default", "State");

  return g_str_equal (g_variant_get_string (state, NULL), "idle");
}

static void
test_ten_thousand_jobs (void)
{
  Rig *rig = rig_new (config);
  g_autoptr (RigProcess) worker = rig_worker_start (rig->home, worker_options);
  Submission submission = { rig->client, 0, 0 };
  gboolean counts_fds = geteuid () == 0; /* they are not dumpable */
  guint broker_fds = 0;
  guint worker_fds = 0;
  Memory before;
  Memory after;
  gint64 start = 0;

  rig_wait_property (
      rig->client, APM2_OBJECT_ROOT, "OverallHealth", "'healthy'");
  if (counts_fds)
    {
      broker_fds = rig_process_count_fds (rig->broker);
      worker_fds = rig_process_count_fds (worker);
    }
  submit_first (&submission);
  start = g_get_monotonic_time ();
  run_until (&submission, FIRST);
  before = measure (rig, worker);
  run_until (&submission, JOBS);
  after = measure (rig, worker);
  g_test_message ("%.0f jobs a second",
                  JOBS * 1e6 / (double) (g_get_monotonic_time () - start));

  rig_wait (is_idle, rig->client, "the worker is idle");
  check_growth ("broker", before.broker_kib, after.broker_kib);
  check_growth ("worker", before.worker_kib, after.worker_kib);
  if (counts_fds)
    {
      g_assert_cmpuint (rig_process_count_fds (rig->broker), <=, broker_fds);
      g_assert_cmpuint (rig_process_count_fds (worker), <=, worker_fds);
    }
  g_assert_cmpuint (rig_verify_chain (rig->client, NULL), ==, JOBS);
  check_order (rig->client);
  g_assert_cmpint (rig_process_stop (worker), ==, 0);
  rig_free (rig);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/apm2/many-jobs/ten-thousand-in-order-and-flat",
                   test_ten_thousand_jobs);
  return g_test_run ();
}
