/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The command line against a broker and a worker that run: what it prints, how
 * it exits, and that it follows a job over the death of the broker.
 */

#include <jansson.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/wait.h>

#include "rig-broker.h"
#include "rig-client.h"
#include "rig-file.h"
#include "rig-wait.h"

/* As the manual page lists them. */
#define EXIT_JOB_FAILED  3
#define EXIT_UNREACHABLE 5
#define EXIT_NOT_FOUND   6

typedef struct
{
  Rig *rig;
  RigProcess *worker;
} Fixture;

static const char *const worker_options[]
    = { "--slots=2", "--poll-interval=1", NULL };

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

/* Runs apm2 --user with @words; returns what it printed without the final line
 * break. */
static char *
apm2 (RigHome *home, int expected, const char *const *words)
{
  g_autofree char *program = rig_program ("cli/apm2");
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  g_autofree char *complaint = NULL;
  char *out = NULL;
  int status = -1;

  g_ptr_array_add (argv, program);
  g_ptr_array_add (argv, (gpointer) "--user");
  for (gsize i = 0; words[i] != NULL; i++)
    g_ptr_array_add (argv, (gpointer) words[i]);
  g_ptr_array_add (argv, NULL);
  out = rig_run (home, (const char *const *) argv->pdata, &status, &complaint);
  if (status != expected)
    rig_fail ("apm2 %s %s exits with %d, not %d: %s%s",
              words[0],
              words[1],
              status,
              expected,
              out,
              complaint);
  return g_strchomp (out);
}

#define APM2(self, expected, ...)                                              \
  apm2 ((self)->rig->home, expected, (const char *const[]){ __VA_ARGS__, NULL })

static void
assert_has (const char *output, const char *part)
{
  if (strstr (output, part) == NULL)
    rig_fail ("'%s' is not in: %s", part, output);
}

static void
test_submit_prints_the_id (Fixture *self, gconstpointer data)
{
  g_autofree char *id
      = APM2 (self, 0, "fac", "submit", "-p", "3", "--", "true");

  rig_wait_state (self->rig->client, id, "completed");
  {
    g_autoptr (GVariant) record = rig_get (self->rig->client, id);
    guint priority = 0;

    g_assert_true (g_variant_lookup (record, "priority", "u", &priority));
    g_assert_cmpuint (priority, ==, 3);
  }
}

static void
test_wait_tells_the_outcome (Fixture *self, gconstpointer data)
{
  g_autofree char *good = APM2 (self, 0, "fac", "submit", "--wait", "true");
  g_autofree char *bad
      = APM2 (self, EXIT_JOB_FAILED, "fac", "submit", "--wait", "false");
  g_autofree char *id = APM2 (self, 0, "fac", "submit", "false");
  g_autofree char *later
      = APM2 (self, EXIT_JOB_FAILED, "fac", "job", "wait", id);

  assert_has (later, id);
}

static void
test_follow_prints_the_log (Fixture *self, gconstpointer data)
{
  g_autofree char *out = APM2 (self,
                               0,
                               "fac",
                               "submit",
                               "--follow",
                               "--",
                               "sh",
                               "-c",
                               "echo one; echo two");

  assert_has (out, "one\ntwo");
}

static void
test_same_key_is_same_job (Fixture *self, gconstpointer data)
{
  g_autofree char *first
      = APM2 (self, 0, "fac", "submit", "--idempotency-key", "k", "--", "true");
  g_autofree char *second
      = APM2 (self, 0, "fac", "submit", "--idempotency-key", "k", "--", "true");

  g_assert_cmpstr (first, ==, second);
}

