/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Draining: what runs ends, nothing starts, and whoever waits is told.
 */

#include "rig-cli.h"
#include "rig-client.h"
#include "rig-wait.h"
#include "rig-worker.h"

typedef struct
{
  Rig *rig;
  RigWorker *worker;
  char *spec;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  self->rig = rig_new (NULL);
  self->worker = rig_worker_new (self->rig->home, "w", 2);
  self->spec = rig_spec (NULL);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  rig_worker_free (self->worker);
  rig_free (self->rig);
  g_free (self->spec);
}

static guint64
drain (Fixture *self)
{
  g_autoptr (GVariant) reply
      = rig_queue (self->rig->client, "Drain", "(@a{sv} {},)");
  guint64 active = G_MAXUINT64;

  g_variant_get (reply, "(t)", &active);
  return active;
}

static void
keep_result (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GAsyncResult **kept = user_data;

  *kept = g_object_ref (result);
}

static void
wait_for_drained (Fixture *self, GAsyncResult **kept)
{
  g_dbus_connection_call (self->rig->client,
                          NULL,
                          APM2_OBJECT_QUEUE,
                          APM2_IFACE_QUEUE,
                          "Drain",
                          g_variant_new_parsed ("({'wait': <true>},)"),
                          NULL,
                          G_DBUS_CALL_FLAGS_NONE,
                          G_MAXINT,
                          NULL,
                          keep_result,
                          kept);
}

static gboolean
has_result (gpointer data)
{
  GAsyncResult **kept = data;

  return *kept != NULL;
}

static void
test_what_runs_ends_and_nothing_starts (Fixture *self, gconstpointer data)
{
  g_autofree char *first = rig_submit (self->rig->client, self->spec);
  g_autoptr (RigLease) lease = rig_worker_lease (self->worker);
  g_autofree char *second = rig_submit (self->rig->client, self->spec);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (RigLease) other = NULL;
  g_autofree char *state = NULL;
  guint64 active = G_MAXUINT64;

  g_assert_cmpuint (drain (self), ==, 1);
  rig_worker_park (self->worker);
  rig_wait_property (self->rig->client, APM2_OBJECT_QUEUE, "Draining", "true");
  wait_for_drained (self, &result);
  g_assert_cmpuint (drain (self), ==, 1); /* the call before it was served */
  g_assert_null (result);

  rig_worker_pass (self->worker, lease);
  rig_wait (has_result, &result, "the answer to Drain");
  reply = g_dbus_connection_call_finish (self->rig->client, result, NULL);
  g_assert_nonnull (reply);
  g_variant_get (reply, "(t)", &active);
  g_assert_cmpuint (active, ==, 0);
  rig_wait_property (self->rig->client, APM2_OBJECT_QUEUE, "Draining", "false");
  rig_wait_property (self->rig->client, APM2_OBJECT_QUEUE, "Paused", "true");
  state = rig_get_string (self->rig->client, second, "state");
  g_assert_cmpstr (state, ==, "pending");

  g_variant_unref (rig_queue (self->rig->client, "Resume", "('', @a{sv} {})"));
  other = rig_worker_await_lease (self->worker, NULL);
  g_assert_nonnull (other);
  g_assert_cmpstr (other->job_id, ==, second);
}

static void
test_who_waits_hears_of_resume (Fixture *self, gconstpointer data)
{
  g_autofree char *id = rig_submit (self->rig->client, self->spec);
  g_autoptr (RigLease) lease = rig_worker_lease (self->worker);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GError) error = NULL;

  wait_for_drained (self, &result);
  rig_wait_property (self->rig->client, APM2_OBJECT_QUEUE, "Draining", "true");
  g_variant_unref (rig_queue (self->rig->client, "Resume", "('', @a{sv} {})"));
  rig_wait (has_result, &result, "the answer to Drain");
  reply = g_dbus_connection_call_finish (self->rig->client, result, &error);
  rig_assert_error (error, APM2_ERROR_CANCELLED);
}

static void
test_it_survives_a_crash (Fixture *self, gconstpointer data)
{
  g_autofree char *id = NULL;
  g_autofree char *state = NULL;

  g_assert_cmpuint (drain (self), ==, 0);
  rig_crash (self->rig);
  id = rig_submit (self->rig->client, self->spec);
  rig_worker_free (self->worker);
  self->worker = rig_worker_new (self->rig->home, "w", 1);
  rig_worker_park (self->worker);
  g_assert_cmpuint (drain (self), ==, 0);
  state = rig_get_string (self->rig->client, id, "state");
  g_assert_cmpstr (state, ==, "pending");
}

static char *
see_doctor (RigHome *home)
{
  g_autofree char *program = rig_program ("cli/apm2");
  g_autofree char *complaint = NULL;
  const char *const argv[] = { program, "--user", "fac", "doctor", NULL };
  int status = -1;

  return rig_run (home, argv, &status, &complaint);
}

static void
test_cli (Fixture *self, gconstpointer data)
{
  RigHome *home = self->rig->home;
  g_autofree char *id = rig_submit (self->rig->client, self->spec);
  g_autoptr (RigLease) lease = rig_worker_lease (self->worker);
  g_autofree char *late = NULL;
  g_autofree char *status = NULL;
  g_autofree char *json = NULL;

  late = RIG_CLI_FAILS (home, 1, "fac", "queue", "drain", "--timeout", "1s");
  rig_cli_assert_has (late, "1 job still runs");
  status = RIG_CLI (home, 0, "fac", "queue", "status");
  rig_cli_assert_has (status, "draining");
  rig_worker_pass (self->worker, lease);
  json = RIG_CLI (home, 0, "fac", "queue", "drain", "--wait", "--json");
  rig_cli_assert_schema (home, json);
  rig_cli_assert_has (json, "\"drained\":true");
  {
    /* It finds much else to say of a machine without units. */
    g_autofree char *doctor = see_doctor (home);

    rig_cli_assert_has (doctor, "the whole queue is paused or drained");
  }
  g_free (RIG_CLI (home, 0, "fac", "queue", "resume"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, function)                                                    \
  g_test_add ("/apm2/drain/" name, Fixture, NULL, set_up, function, tear_down)

  ADD ("what-runs-ends-and-nothing-starts",
       test_what_runs_ends_and_nothing_starts);
  ADD ("who-waits-hears-of-resume", test_who_waits_hears_of_resume);
  ADD ("survives-a-crash", test_it_survives_a_crash);
  ADD ("cli", test_cli);
  return g_test_run ();
}
