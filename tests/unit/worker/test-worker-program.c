/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The program apm2-worker: what it tells the service manager and the heartbeat
 * file, how it stops, and how it refuses to start. */

#include <signal.h>

#include "apm2-log.h"
#include "wait.h"
#include "worker-rig.h"

#define DEAF_SPEC                                                              \
  "{\"kind\":\"command\",\"schema\":\"apm2.fac.job_spec.v1\",\"steps\":[{"     \
  "\"argv\":[\"sh\",\"-c\",\"trap '' TERM; echo deaf; while :; do sleep 1; "   \
  "done\"],\"name\":\"a\"}]}"
#define SLEEP_SPEC                                                             \
  "{\"kind\":\"command\",\"schema\":\"apm2.fac.job_spec.v1\",\"steps\":[{"     \
  "\"argv\":[\"sleep\",\"999\"],\"name\":\"a\"}]}"
#define TRUE_SPEC                                                              \
  "{\"kind\":\"command\",\"schema\":\"apm2.fac.job_spec.v1\",\"steps\":[{"     \
  "\"argv\":[\"true\"],\"name\":\"a\"}]}"

static void
test_ready_once_registered (WorkerRig *rig, gconstpointer data)
{
  rig->broker->refuse = "RegisterWorker";
  worker_rig_start (rig, "--poll-interval 1", NULL);
  fake_broker_wait_registered (rig->broker, 2);
  g_assert_cmpuint (worker_rig_count_notes (rig, "READY=1"), ==, 0);

  rig->broker->refuse = NULL;
  worker_rig_wait_notes (rig, "READY=1", 1);
  fake_broker_hang_up (rig->broker);
  fake_broker_wait_registered (rig->broker, 4);
  fake_broker_wait_parked (rig->broker, 2);
  g_assert_cmpuint (worker_rig_count_notes (rig, "READY=1"), ==, 1);
}

static void
test_status_line (WorkerRig *rig, gconstpointer data)
{
  worker_rig_start (rig, "--poll-interval 1 --slots 3", NULL);
  worker_rig_wait_notes (rig, "STATUS=0 of 3 slots busy; 0 jobs done", 1);
  fake_broker_wait_parked (rig->broker, 3);
  fake_broker_lease (rig->broker, "j1", 7, SLEEP_SPEC);
  worker_rig_wait_notes (rig, "STATUS=1 of 3 slots busy; 0 jobs done", 1);
  fake_broker_lease (rig->broker, "j2", 8, TRUE_SPEC);
  worker_rig_wait_notes (rig, "STATUS=1 of 3 slots busy; 1 jobs done", 1);
}

static void
test_watchdog_is_fed (WorkerRig *rig, gconstpointer data)
{
  /* The interval of the cycles gives way to the watchdog's. */
  worker_rig_start (rig, "--poll-interval 3600", "400000");

  worker_rig_wait_notes (rig, "WATCHDOG=1", 3);
}

/* A broker that is silent is not the worker's fault. */
static void
test_watchdog_is_fed_without_answers (WorkerRig *rig, gconstpointer data)
{
  rig->broker->ignore = "Heartbeat";
  worker_rig_start (rig, "--poll-interval 3600", "400000");

  worker_rig_wait_notes (rig, "WATCHDOG=1", 3);
}

static void
test_heartbeat (WorkerRig *rig, gconstpointer data)
{
  g_autoptr (Apm2Heartbeat) heartbeat = NULL;

  worker_rig_start (rig, "--poll-interval 1", NULL);
  fake_broker_wait_parked (rig->broker, 2);
  fake_broker_lease (rig->broker, "j1", 7, SLEEP_SPEC);
  worker_rig_wait_health (rig, "ok", 3);

  heartbeat = worker_rig_read_heartbeat (rig, "worker_heartbeat.json");
  g_assert_nonnull (heartbeat);
  g_assert_cmpint (
      heartbeat->pid,
      ==,
      g_ascii_strtoll (g_subprocess_get_identifier (rig->worker), NULL, 10));
  g_assert_cmpstr (heartbeat->instance, ==, "default");
  g_assert_cmpstr (heartbeat->current_jobs[0], ==, "j1");
  g_assert_cmpuint (rig->broker->n_beats, >=, 2);
}