static void
test_lists_are_json (Fixture *self, gconstpointer data)
{
  g_autofree char *id = APM2 (self, 0, "fac", "submit", "--wait", "true");
  static const char *const verbs[][4] = {
    { "fac", "jobs", "--json", NULL },
    { "fac", "queue", "status", "--json" },
    { "fac", "lanes", "--json", NULL },
    { "fac", "receipts", "list", "--json" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (verbs); i++)
    {
      const char *const words[]
          = { verbs[i][0], verbs[i][1], verbs[i][2], verbs[i][3], NULL };
      g_autofree char *out = apm2 (self->rig->home, 0, words);
      json_t *json = json_loads (out, JSON_REJECT_DUPLICATES, NULL);

      if (json == NULL)
        rig_fail ("%s %s prints no JSON: %s", words[1], words[2], out);
      json_decref (json);
    }
}

/* @config gives the lane three slots. */
static void
test_lanes_tell_what_is_used (Fixture *self, gconstpointer config)
{
  g_autofree char *script = g_strdup_printf (
      "while [ ! -e %s/go ]; do sleep 0.01; done", self->rig->home->dir);
  g_autofree char *id
      = APM2 (self, 0, "fac", "submit", "--", "sh", "-c", script);
  g_autofree char *held = NULL;
  g_autofree char *free_again = NULL;

  rig_wait_state (self->rig->client, id, "running");
  rig_wait_property (
      self->rig->client, APM2_OBJECT_LANES "/bulk", "UsedSlots", "uint64 1");
  held = APM2 (self, 0, "fac", "lanes");
  assert_has (held, "LANE   STATE  SLOTS");
  assert_has (held, "bulk   open     1/3");
  assert_has (held, "gates  open       -");

  rig_file_touch (self->rig->home, "go");
  rig_wait_state (self->rig->client, id, "completed");
  free_again = APM2 (self, 0, "fac", "lanes", "--no-legend");
  assert_has (free_again, "bulk   open  0/3");
}

static void
test_show_and_logs (Fixture *self, gconstpointer data)
{
  g_autofree char *id
      = APM2 (self, 0, "fac", "submit", "--name", "Greeting", "echo", "hello");
  g_autofree char *shown = NULL;
  g_autofree char *log = NULL;

  rig_wait_state (self->rig->client, id, "completed");
  shown = APM2 (self, 0, "fac", "job", "show", id);
  assert_has (shown, "Greeting");
  assert_has (shown, "passed");
  log = APM2 (self, 0, "fac", "job", "logs", id);
  g_assert_cmpstr (log, ==, "hello");
}

static void
test_pause_holds_and_cancel_ends (Fixture *self, gconstpointer data)
{
  g_autofree char *id = NULL;
  g_autofree char *state = NULL;

  g_free (APM2 (self, 0, "fac", "queue", "pause"));
  id = APM2 (self, 0, "fac", "submit", "true");
  rig_wait_state (self->rig->client, id, "pending");
  g_free (APM2 (self, 0, "fac", "job", "cancel", id));
  state = rig_get_string (self->rig->client, id, "state");
  g_assert_cmpstr (state, ==, "cancelled");
  g_free (APM2 (self, 0, "fac", "queue", "resume"));
  {
    g_autofree char *again = APM2 (self, 0, "fac", "job", "retry", id);

    g_assert_cmpstr (again, !=, id);
  }
}

static void
test_receipts_verify (Fixture *self, gconstpointer data)
{
  g_autofree char *file = rig_file (self->rig->home, "receipts");
  g_autofree char *text = NULL;
  g_autofree char *bad = NULL;
  char *outcome = NULL;

  for (guint i = 0; i < 3; i++)
    g_free (APM2 (self, 0, "fac", "submit", "--wait", "true"));
  g_free (APM2 (self, 0, "fac", "receipts", "verify"));
  text = APM2 (self, 0, "fac", "receipts", "list", "--text");
  g_assert_true (g_file_set_contents (file, text, -1, NULL));
  g_free (APM2 (self, 0, "fac", "receipts", "verify", file));
  /* One letter, and it is another receipt. */
  outcome = strstr (text, "passed");
  g_assert_nonnull (outcome);
  memcpy (outcome, "failed", strlen ("failed"));
  g_assert_true (g_file_set_contents (file, text, -1, NULL));
  bad = APM2 (self, 1, "fac", "receipts", "verify", file);
}

static void
test_what_is_not_there (Fixture *self, gconstpointer data)
{
  g_free (APM2 (self, EXIT_NOT_FOUND, "fac", "job", "show", "ghost"));
  g_free (APM2 (self, EXIT_NOT_FOUND, "fac", "job", "logs", "ghost"));
  g_free (APM2 (self, EXIT_NOT_FOUND, "fac", "job", "cancel", "ghost"));
  g_free (APM2 (self, EXIT_NOT_FOUND, "fac", "job", "wait", "ghost"));
  g_free (APM2 (self, EXIT_NOT_FOUND, "fac", "receipts", "show", "ghost"));
}

static void
test_no_broker_is_unreachable (void)
{
  g_autoptr (RigHome) home = rig_home_new (NULL);
  static const char *const words[] = { "fac", "jobs", NULL };

  g_free (apm2 (home, EXIT_UNREACHABLE, words));
}

static RigProcess *
start_apm2 (RigHome *home, const char *const *words)
{
  g_autofree char *program = rig_program ("cli/apm2");
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();

  g_ptr_array_add (argv, program);
  g_ptr_array_add (argv, (gpointer) "--user");
  for (gsize i = 0; words[i] != NULL; i++)
    g_ptr_array_add (argv, (gpointer) words[i]);
  g_ptr_array_add (argv, NULL);
  return rig_process_start (home, "apm2", (const char *const *) argv->pdata);
}

/* More than the match rules that the broker takes of one client. */
static void
test_wait_for_many (Fixture *self, gconstpointer data)
{
  g_autoptr (GPtrArray) words = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (RigProcess) waiting = NULL;

  g_free (APM2 (self, 0, "fac", "queue", "pause"));
  g_ptr_array_add (words, g_strdup ("fac"));
  g_ptr_array_add (words, g_strdup ("job"));
  g_ptr_array_add (words, g_strdup ("wait"));
  for (guint i = 0; i < 70; i++)
    {
      g_autofree char *id = APM2 (self, 0, "fac", "submit", "true");

      g_ptr_array_add (words, g_strdup (g_strstrip (id)));
    }
  g_ptr_array_add (words, NULL);
  waiting = start_apm2 (self->rig->home,
                        (const char *const *) (gpointer) words->pdata);
  g_free (APM2 (self, 0, "fac", "queue", "resume"));

  g_assert_cmpint (rig_process_wait (waiting), ==, 0);
}

static void
test_wait_outlives_the_broker (Fixture *self, gconstpointer data)
{
  g_autofree char *script
      = g_strdup_printf ("cd %s; echo $$ > pid.new; mv pid.new pid; "
                         "while [ ! -e go ]; do sleep 0.01; done",
                         self->rig->home->dir);
  const char *const words[]
      = { "fac", "submit", "--wait", "--idempotency-key", "k", "--", "sh",
          "-c",  script,   NULL };
  g_autoptr (RigProcess) waiting = start_apm2 (self->rig->home, words);
  int status = -1;

  (void) rig_file_wait_pid (self->rig->home, "pid");
  rig_crash (self->rig);
  rig_wait_property (
      self->rig->client, APM2_OBJECT_WORKERS "/default", "State", "'busy'");
  g_assert_true (rig_process_is_running (waiting));
  rig_file_touch (self->rig->home, "go");
  status = rig_process_wait (waiting);
  g_assert_true (WIFEXITED (status));
  g_assert_cmpint (WEXITSTATUS (status), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, function)                                                    \
  g_test_add (                                                                 \
      "/apm2/cli-live/" name, Fixture, NULL, set_up, function, tear_down)

  ADD ("submit/prints-the-id", test_submit_prints_the_id);
  ADD ("submit/wait-tells-the-outcome", test_wait_tells_the_outcome);
  ADD ("job/wait-for-many", test_wait_for_many);
  ADD ("submit/follow-prints-the-log", test_follow_prints_the_log);
  ADD ("submit/same-key-is-same-job", test_same_key_is_same_job);
  ADD ("list/is-json", test_lists_are_json);
  g_test_add ("/apm2/cli-live/lanes/tell-what-is-used",
              Fixture,
              "[lane bulk]\nslots=3\n[lane run]\nslots=2\n",
              set_up,
              test_lanes_tell_what_is_used,
              tear_down);
  ADD ("job/show-and-logs", test_show_and_logs);
  ADD ("job/pause-holds-and-cancel-ends", test_pause_holds_and_cancel_ends);
  ADD ("receipts/verify", test_receipts_verify);
  ADD ("errors/what-is-not-there", test_what_is_not_there);
  ADD ("wait/outlives-the-broker", test_wait_outlives_the_broker);
  g_test_add_func ("/apm2/cli-live/errors/no-broker-is-unreachable",
                   test_no_broker_is_unreachable);
  return g_test_run ();
}
