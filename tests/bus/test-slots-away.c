/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Callers of org.apm2.Slots that go away, come back or end, brokers that are
 * started anew meanwhile, and callers within the command of another.
 *
 * The test itself is a caller with a process that lives. One that ends is the
 * same program again, as a child.
 */

#include <string.h>
#include <sys/wait.h>

#include "rig-slot.h"
#include "rig-wait.h"

typedef struct
{
  Rig *rig;
  RigSlot *a;
  RigSlot *b;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  self->rig = rig_new (data != NULL ? data : "[lane run]\nslots=1\n");
  self->a = rig_slot_new (self->rig->home);
  self->b = rig_slot_new (self->rig->home);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  rig_slot_free (self->a);
  rig_slot_free (self->b);
  rig_free (self->rig);
}

static void
await_job (Fixture *self, const char *job_id, const char *state)
{
  rig_slot_await_job (self->rig->client, job_id, state);
}

static void
assert_text (Fixture *self,
             const char *job_id,
             const char *key,
             const char *text)
{
  g_autofree char *value = rig_get_string (self->rig->client, job_id, key);

  g_assert_cmpstr (value, ==, text);
}

/* --- callers that end --- */

static void
test_a_job_is_lost_with_its_caller (Fixture *self, gconstpointer data)
{
  g_autoptr (RigProcess) caller
      = rig_slot_start_process (self->rig->home, "one", "");

  await_job (self, "one", "running");
  rig_slot_attach (self->b, "two", "", "waiting");
  rig_process_kill (caller);
  rig_slot_await_granted (self->b, "two");
  assert_text (self, "one", "state", "completed");
  assert_text (self, "one", "verdict", "failed");
  assert_text (self, "one", "reason", "lost");
  rig_slot_pass (self->b);
}

static void
test_one_that_waits_is_cancelled_with_its_caller (Fixture *self,
                                                  gconstpointer data)
{
  g_autoptr (RigProcess) first
      = rig_slot_start_process (self->rig->home, "one", "");
  g_autoptr (RigProcess) second = NULL;

  await_job (self, "one", "running");
  second = rig_slot_start_process (self->rig->home, "two", "");
  await_job (self, "two", "pending");
  rig_process_kill (second);
  await_job (self, "two", "cancelled");
  assert_text (self, "two", "reason", "cancelled");
  assert_text (self, "one", "state", "running");
  rig_process_kill (first);
  await_job (self, "one", "completed");
}

/* --- callers that come back --- */

static void
test_a_caller_comes_back_to_its_slot (Fixture *self, gconstpointer data)
{
  guint64 token;

  rig_slot_attach (self->a, "one", "", "granted");
  rig_slot_start (self->a);
  rig_slot_attach (self->b, "two", "", "waiting");
  token = self->a->token;
  rig_slot_reconnect (self->a, self->rig->home);
  rig_slot_resume (self->a, "one", token, "granted");
  g_assert_cmpuint (self->a->token, ==, token);
  g_assert_cmpuint (rig_slot_count (self->b, "Granted"), ==, 0);
  rig_slot_pass (self->a);
  rig_slot_await_granted (self->b, "two");
  rig_slot_pass (self->b);
}

static void
test_a_caller_comes_back_to_its_place (Fixture *self, gconstpointer data)
{
  g_autoptr (RigSlot) c = rig_slot_new (self->rig->home);

  rig_slot_attach (self->a, "one", "", "granted");
  rig_slot_attach (self->b, "two", "", "waiting");
  rig_slot_attach (c, "three", "", "waiting");
  rig_slot_reconnect (self->b, self->rig->home);
  rig_slot_resume (self->b, "two", 0, "waiting");
  rig_slot_pass (self->a);
  rig_slot_await_granted (self->b, "two");
  rig_slot_pass (self->b);
  rig_slot_await_granted (c, "three");
  rig_slot_pass (c);
}

