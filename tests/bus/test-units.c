/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The broker and a service manager: units as objects, the health of each and of
 * the whole, and the order in which it is told.
 */

#include <string.h>

#include "apm2-heartbeat-json.h"
#include "apm2-time.h"
#include "rig-recorder.h"
#include "rig-systemd.h"
#include "rig-wait.h"
#include "rig-worker.h"

#define UNIT(name) APM2_OBJECT_UNITS "/apm2_2d" name
#define DAEMON     UNIT ("daemon_2eservice")
#define SOCKET     UNIT ("daemon_2esocket")
#define WORKER     UNIT ("worker_2eservice")
#define INSTANCE   UNIT ("worker_40a_2eservice")

#define ACTIVE                                                                 \
  "{'LoadState': <'loaded'>, 'ActiveState': <'active'>, 'SubState': "          \
  "<'running'>, 'UnitFileState': <'enabled'>, 'MainPID': <uint32 4711>, "      \
  "'WatchdogUSec': <uint64 300000000>, 'ActiveEnterTimestamp': <uint64 5>, "   \
  "'ActiveEnterTimestampMonotonic': <uint64 1>}"
#define STOPPED                                                                \
  "{'ActiveState': <'inactive'>, 'SubState': <'dead'>, 'MainPID': <uint32 0>}"
#define FAILED                                                                 \
  "{'ActiveState': <'failed'>, 'SubState': <'failed'>, 'MainPID': <uint32 0>}"

typedef struct
{
  RigSystemd *systemd;
  RigHome *home;
  RigProcess *broker;
  GDBusConnection *client;
  RigRecorder *recorder;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  self->home = rig_home_new (NULL);
  self->systemd = rig_systemd_new ();
  rig_systemd_set (self->systemd, "apm2-daemon.service", ACTIVE);
  rig_systemd_set (self->systemd, "apm2-daemon.socket", ACTIVE);
  rig_systemd_set (self->systemd, "apm2-worker.service", ACTIVE);
  rig_systemd_set (self->systemd, "apm2-worker.service", STOPPED);
}

static void
start (Fixture *self)
{
  rig_systemd_listen (self->systemd, self->home->runtime);
  self->broker = rig_broker_start (self->home);
  self->client = rig_connect (self->home, RIG_PEER);
  self->recorder = rig_recorder_new (self->client);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  rig_recorder_free (self->recorder);
  rig_disconnect (self->client);
  rig_process_free (self->broker);
  rig_systemd_free (self->systemd);
  rig_home_free (self->home);
}

typedef struct
{
  Fixture *fixture;
  const char *path;
  gboolean wanted;
} Presence;

static gboolean
is_as_wanted (gpointer data)
{
  const Presence *presence = data;
  g_autoptr (GVariant) reply
      = rig_call (presence->fixture->client,
                  presence->path,
                  "org.freedesktop.DBus.Properties",
                  "Get",
                  g_variant_new ("(ss)", APM2_IFACE_UNIT, "Name"),
                  NULL);

  return (reply != NULL) == presence->wanted;
}

static void
wait_present (Fixture *self, const char *path, gboolean wanted)
{
  Presence presence = { self, path, wanted };

  rig_wait (is_as_wanted, &presence, path);
}

static void
assert_value (Fixture *self,
              const char *path,
              const char *name,
              const char *text)
{
  g_autoptr (GVariant) value = rig_property (self->client, path, name);
  g_autofree char *found = g_variant_print (value, FALSE);

  g_assert_cmpstr (found, ==, text);
}

static void
wait_reason (Fixture *self, const char *reasons)
{
  rig_wait_property (self->client, APM2_OBJECT_ROOT, "OverallReasons", reasons);
}

