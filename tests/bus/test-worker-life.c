/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The worker as it is built, with the direct executor: what it survives, and
 * what its own death means for the jobs that it runs.
 */

#include <signal.h>
#include <string.h>

#include "rig-broker.h"
#include "rig-client.h"
#include "rig-file.h"
#include "rig-wait.h"

typedef struct
{
  Rig *rig;
  RigProcess *worker;
} Fixture;

/* A heartbeat in each second is what a lease of one second needs least. */
static const char *const worker_options[]
    = { "--slots=2", "--poll-interval=1", NULL };

static void
start_worker (Fixture *self)
{
  g_clear_pointer (&self->worker, rig_process_free);
  self->worker = rig_worker_start (self->rig->home, worker_options);
}

static void
set_up (Fixture *self, gconstpointer config)
{
  self->rig = rig_new (config);
  start_worker (self);
}

static void
tear_down (Fixture *self, gconstpointer config)
{
  if (rig_process_is_running (self->worker))
    g_assert_cmpint (rig_process_stop (self->worker), ==, 0);
  rig_process_free (self->worker);
  rig_free (self->rig);
}

static void
assert_ended (Fixture *self,
              const char *id,
              const char *state,
              const char *verdict,
              const char *reason)
{
  g_autofree char *really = NULL;
  g_autofree char *why = NULL;

  rig_wait_state (self->rig->client, id, state);
  really = rig_get_string (self->rig->client, id, "verdict");
  why = rig_get_string (self->rig->client, id, "reason");
  g_assert_cmpstr (really, ==, verdict);
  g_assert_cmpstr (why, ==, reason);
}

static guint
get_attempt (Fixture *self, const char *id)
{
  g_autoptr (GVariant) record = rig_get (self->rig->client, id);
  guint attempt = 0;

  g_assert_true (g_variant_lookup (record, "attempt", "u", &attempt));
  return attempt;
}

/* --- what a job may do --- */

static void
test_job_passes (Fixture *self, gconstpointer data)
{
  g_autofree char *spec = rig_spec (NULL);
  g_autofree char *id = rig_submit (self->rig->client, spec);
  g_autoptr (GVariant) reply = NULL;
  const char *receipt = NULL;

  assert_ended (self, id, "completed", "passed", "");
  reply = rig_queue (self->rig->client, "GetReceipt", "(%s, @a{sv} {})", id);
  g_variant_get (reply, "(&s&s)", &receipt, NULL);
  g_assert_nonnull (strstr (receipt, "\"containment\":\"none\""));
  g_assert_nonnull (strstr (receipt, "\"executor\":\"direct\""));
  g_assert_nonnull (strstr (receipt, "\"exit_status\":0"));
  g_assert_cmpuint (rig_verify_chain (self->rig->client, NULL), ==, 1);
}