static void
test_heartbeat_of_an_instance (WorkerRig *rig, gconstpointer data)
{
  g_autoptr (Apm2Heartbeat) heartbeat = NULL;

  worker_rig_start (rig, "--poll-interval 1 --instance two", NULL);
  worker_rig_wait_notes (rig, "READY=1", 1);
  while (heartbeat == NULL)
    {
      (void) g_main_context_iteration (NULL, FALSE);
      heartbeat = worker_rig_read_heartbeat (rig, "worker_heartbeat.two.json");
    }
  g_assert_cmpstr (heartbeat->instance, ==, "two");
}

static void
test_heartbeat_without_broker (WorkerRig *rig, gconstpointer data)
{
  fake_broker_go (rig->broker);
  worker_rig_start (rig, "--poll-interval 1", NULL);
  worker_rig_wait_health (rig, "broker_unreachable", 2);
  fake_broker_come (rig->broker);
  worker_rig_wait_health (rig, "ok", 3);
  rig->broker->ignore = "Heartbeat";
  worker_rig_wait_health (rig, "broker_unreachable", 4);
}

static void
test_heartbeat_of_a_refused_result (WorkerRig *rig, gconstpointer data)
{
  worker_rig_start (rig, "--poll-interval 1", NULL);
  fake_broker_wait_parked (rig->broker, 2);
  rig->broker->refuse = "Finish";
  fake_broker_lease (rig->broker, "j1", 7, TRUE_SPEC);

  worker_rig_wait_health (rig, "result_refused", 1);
}

static void
stop (WorkerRig *rig)
{
  g_subprocess_send_signal (rig->worker, SIGTERM);
}

static void
assert_stopped (WorkerRig *rig)
{
  wait_for_flag (&rig->exited);
  g_assert_true (g_subprocess_get_if_exited (rig->worker));
  g_assert_cmpint (g_subprocess_get_exit_status (rig->worker), ==, 0);
}

static void
test_stop_when_idle (WorkerRig *rig, gconstpointer data)
{
  worker_rig_start (rig, "--poll-interval 3600", NULL);
  fake_broker_wait_parked (rig->broker, 2);
  stop (rig);
  assert_stopped (rig);

  g_assert_cmpuint (worker_rig_count_notes (rig, "STOPPING=1"), ==, 1);
}

static void
test_stop_gives_back (WorkerRig *rig, gconstpointer data)
{
  gint64 begun = 0;
  g_autofree char *text = NULL;

  worker_rig_start (rig, "--poll-interval 3600", NULL);
  fake_broker_wait_parked (rig->broker, 2);
  fake_broker_lease (rig->broker, "j1", 7, SLEEP_SPEC);
  fake_broker_wait_call (rig->broker, "Report");
  begun = g_get_monotonic_time ();
  stop (rig);
  assert_stopped (rig);

  g_assert_cmpint (g_get_monotonic_time () - begun, <, 2 * G_USEC_PER_SEC);
  g_assert_cmpuint (fake_broker_count_calls (rig->broker, "Return"), ==, 1);
  g_assert_cmpuint (fake_broker_count_calls (rig->broker, "Finish"), ==, 0);
  text = g_variant_print (rig->broker->last, FALSE);
  g_assert_cmpstr (text, ==, "('j1', 7, {})");
}

static void
test_stop_without_broker (WorkerRig *rig, gconstpointer data)
{
  worker_rig_start (rig, "--poll-interval 1", NULL);
  fake_broker_wait_parked (rig->broker, 2);
  fake_broker_lease (rig->broker, "j1", 7, SLEEP_SPEC);
  fake_broker_wait_call (rig->broker, "Report");
  fake_broker_go (rig->broker);
  worker_rig_wait_health (rig, "broker_unreachable", 1);
  stop (rig);
  assert_stopped (rig);
}