static void
test_units_are_objects (Fixture *self, gconstpointer data)
{
  start (self);
  wait_present (self, WORKER, TRUE);

  assert_value (self, DAEMON, "Name", "'apm2-daemon.service'");
  assert_value (self, DAEMON, "Scope", "'user'");
  assert_value (self, DAEMON, "Health", "'healthy'");
  assert_value (self, DAEMON, "HealthReason", "''");
  assert_value (self, DAEMON, "WatchdogSec", "300");
  assert_value (self, DAEMON, "MainPid", "4711");
  assert_value (self, DAEMON, "ActiveSince", "5");
  assert_value (self, SOCKET, "ActiveState", "'active'");
  assert_value (self, WORKER, "Health", "'degraded'");
  assert_value (self, WORKER, "HealthReason", "'inactive'");
  assert_value (self, WORKER, "ActiveSince", "0");
  wait_reason (self, "['unit_inactive', 'no_worker']");
}

static void
test_properties_come_before_the_signal (Fixture *self, gconstpointer data)
{
  guint unit = 0;
  guint root = 0;
  guint told = 0;
  guint whole = 0;

  start (self);
  wait_present (self, WORKER, TRUE);
  rig_systemd_change (self->systemd, "apm2-worker.service", FAILED);
  unit = rig_recorder_await (
      self->recorder, 0, WORKER " Properties", "Health='unhealthy'");
  root = rig_recorder_await (self->recorder,
                             0,
                             APM2_OBJECT_ROOT " Properties",
                             "OverallHealth='unhealthy'");
  told = rig_recorder_await (self->recorder,
                             0,
                             APM2_OBJECT_ROOT " HealthChanged",
                             "'apm2-worker.service', 'degraded', 'unhealthy', "
                             "'failed'");
  whole = rig_recorder_await (self->recorder,
                              0,
                              APM2_OBJECT_ROOT " HealthChanged",
                              "('', 'degraded', 'unhealthy', 'unit_failed')");

  g_assert_cmpuint (unit, <, root);
  g_assert_cmpuint (root, <, told);
  g_assert_cmpuint (told, <, whole);
  assert_value (self, APM2_OBJECT_ROOT, "OverallHealth", "'unhealthy'");
}

static void
test_instances_come_and_go (Fixture *self, gconstpointer data)
{
  start (self);
  wait_present (self, WORKER, TRUE);
  rig_systemd_set (self->systemd, "apm2-worker@a.service", ACTIVE);
  rig_systemd_emit (
      self->systemd, "UnitNew", "('apm2-worker@a.service', objectpath '/x')");
  wait_present (self, INSTANCE, TRUE);
  (void) rig_recorder_await (
      self->recorder, 0, APM2_OBJECT_ROOT " InterfacesAdded", INSTANCE);

  rig_systemd_change (self->systemd, "apm2-worker@a.service", FAILED);
  rig_wait_property (self->client, INSTANCE, "Health", "'unhealthy'");

  rig_systemd_remove (self->systemd, "apm2-worker@a.service");
  wait_present (self, INSTANCE, FALSE);
  (void) rig_recorder_await (self->recorder,
                             0,
                             APM2_OBJECT_ROOT " HealthChanged",
                             "'apm2-worker@a.service', 'unhealthy', 'unknown'");
}

/* To read a unit that nothing keeps loaded loads it, which the manager tells:
 * that must not lead to another reading. */
static void
test_reading_does_not_feed_itself (Fixture *self, gconstpointer data)
{
  guint n_read = 0;

  rig_systemd_set (
      self->systemd, "apm2-worker.service", "{'LoadState': <'not-found'>}");
  start (self);
  rig_wait_property (self->client, WORKER, "HealthReason", "'not_found'");
  n_read = self->systemd->n_read;
  for (guint i = 0; i < 5; i++)
    {
      rig_systemd_change (
          self->systemd, "apm2-daemon.service", i % 2 == 0 ? FAILED : ACTIVE);
      rig_wait_property (self->client,
                         DAEMON,
                         "Health",
                         i % 2 == 0 ? "'unhealthy'" : "'healthy'");
    }

  /* Each change is read at most twice. */
  g_assert_cmpuint (self->systemd->n_read - n_read, <=, 10);
  g_assert_cmpuint (self->systemd->n_listed, ==, 1);
}

