/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Housekeeping with much to do: others submit jobs meanwhile, and the broker is
 * killed in the middle of it.
 */

#include "rig-keep.h"
#include "rig-wait.h"

#define MANY     10000
#define SOME     1000
#define KEPT     100
#define N_PROBES 200

typedef struct
{
  Rig *rig;
} Fixture;

static void
set_up (Fixture *self, gconstpointer config)
{
  self->rig = rig_new (config);
}

static void
tear_down (Fixture *self, gconstpointer config)
{
  rig_free (self->rig);
}

typedef struct
{
  char *run;
  GError *error;
  gboolean is_over;
} Collection;

static void
collection_clear (Collection *self)
{
  g_clear_pointer (&self->run, g_free);
  g_clear_error (&self->error);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Collection, collection_clear)

static void
on_collected (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Collection *self = user_data;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (
      G_DBUS_CONNECTION (source), result, &self->error);

  if (reply != NULL)
    g_variant_get (reply, "(s)", &self->run);
  self->is_over = TRUE;
}

static void
begin_collection (GDBusConnection *connection, Collection *collection)
{
  g_dbus_connection_call (connection,
                          NULL,
                          APM2_OBJECT_HOUSEKEEPING,
                          APM2_IFACE_HOUSEKEEPING,
                          "Collect",
                          g_variant_new_parsed ("(@a{sv} {},)"),
                          NULL,
                          G_DBUS_CALL_FLAGS_NONE,
                          G_MAXINT,
                          NULL,
                          on_collected,
                          collection);
}

static int
compare_times (gconstpointer a, gconstpointer b)
{
  gint64 one = *(const gint64 *) a;
  gint64 other = *(const gint64 *) b;

  return one < other ? -1 : one > other;
}

/* How long each of some submissions took, sorted, usec. */
static GArray *
time_submissions (Fixture *self, guint n, const Collection *collection)
{
  GArray *times = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autofree char *spec = rig_spec (NULL);

  for (guint i = 0; i < n && (collection == NULL || !collection->is_over); i++)
    {
      gint64 begin = g_get_monotonic_time ();
      g_autofree char *id = rig_submit (self->rig->client, spec);
      gint64 took = g_get_monotonic_time () - begin;

      g_array_append_val (times, took);
      while (g_main_context_iteration (NULL, FALSE))
        ;
    }
  g_array_sort (times, compare_times);
  return times;
}

static gint64
quantile (GArray *times, guint percent)
{
  return g_array_index (times, gint64, (times->len - 1) * percent / 100);
}

static void
test_submissions_do_not_wait_for_it (Fixture *self, gconstpointer data)
{
  g_autoptr (GDBusConnection) other = rig_connect (self->rig->home, RIG_PEER);
  g_auto (Collection) collection = { NULL };
  g_autoptr (GArray) before = NULL;
  g_autoptr (GArray) during = NULL;

  rig_keep_add_ended (self->rig, "old", MANY);
  before = time_submissions (self, N_PROBES, NULL);
  begin_collection (other, &collection);
  during = time_submissions (self, 100000, &collection);
  g_assert_no_error (collection.error);
  g_assert_cmpuint (rig_keep_count (collection.run, "job"), ==, MANY - KEPT);
  g_assert_cmpuint (rig_verify_chain (self->rig->client, NULL), ==, MANY);
  g_test_message ("%u submissions before: median %" G_GINT64_FORMAT
                  " us, 95 %% %" G_GINT64_FORMAT
                  " us; %u while %d jobs went: median %" G_GINT64_FORMAT
                  " us, 95 %% %" G_GINT64_FORMAT
                  " us, longest %" G_GINT64_FORMAT " us",
                  before->len,
                  quantile (before, 50),
                  quantile (before, 95),
                  during->len,
                  MANY - KEPT,
                  quantile (during, 50),
                  quantile (during, 95),
                  quantile (during, 100));
  /* One slice, at most, stands before a submission. */
  g_assert_cmpuint (during->len, >, 100);
  g_assert_cmpint (
      quantile (during, 95), <=, quantile (before, 95) * 3 + 20000);
  rig_disconnect (g_steal_pointer (&other));
}

static gboolean
have_some_gone (gpointer data)
{
  Fixture *self = data;

  return rig_counter (self->rig->client, "Cancelled") < SOME - 200;
}

static void
test_nothing_is_half_gone_after_sigkill (Fixture *self, gconstpointer data)
{
  g_autoptr (GDBusConnection) other = rig_connect (self->rig->home, RIG_PEER);
  g_auto (Collection) collection = { NULL };
  g_autofree char *run = NULL;
  guint64 left = 0;
  guint n = SOME;

  rig_keep_add_ended (self->rig, "old", n);
  for (guint i = 0; i < n; i += 10)
    {
      g_autofree char *id = g_strdup_printf ("old-%u", i);

      rig_keep_add_log (self->rig, id);
    }
  begin_collection (other, &collection);
  while (!have_some_gone (self))
    ;
  rig_crash (self->rig);
  rig_disconnect (g_steal_pointer (&other));

  left = rig_counter (self->rig->client, "Cancelled");
  g_assert_cmpuint (left, <, n);
  g_assert_cmpuint (left, >, KEPT);
  g_assert_cmpuint (rig_verify_chain (self->rig->client, NULL), ==, n);
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *id = g_strdup_printf ("old-%u", i);

      g_assert_true (rig_keep_has_job (self->rig, id) == (i >= n - left));
      g_assert_true (i % 10 != 0 || i < n - left
                     || rig_keep_has_log (self->rig, id));
    }

  run = rig_keep_collect (self->rig, "{}");
  g_assert_cmpuint (rig_keep_count (run, "job"), ==, left - KEPT);
  for (guint i = 0; i < n; i += 10)
    {
      g_autofree char *id = g_strdup_printf ("old-%u", i);

      g_assert_true (rig_keep_has_log (self->rig, id) == (i >= n - KEPT));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, function)                                                    \
  g_test_add ("/apm2/housekeeping/" name,                                      \
              Fixture,                                                         \
              "[retention]\njobs-max=100\n",                                   \
              set_up,                                                          \
              function,                                                        \
              tear_down)
  ADD ("submissions-do-not-wait-for-it", test_submissions_do_not_wait_for_it);
  ADD ("nothing-is-half-gone-after-sigkill",
       test_nothing_is_half_gone_after_sigkill);
#undef ADD
  return g_test_run ();
}
