/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What can be changed while the broker runs: its configuration by SIGHUP, and
 * how much it logs by org.freedesktop.LogControl1; and what it logs of workers.
 */

#include <signal.h>
#include <string.h>

#include "rig-recorder.h"
#include "rig-wait.h"
#include "rig-worker.h"

#define IFACE_PROPERTIES "org.freedesktop.DBus.Properties"

typedef struct
{
  Rig *rig;
  RigWorker *worker;
  RigRecorder *recorder;
} Fixture;

static void
set_up (Fixture *self, gconstpointer config)
{
  self->rig = rig_new (config);
  self->worker = rig_worker_new (self->rig->home, "w", 2);
  self->recorder = rig_recorder_new (self->rig->client);
}

static void
tear_down (Fixture *self, gconstpointer config)
{
  rig_recorder_free (self->recorder);
  rig_worker_free (self->worker);
  rig_free (self->rig);
}

static void
reload (Fixture *self, const char *config)
{
  rig_home_configure (self->rig->home, config);
  rig_process_signal (self->rig->broker, SIGHUP);
}

typedef struct
{
  Fixture *self;
  const char *part;
} Expectation;

static gboolean
has_said (gpointer data)
{
  const Expectation *expectation = data;
  g_autofree char *text
      = rig_process_get_stderr (expectation->self->rig->broker);

  return strstr (text, expectation->part) != NULL;
}

static void
await_log (Fixture *self, const char *part)
{
  Expectation expectation = { self, part };

  rig_wait (has_said, &expectation, part);
}

static void
submit_as (Fixture *self, const char *id, const char *lane)
{
  g_autofree char *all
      = g_strdup_printf ("'job_id':'%s','lane':'%s'", id, lane);
  g_autofree char *spec = rig_spec (all);

  g_free (rig_submit (self->rig->client, spec));
}

/* --- configuration --- */

/* What waits for room gets it by the reload, not by the next job. */
static void
test_lane_gets_more_room (Fixture *self, gconstpointer data)
{
  g_autoptr (RigLease) first = NULL;
  g_autoptr (RigLease) second = NULL;

  submit_as (self, "a", "bulk");
  submit_as (self, "b", "bulk");
  first = rig_worker_lease (self->worker);
  rig_worker_park (self->worker);
  rig_wait_property (
      self->rig->client, APM2_OBJECT_LANES "/bulk", "Running", "uint64 1");

  reload (self, "[lane bulk]\nmax-parallel=2\n");
  second = rig_worker_await_lease (self->worker, NULL);
  g_assert_cmpstr (second->job_id, ==, "b");
  (void) rig_recorder_await (
      self->recorder, 0, APM2_OBJECT_LANES "/bulk Properties", "MaxParallel=2");
}

static void
test_lanes_come_and_go (Fixture *self, gconstpointer data)
{
  submit_as (self, "a", "old");
  reload (self, "[lane bulk]\nmax-parallel=1\n[lane new]\n");

  (void) rig_recorder_await (
      self->recorder, 0, APM2_OBJECT_ROOT " InterfacesAdded", "lane/new");
  (void) rig_recorder_await (
      self->recorder, 0, APM2_OBJECT_ROOT " InterfacesRemoved", "lane/old");
  await_log (self, "Lane old is no longer configured; 1 jobs wait");
  submit_as (self, "b", "new");
  g_free (rig_queue_fails (
      self->rig->client,
      APM2_ERROR_DENIED,
      "Submit",
      "('{\"kind\":\"command\",\"lane\":\"old\","
      "\"schema\":\"apm2.fac.job_spec.v1\","
      "\"steps\":[{\"argv\":[\"true\"],\"name\":\"a\"}]}', @a{sv} {})"));
}

static void
test_lease_keeps_its_limits (Fixture *self, gconstpointer data)
{
  g_autoptr (RigLease) lease = NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autofree char *text = NULL;

  submit_as (self, "a", "bulk");
  lease = rig_worker_lease (self->worker);
  reload (self, "[lane bulk]\nmax-parallel=1\ntasks-max=99\n");
  await_log (self, "Configuration reloaded");
  rig_worker_pass (self->worker, lease);

  reply = rig_queue (self->rig->client, "GetReceipt", "('a', @a{sv} {})");
  text = g_variant_print (reply, FALSE);
  g_assert_nonnull (strstr (text, "\"tasks_max\":7"));
}

static void
test_bad_file_changes_nothing (Fixture *self, gconstpointer data)
{
  reload (self, "[lane bulk]\nmax-parallel=9\nnonsense=1\n");
  await_log (self, "apm2.conf:3: [lane bulk] nonsense: unknown key");

  rig_wait_property (
      self->rig->client, APM2_OBJECT_LANES "/bulk", "MaxParallel", "uint32 1");
  reload (self, "[lane bulk]\nmax-parallel=9\n[socket]\nconnections-max=9\n");
  await_log (self, "only after a restart: [socket] connections-max");
  rig_wait_property (
      self->rig->client, APM2_OBJECT_LANES "/bulk", "MaxParallel", "uint32 9");
}