/* The lease allows a minute of grace; the stop does not. */
static void
test_stop_kills_the_deaf (WorkerRig *rig, gconstpointer data)
{
  worker_rig_start (rig, "--poll-interval 3600", NULL);
  fake_broker_wait_parked (rig->broker, 2);
  fake_broker_lease (rig->broker, "j1", 7, DEAF_SPEC);
  fake_broker_wait_call (rig->broker, "Report");
  stop (rig);
  stop (rig);
  assert_stopped (rig);

  g_assert_cmpuint (fake_broker_count_calls (rig->broker, "Return"), ==, 1);
}

static void
test_usage (WorkerRig *rig, gconstpointer data)
{
  g_assert_cmpint (worker_rig_run (rig, data), ==, 64);
}

static void
test_executor_systemd (WorkerRig *rig, gconstpointer data)
{
  g_assert_cmpint (worker_rig_run (rig, "--executor systemd"), ==, 1);
}

/* The rig plays a service manager. */
static void
test_executor_auto (WorkerRig *rig, gconstpointer data)
{
  g_assert_cmpint (worker_rig_run (rig, "--executor auto"), ==, 1);
}

static void
test_bad_configuration (WorkerRig *rig, gconstpointer data)
{
  g_autofree char *path = g_build_filename (rig->home, "apm2.conf", NULL);

  g_assert_true (
      g_file_set_contents (path, "[worker]\nslots=many\n", -1, NULL));
  g_assert_cmpint (worker_rig_run (rig, "--debug"), ==, 78);
}

static void
test_version (WorkerRig *rig, gconstpointer data)
{
  g_assert_cmpint (worker_rig_run (rig, "--version"), ==, 0);
}

int
main (int argc, char **argv)
{
  static const char *const wrong[]
      = { "--slots 0",         "--slots 1025",   "--poll-interval 0",
          "--poll-interval x", "--instance a/b", "--system",
          "--nonsense",        "argument" };

  g_test_init (&argc, &argv, NULL);
  apm2_log_init ("test", FALSE);

#define ADD(path, func)                                                        \
  g_test_add ("/apm2/worker-program/" path,                                    \
              WorkerRig,                                                       \
              NULL,                                                            \
              worker_rig_set_up,                                               \
              func,                                                            \
              worker_rig_tear_down)
  ADD ("notify/ready-once-registered", test_ready_once_registered);
  ADD ("notify/status-is-one-line", test_status_line);
  ADD ("watchdog/is-fed", test_watchdog_is_fed);
  ADD ("watchdog/is-fed-beside-a-silent-broker",
       test_watchdog_is_fed_without_answers);
  ADD ("heartbeat/says-what-runs", test_heartbeat);
  ADD ("heartbeat/of-an-instance", test_heartbeat_of_an_instance);
  ADD ("heartbeat/says-when-the-broker-is-away", test_heartbeat_without_broker);
  ADD ("heartbeat/says-when-a-result-is-refused",
       test_heartbeat_of_a_refused_result);
  ADD ("stop/when-idle", test_stop_when_idle);
  ADD ("stop/gives-back-what-runs", test_stop_gives_back);
  ADD ("stop/without-a-broker", test_stop_without_broker);
  ADD ("stop/kills-the-deaf-at-the-second-signal", test_stop_kills_the_deaf);
  ADD ("start/systemd-is-refused", test_executor_systemd);
  ADD ("start/a-service-does-not-fall-back", test_executor_auto);
  ADD ("start/bad-configuration-is-refused", test_bad_configuration);
  ADD ("start/version", test_version);
#undef ADD
  for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      g_autofree char *path = g_strdup_printf (
          "/apm2/worker-program/start/wrong-options-are-refused-%zu", i);

      g_test_add (path,
                  WorkerRig,
                  wrong[i],
                  worker_rig_set_up,
                  test_usage,
                  worker_rig_tear_down);
    }
  return g_test_run ();
}