static void
test_ends_have_their_reasons (Fixture *self, gconstpointer data)
{
  static const struct
  {
    const char *script;
    const char *members;
    const char *reason;
  } ends[] = {
    { "exit 3", NULL, "step_failed" },
    { "kill -SEGV $$", NULL, "signal" },
    { "sleep 60", "'limits':{'timeout_sec':1}", "timeout" },
    { "while echo 0123456789; do :; done", NULL, "log_limit" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (ends); i++)
    {
      g_autofree char *spec = rig_spec_sh (ends[i].script, ends[i].members);
      g_autofree char *id = rig_submit (self->rig->client, spec);

      assert_ended (self, id, "completed", "failed", ends[i].reason);
    }
}

static void
test_missing_program_is_told (Fixture *self, gconstpointer data)
{
  g_autofree char *spec
      = rig_json ("{'schema':'apm2.fac.job_spec.v1','kind':'command','steps':[{"
                  "'name':'a','argv':['/nonexistent/program']}]}");
  g_autofree char *id = rig_submit (self->rig->client, spec);

  assert_ended (self, id, "completed", "failed", "spawn_failed");
}

static void
test_environment_starts_empty (Fixture *self, gconstpointer data)
{
  g_autofree char *out = rig_file (self->rig->home, "env");
  g_autofree char *script = g_strdup_printf ("env > %s", out);
  g_autofree char *spec = rig_spec_sh (script, NULL);
  g_autofree char *id = rig_submit (self->rig->client, spec);
  g_autofree char *text = NULL;
  g_auto (GStrv) env = NULL;

  assert_ended (self, id, "completed", "passed", "");
  text = rig_file_read (self->rig->home, "env");
  env = g_strsplit (text, "\n", -1);
  g_assert_cmpstr (g_environ_getenv (env, "APM2_JOB_ID"), ==, id);
  g_assert_cmpstr (g_environ_getenv (env, "APM2_STEP"), ==, "a");
  g_assert_cmpstr (g_environ_getenv (env, "CI"), ==, "true");
  g_assert_null (g_environ_getenv (env, "APM2_HOME"));
  g_assert_null (g_environ_getenv (env, "XDG_RUNTIME_DIR"));
  g_assert_null (g_environ_getenv (env, "ASAN_OPTIONS"));
  g_assert_null (g_environ_getenv (env, "G_DEBUG"));
}

/* --- broker restarts --- */

static void
test_job_runs_on_without_the_broker (Fixture *self, gconstpointer data)
{
  g_autofree char *spec = rig_spec_waiting (self->rig->home, NULL);
  g_autofree char *id = rig_submit (self->rig->client, spec);
  pid_t pid = rig_file_wait_pid (self->rig->home, "pid");

  for (guint i = 0; i < 3; i++)
    {
      rig_crash (self->rig);
      rig_wait_state (self->rig->client, id, "running");
    }
  g_assert_true (rig_pid_is_alive (pid));
  rig_file_touch (self->rig->home, "go");
  assert_ended (self, id, "completed", "passed", "");
  g_assert_cmpuint (get_attempt (self, id), ==, 1);
  g_assert_cmpuint (rig_file_count_lines (self->rig->home, "starts"), ==, 1);
  g_assert_cmpuint (rig_verify_chain (self->rig->client, NULL), ==, 1);
}

static void
test_job_that_ends_meanwhile_is_finished (Fixture *self, gconstpointer data)
{
  g_autofree char *spec = rig_spec_waiting (self->rig->home, NULL);
  g_autofree char *id = rig_submit (self->rig->client, spec);
  pid_t pid = rig_file_wait_pid (self->rig->home, "pid");

  rig_process_kill (self->rig->broker);
  rig_file_touch (self->rig->home, "go");
  rig_pid_wait_gone (pid);
  rig_crash (self->rig);
  assert_ended (self, id, "completed", "passed", "");
  g_assert_cmpuint (get_attempt (self, id), ==, 1);
  g_assert_cmpuint (rig_file_count_lines (self->rig->home, "starts"), ==, 1);
}

/* --- worker deaths --- */

static void
test_dead_worker_leaves_no_process (Fixture *self, gconstpointer data)
{
  g_autofree char *spec = rig_spec_waiting (self->rig->home, NULL);
  g_autofree char *id = rig_submit (self->rig->client, spec);
  pid_t pid = rig_file_wait_pid (self->rig->home, "pid");

  rig_process_kill (self->worker);
  rig_pid_wait_gone (pid);
  rig_file_touch (self->rig->home, "go");
  start_worker (self);
  assert_ended (self, id, "completed", "passed", "");
  g_assert_cmpuint (get_attempt (self, id), ==, 2);
  g_assert_cmpuint (rig_file_count_lines (self->rig->home, "starts"), ==, 2);
  g_assert_cmpuint (rig_verify_chain (self->rig->client, NULL), ==, 1);
}

typedef struct
{
  RigHome *home;
  guint n;
} Starts;

static gboolean
has_started (gpointer data)
{
  const Starts *starts = data;

  return rig_file_count_lines (starts->home, "starts") >= starts->n;
}

static void
test_third_death_quarantines (Fixture *self, gconstpointer data)
{
  g_autofree char *spec = rig_spec_waiting (self->rig->home, NULL);
  g_autofree char *id = rig_submit (self->rig->client, spec);

  for (guint i = 1; i <= 3; i++)
    {
      Starts starts = { self->rig->home, i };

      rig_wait (has_started, &starts, "the job starts again");
      rig_process_kill (self->worker);
      start_worker (self);
    }
  assert_ended (self, id, "quarantined", "", "worker_lost");
  g_assert_cmpuint (rig_file_count_lines (self->rig->home, "starts"), ==, 3);
  g_assert_cmpuint (rig_verify_chain (self->rig->client, NULL), ==, 1);
}

static void
test_stopped_worker_is_given_up (Fixture *self, gconstpointer data)
{
  static const char *const options[]
      = { "--instance=other", "--poll-interval=1", NULL };
  g_autofree char *spec = rig_spec_waiting (self->rig->home, NULL);
  g_autofree char *id = rig_submit (self->rig->client, spec);
  pid_t pid = rig_file_wait_pid (self->rig->home, "pid");
  g_autoptr (RigProcess) other = NULL;
  Starts twice = { self->rig->home, 2 };
  g_autofree char *worker = NULL;

  rig_process_signal (self->worker, SIGSTOP);
  other = rig_worker_start (self->rig->home, options);
  rig_wait (has_started, &twice, "another worker starts the job");
  /* When it wakes up it learns that the job is no longer its own. */
  rig_process_signal (self->worker, SIGCONT);
  rig_pid_wait_gone (pid);
  rig_file_touch (self->rig->home, "go");
  assert_ended (self, id, "completed", "passed", "");
  worker = rig_get_string (self->rig->client, id, "worker");
  g_assert_cmpstr (worker, ==, "other");
  g_assert_cmpuint (get_attempt (self, id), ==, 2);
  g_assert_cmpuint (rig_verify_chain (self->rig->client, NULL), ==, 1);
  g_assert_cmpint (rig_process_stop (other), ==, 0);
}

static void
test_terminated_worker_gives_back (Fixture *self, gconstpointer data)
{
  g_autofree char *spec = rig_spec_waiting (self->rig->home, NULL);
  g_autofree char *id = rig_submit (self->rig->client, spec);
  pid_t pid = rig_file_wait_pid (self->rig->home, "pid");

  g_assert_cmpint (rig_process_stop (self->worker), ==, 0);
  rig_pid_wait_gone (pid);
  rig_wait_state (self->rig->client, id, "pending");
  rig_file_touch (self->rig->home, "go");
  start_worker (self);
  assert_ended (self, id, "completed", "passed", "");
}

static void
test_namesake_waits_for_its_turn (Fixture *self, gconstpointer data)
{
  g_autofree char *spec = rig_spec (NULL);
  g_autofree char *first = rig_submit (self->rig->client, spec);
  g_autofree char *second = NULL;
  g_autoptr (RigProcess) namesake = NULL;

  rig_wait_state (self->rig->client, first, "completed");
  namesake = rig_worker_start (self->rig->home, worker_options);
  second = rig_submit (self->rig->client, spec);
  rig_wait_state (self->rig->client, second, "completed");
  rig_process_kill (self->worker);
  g_clear_pointer (&self->worker, rig_process_free);
  self->worker = g_steal_pointer (&namesake);
  {
    g_autofree char *third = rig_submit (self->rig->client, spec);

    rig_wait_state (self->rig->client, third, "completed");
  }
}

/* --- cancelling --- */

static void
test_cancel_ends_every_process (Fixture *self, gconstpointer data)
{
  g_autofree char *child = g_strdup_printf (
      "cd %s; setsid sh -c 'echo $$ > far.new; mv far.new far; trap : TERM; "
      "while :; do sleep 0.05; done' & echo $$ > pid.new; mv pid.new pid; "
      "while :; do sleep 0.05; done",
      self->rig->home->dir);
  g_autofree char *spec = rig_spec_sh (child, NULL);
  g_autofree char *id = rig_submit (self->rig->client, spec);
  pid_t pid = rig_file_wait_pid (self->rig->home, "pid");
  pid_t far = rig_file_wait_pid (self->rig->home, "far");

  g_variant_unref (
      rig_queue (self->rig->client, "Cancel", "(%s, @a{sv} {})", id));
  assert_ended (self, id, "cancelled", "", "cancelled");
  g_assert_false (rig_pid_is_alive (pid));
  g_assert_false (rig_pid_is_alive (far));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD_WITH(name, function, config)                                       \
  g_test_add (                                                                 \
      "/apm2/worker-life/" name, Fixture, config, set_up, function, tear_down)
#define ADD(name, function) ADD_WITH (name, function, NULL)

  ADD ("job/passes", test_job_passes);
  ADD_WITH ("job/ends-have-their-reasons",
            test_ends_have_their_reasons,
            "[job]\nlog-bytes-max=4K\nkill-grace=0s\n");
  ADD ("job/missing-program-is-told", test_missing_program_is_told);
  ADD ("job/environment-starts-empty", test_environment_starts_empty);
  ADD ("broker/job-runs-on-without-it", test_job_runs_on_without_the_broker);
  ADD ("broker/job-that-ends-meanwhile-is-finished",
       test_job_that_ends_meanwhile_is_finished);
  ADD ("death/leaves-no-process", test_dead_worker_leaves_no_process);
  ADD ("death/third-quarantines", test_third_death_quarantines);
  ADD_WITH ("death/stopped-worker-is-given-up",
            test_stopped_worker_is_given_up,
            "[lease]\nexpiry=3s\n");
  ADD_WITH ("death/terminated-worker-gives-back",
            test_terminated_worker_gives_back,
            "[job]\nkill-grace=1s\n");
  ADD ("death/namesake-waits-for-its-turn", test_namesake_waits_for_its_turn);
  ADD_WITH ("cancel/ends-every-process",
            test_cancel_ends_every_process,
            "[job]\nkill-grace=1s\n");
  return g_test_run ();
}