static void
test_manager_that_executes_itself_is_no_news (Fixture *self, gconstpointer data)
{
  start (self);
  wait_present (self, WORKER, TRUE);
  rig_systemd_leave (self->systemd);
  rig_systemd_set (self->systemd, "apm2-worker.service", FAILED);
  rig_systemd_listen (self->systemd, self->home->runtime);
  rig_wait_property (self->client, WORKER, "Health", "'unhealthy'");

  g_assert_cmpuint (rig_recorder_count (self->recorder,
                                        APM2_OBJECT_ROOT " InterfacesRemoved",
                                        ""),
                    ==,
                    0);
}

static void
test_manager_that_stays_away_takes_the_units_along (Fixture *self,
                                                    gconstpointer data)
{
  start (self);
  wait_present (self, WORKER, TRUE);
  rig_systemd_leave (self->systemd);
  wait_present (self, WORKER, FALSE);

  wait_reason (self, "['no_worker']");
}

static void
write_beat (Fixture *self, gint64 pid, gint64 age_usec)
{
  g_autoptr (Apm2Heartbeat) beat = apm2_heartbeat_new ();
  g_autofree char *path = rig_home_path (self->home, "worker_heartbeat.json");
  g_autofree char *text = NULL;

  beat->pid = pid;
  g_free (beat->instance);
  beat->instance = g_strdup ("default");
  g_free (beat->boot_id);
  beat->boot_id = g_strdup (apm2_time_boot_id ());
  beat->timestamp_unix = g_get_real_time () / G_USEC_PER_SEC;
  beat->timestamp_boottime_usec = apm2_time_boottime_usec () - age_usec;
  text = apm2_heartbeat_to_json (beat, NULL);
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

static void
test_heartbeat_is_judged_when_time_comes (Fixture *self, gconstpointer data)
{
  rig_systemd_set (self->systemd, "apm2-worker.service", ACTIVE);
  start (self);
  wait_reason (self, "['heartbeat_missing', 'no_worker']");

  /* Two seconds from being stale. */
  write_beat (self, 4712, 118 * G_USEC_PER_SEC);
  rig_systemd_change (
      self->systemd, "apm2-worker.service", "{'MainPID': <uint32 4712>}");
  wait_reason (self, "['no_worker']");
  wait_reason (self, "['heartbeat_stale', 'no_worker']");
}

static void
test_beat_of_a_worker_has_its_file_read (Fixture *self, gconstpointer data)
{
  RigWorker *worker = NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GError) error = NULL;

  rig_systemd_set (self->systemd, "apm2-worker.service", ACTIVE);
  start (self);
  write_beat (self, 1, 0);
  worker = rig_worker_new (self->home, "default", 1);
  reply
      = rig_worker_try (worker,
                        "Heartbeat",
                        g_variant_new_parsed ("({'cycle_count': <uint64 1>},)"),
                        &error);
  g_assert_no_error (error);
  wait_reason (self, "['heartbeat_pid_mismatch']");

  write_beat (self, 4711, 0);
  g_clear_pointer (&reply, g_variant_unref);
  reply
      = rig_worker_try (worker,
                        "Heartbeat",
                        g_variant_new_parsed ("({'cycle_count': <uint64 2>},)"),
                        &error);
  g_assert_no_error (error);
  wait_reason (self, "@as []");
  assert_value (self, APM2_OBJECT_ROOT, "OverallHealth", "'healthy'");
  rig_worker_free (worker);
}

#define ADD(name, func)                                                        \
  g_test_add ("/apm2/units/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("units-are-objects", test_units_are_objects);
  ADD ("properties-come-before-the-signal",
       test_properties_come_before_the_signal);
  ADD ("instances-come-and-go", test_instances_come_and_go);
  ADD ("reading-does-not-feed-itself", test_reading_does_not_feed_itself);
  ADD ("manager-that-executes-itself-is-no-news",
       test_manager_that_executes_itself_is_no_news);
  ADD ("manager-that-stays-away-takes-the-units-along",
       test_manager_that_stays_away_takes_the_units_along);
  ADD ("heartbeat-is-judged-when-time-comes",
       test_heartbeat_is_judged_when_time_comes);
  ADD ("beat-of-a-worker-has-its-file-read",
       test_beat_of_a_worker_has_its_file_read);
  return g_test_run ();
}