/* --- events --- */

static void
test_lost_worker_is_told_once (Fixture *self, gconstpointer data)
{
  const char *told = NULL;
  g_autofree char *text = NULL;

  await_log (self, "Worker \"w\" (pid ");
  g_clear_pointer (&self->worker, rig_worker_free);
  await_log (self, "Worker \"w\" is lost: its connection ended; jobs that");
  self->worker = rig_worker_new (self->rig->home, "w", 2);
  await_log (self, "The health is degraded now, healthy before: ");
  text = rig_process_get_stderr (self->rig->broker);
  told = strstr (text, "is lost: ");
  g_assert_nonnull (told);
  g_assert_null (strstr (told + 1, "is lost: "));
}

/* --- log control --- */

static char *
get_log (Fixture *self, const char *name)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply
      = rig_call (self->rig->client,
                  APM2_OBJECT_LOG_CONTROL,
                  IFACE_PROPERTIES,
                  "Get",
                  g_variant_new ("(ss)", APM2_IFACE_LOG_CONTROL, name),
                  &error);
  g_autoptr (GVariant) value = NULL;

  g_assert_no_error (error);
  g_variant_get (reply, "(v)", &value);
  return g_variant_dup_string (value, NULL);
}

static GVariant *
set_log (const char *name, GVariant *value)
{
  return g_variant_new ("(ssv)", APM2_IFACE_LOG_CONTROL, name, value);
}

static void
assert_log (Fixture *self, const char *name, const char *expected)
{
  g_autofree char *word = get_log (self, name);

  g_assert_cmpstr (word, ==, expected);
}

static void
change_log (Fixture *self, const char *name, const char *word)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply
      = rig_call (self->rig->client,
                  APM2_OBJECT_LOG_CONTROL,
                  IFACE_PROPERTIES,
                  "Set",
                  set_log (name, g_variant_new_string (word)),
                  &error);

  g_assert_no_error (error);
  g_assert_nonnull (reply);
}

static void
test_log_level (Fixture *self, gconstpointer data)
{
  assert_log (self, "SyslogIdentifier", "apm2-daemon");
  assert_log (self, "LogTarget", "console");
  assert_log (self, "LogLevel", "info");
  change_log (self, "LogLevel", "debug");
  assert_log (self, "LogLevel", "debug");
  submit_as (self, "a", "bulk");
  await_log (self, "debug: Accepted job a for lane bulk");
}

static void
test_log_refuses (Fixture *self, gconstpointer data)
{
  g_autofree char *level
      = rig_fails (self->rig->client,
                   APM2_ERROR_INVALID_ARGUMENT,
                   APM2_OBJECT_LOG_CONTROL,
                   IFACE_PROPERTIES,
                   "Set",
                   set_log ("LogLevel", g_variant_new_string ("loud")));
  g_autofree char *target
      = rig_fails (self->rig->client,
                   APM2_ERROR_INVALID_ARGUMENT,
                   APM2_OBJECT_LOG_CONTROL,
                   IFACE_PROPERTIES,
                   "Set",
                   set_log ("LogTarget", g_variant_new_string ("kmsg")));
  const struct
  {
    const char *name;
    GVariant *value;
  } cases[] = {
    { "LogLevel", g_variant_new_uint32 (7) },
    { "SyslogIdentifier", g_variant_new_string ("x") },
    { "Nothing", g_variant_new_string ("x") },
  };

  g_assert_nonnull (strstr (level, "emerg, alert"));
  g_assert_nonnull (strstr (target, "journal"));
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GVariant) reply
          = rig_call (self->rig->client,
                      APM2_OBJECT_LOG_CONTROL,
                      IFACE_PROPERTIES,
                      "Set",
                      set_log (cases[i].name, cases[i].value),
                      &error);

      g_assert_null (reply);
      g_assert_nonnull (error);
    }
  assert_log (self, "LogLevel", "info");
}

int
main (int argc, char **argv)
{
  static const char config[]
      = "[lane bulk]\nmax-parallel=1\ntasks-max=7\n[lane old]\n";

  g_test_init (&argc, &argv, NULL);

#define ADD(name, function)                                                    \
  g_test_add ("/apm2/" name, Fixture, config, set_up, function, tear_down)

  ADD ("reload/lane/gets-more-room-at-once", test_lane_gets_more_room);
  ADD ("reload/lane/comes-and-goes", test_lanes_come_and_go);
  ADD ("reload/lease/keeps-its-limits", test_lease_keeps_its_limits);
  ADD ("reload/file/bad-changes-nothing", test_bad_file_changes_nothing);
  ADD ("events/worker/lost-is-told-once", test_lost_worker_is_told_once);
  ADD ("log-control/level/can-be-changed", test_log_level);
  ADD ("log-control/value/bad-is-refused", test_log_refuses);
  return g_test_run ();
}