/* Its reply was lost, or so it seems. */
static void
test_attached_again_is_the_same_job (Fixture *self, gconstpointer data)
{
  guint64 token;

  rig_slot_attach (self->a, "one", "", "granted");
  token = self->a->token;
  rig_slot_reconnect (self->a, self->rig->home);
  rig_slot_attach (self->a, "one", "", "granted");
  g_assert_cmpuint (self->a->token, ==, token);
  rig_slot_pass (self->a);
}

/* An id is no secret. */
static void
test_another_process_is_not_the_caller (Fixture *self, gconstpointer data)
{
  g_autoptr (RigProcess) other = NULL;
  guint64 token;

  rig_slot_attach (self->a, "one", "", "granted");
  token = self->a->token;
  rig_slot_reconnect (self->a, self->rig->home);
  other = rig_slot_start_process (self->rig->home, "one", "");
  g_assert_cmpint (WEXITSTATUS (rig_process_wait (other)), ==, 1);
  rig_slot_resume (self->a, "one", token, "granted");
  rig_slot_pass (self->a);
}

static void
test_nobody_waits_for_ever_for_a_caller (Fixture *self, gconstpointer data)
{
  rig_slot_attach (self->a, "one", "", "granted");
  rig_slot_start (self->a);
  rig_slot_attach (self->b, "two", "", "waiting");
  rig_slot_reconnect (self->a, self->rig->home);
  rig_slot_await_granted (self->b, "two");
  assert_text (self, "one", "reason", "lost");
  rig_slot_fails (self->a,
                  APM2_ERROR_STALE,
                  "end the command",
                  "Resume",
                  g_variant_new ("(sta{sv})", "one", self->a->token, NULL));
  rig_slot_pass (self->b);
}

static void
test_a_cancellation_waits_for_its_caller (Fixture *self, gconstpointer data)
{
  guint64 token;

  rig_slot_attach (self->a, "one", "", "granted");
  rig_slot_start (self->a);
  token = self->a->token;
  rig_slot_reconnect (self->a, self->rig->home);
  g_variant_unref (
      rig_queue (self->rig->client, "Cancel", "('one', @a{sv} {})"));
  rig_slot_resume (self->a, "one", token, "granted");
  (void) rig_slot_await (self->a, "CancelRequested", "one", "'cancelled'");
  rig_slot_pass (self->a);
}

/* --- another broker --- */

static void
come_back (Fixture *self, guint64 token)
{
  g_autoptr (RigSlot) c = NULL;

  rig_slot_reconnect (self->a, self->rig->home);
  rig_slot_reconnect (self->b, self->rig->home);
  c = rig_slot_new (self->rig->home);
  rig_slot_attach (c, "three", "", "waiting");
  rig_slot_resume (self->b, "two", 0, "waiting");
  rig_slot_resume (self->a, "one", token, "granted");
  g_assert_cmpuint (self->a->token, ==, token);
  rig_slot_start (self->a);
  assert_text (self, "one", "state", "running");
  rig_slot_pass (self->a);
  rig_slot_await_granted (self->b, "two");
  rig_slot_pass (self->b);
  rig_slot_await_granted (c, "three");
  rig_slot_pass (c);
}

static void
test_slots_outlive_a_broker (Fixture *self, gconstpointer data)
{
  guint64 token;

  rig_slot_attach (self->a, "one", "", "granted");
  rig_slot_start (self->a);
  token = self->a->token;
  rig_slot_attach (self->b, "two", "", "waiting");
  rig_restart (self->rig);
  come_back (self, token);
}

static void
test_slots_outlive_a_crash (Fixture *self, gconstpointer data)
{
  guint64 token;

  rig_slot_attach (self->a, "one", "", "granted");
  token = self->a->token;
  rig_slot_attach (self->b, "two", "", "waiting");
  rig_crash (self->rig);
  come_back (self, token);
}

static RigSlot *
again (Fixture *self, const char *job_id, const char *state)
{
  RigSlot *slot = rig_slot_new (self->rig->home);
  g_autofree char *spec = rig_slot_spec ("one", "");
  g_auto (GStrv) parts = g_strsplit (spec, "\"job_id\":\"one\"", 2);
  g_autofree char *part = g_strdup_printf ("\"job_id\":\"%s\"", job_id);
  g_autofree char *other = g_strjoinv (part, parts);
  g_autoptr (GError) error = NULL;

  (void) rig_slot_try_attach (slot, other, "@a{sv} {}", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (slot->state, ==, state);
  return slot;
}

/* It still knows how long the command took before. */
static void
test_history_outlives_a_broker (Fixture *self, gconstpointer data)
{
  g_autoptr (RigSlot) first = NULL;
  g_autoptr (RigSlot) second = NULL;
  g_autofree char *why = NULL;

  rig_slot_attach (self->a, "one", "", "granted");
  rig_slot_pass (self->a);
  rig_restart (self->rig);
  first = again (self, "two", "granted");
  second = again (self, "three", "waiting");
  why = g_variant_print (second->details, TRUE);
  g_assert_nonnull (strstr (why, "'expected_end_usec': <uint64 1"));
  rig_slot_pass (first);
  rig_slot_await_granted (second, "three");
  rig_slot_pass (second);
}

/* The next broker finds out that nobody can come back. */
static void
die_with_broker (Fixture *self, RigProcess *caller)
{
  rig_process_kill (self->rig->broker);
  rig_process_kill (caller);
  g_clear_pointer (&self->rig->broker, rig_process_free);
  self->rig->broker = rig_broker_start (self->rig->home);
  rig_disconnect (self->rig->client);
  self->rig->client = rig_connect (self->rig->home, RIG_PEER);
}

static void
test_a_caller_that_ended_meanwhile (Fixture *self, gconstpointer data)
{
  g_autoptr (RigProcess) caller
      = rig_slot_start_process (self->rig->home, "one", "");

  await_job (self, "one", "running");
  die_with_broker (self, caller);
  await_job (self, "one", "completed");
  assert_text (self, "one", "reason", "lost");
}

/* Nobody comes back for a place in the line, however long a lease lasts. */
static void
test_one_that_waited_and_ended_meanwhile (Fixture *self, gconstpointer data)
{
  g_autoptr (RigProcess) first
      = rig_slot_start_process (self->rig->home, "one", "");
  g_autoptr (RigProcess) second = NULL;

  await_job (self, "one", "running");
  second = rig_slot_start_process (self->rig->home, "two", "");
  await_job (self, "two", "pending");
  die_with_broker (self, second);
  await_job (self, "two", "cancelled");
  assert_text (self, "two", "reason", "cancelled");
  rig_process_kill (first);
}

/* --- within the command of another --- */

static void
test_a_nested_job_needs_no_slot (Fixture *self, gconstpointer data)
{
  g_autoptr (RigProcess) nested = NULL;

  rig_slot_attach (
      self->a, "one", ",'slot':{'exclusive':['port:80']}", "granted");
  rig_slot_start (self->a);
  rig_slot_attach (self->b, "two", "", "waiting");
  nested = rig_slot_start_process (
      self->rig->home, "inner", ",'slot':{'exclusive':['port:80']}");
  await_job (self, "inner", "running");
  g_assert_cmpuint (rig_slot_count (self->b, "Granted"), ==, 0);
  rig_process_kill (nested);
  await_job (self, "inner", "completed");
  g_assert_cmpuint (rig_slot_count (self->b, "Granted"), ==, 0);
  rig_slot_pass (self->a);
  rig_slot_await_granted (self->b, "two");
  rig_slot_pass (self->b);
}

/* The next broker sees for whom it works, too. */
static void
test_a_nested_job_needs_none_later (Fixture *self, gconstpointer data)
{
  g_autoptr (RigProcess) nested = NULL;
  guint64 token;

  rig_slot_attach (self->a, "one", "", "granted");
  token = self->a->token;
  nested = rig_slot_start_process (self->rig->home, "inner", "");
  await_job (self, "inner", "running");
  rig_restart (self->rig);
  rig_slot_reconnect (self->a, self->rig->home);
  rig_slot_reconnect (self->b, self->rig->home);
  rig_slot_resume (self->a, "one", token, "granted");
  rig_slot_attach (self->b, "two", "", "waiting");
  rig_slot_pass (self->a);
  rig_slot_await_granted (self->b, "two");
  rig_slot_pass (self->b);
  rig_process_kill (nested);
}

/* It joins nobody, either: that could be its own ancestor. */
static void
test_a_nested_job_does_its_work_itself (Fixture *self, gconstpointer data)
{
  g_autoptr (RigProcess) nested = NULL;

  rig_slot_attach (self->a, "one", ",'slot':{'key':'build'}", "granted");
  nested = rig_slot_start_process (
      self->rig->home, "inner", ",'slot':{'key':'build'}");
  await_job (self, "inner", "running");
  rig_process_kill (nested);
  rig_slot_pass (self->a);
}

static void
test_a_nested_job_waits_for_no_name (Fixture *self, gconstpointer data)
{
  g_autoptr (RigProcess) nested = NULL;

  rig_slot_attach (self->a, "one", "", "granted");
  nested = rig_slot_start_process (
      self->rig->home, "inner", ",'slot':{'exclusive':['port:80']}");
  g_assert_cmpint (
      WEXITSTATUS (rig_process_wait (nested)), ==, RIG_SLOT_DENIED);
  rig_slot_pass (self->a);
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const char *name;
    void (*run) (Fixture *self, gconstpointer data);
    const char *config;
  } cases[] = {
    { "ended/a-job-is-lost", test_a_job_is_lost_with_its_caller, NULL },
    { "ended/one-that-waits-is-cancelled",
      test_one_that_waits_is_cancelled_with_its_caller,
      NULL },
    { "back/to-its-slot", test_a_caller_comes_back_to_its_slot, NULL },
    { "back/to-its-place", test_a_caller_comes_back_to_its_place, NULL },
    { "back/attached-again-is-the-same-job",
      test_attached_again_is_the_same_job,
      NULL },
    { "back/another-process-is-not-the-caller",
      test_another_process_is_not_the_caller,
      NULL },
    { "back/a-cancellation-waits",
      test_a_cancellation_waits_for_its_caller,
      NULL },
    { "back/nobody-waits-for-ever",
      test_nobody_waits_for_ever_for_a_caller,
      "[lease]\nexpiry=1s\n[lane run]\nslots=1\n" },
    { "broker/slots-outlive-a-restart", test_slots_outlive_a_broker, NULL },
    { "broker/slots-outlive-a-crash", test_slots_outlive_a_crash, NULL },
    { "broker/history-outlives-it", test_history_outlives_a_broker, NULL },
    { "broker/a-caller-that-ended-meanwhile",
      test_a_caller_that_ended_meanwhile,
      NULL },
    { "broker/one-that-waited-and-ended-meanwhile",
      test_one_that_waited_and_ended_meanwhile,
      "[lease]\nexpiry=10min\n[lane run]\nslots=1\n" },
    { "nested/needs-no-slot", test_a_nested_job_needs_no_slot, NULL },
    { "nested/needs-none-after-a-restart",
      test_a_nested_job_needs_none_later,
      NULL },
    { "nested/does-its-work-itself",
      test_a_nested_job_does_its_work_itself,
      NULL },
    { "nested/waits-for-no-name", test_a_nested_job_waits_for_no_name, NULL },
  };

  if (rig_slot_is_process (argc, argv))
    return rig_slot_be_process (argv);

  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path
          = g_strconcat ("/apm2/slots-away/", cases[i].name, NULL);

      g_test_add (
          path, Fixture, cases[i].config, set_up, cases[i].run, tear_down);
    }
  return g_test_run ();
}
