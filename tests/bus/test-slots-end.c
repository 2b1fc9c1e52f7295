/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * org.apm2.Slots: how a claim ends, and what is refused.
 */

#include <signal.h>
#include <string.h>

#include "rig-slot.h"
#include "rig-wait.h"

typedef struct
{
  Rig *rig;
  RigSlot *a;
  RigSlot *b;
  RigSlot *c;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  self->rig = rig_new ("[lane run]\nslots=1\n");
  self->a = rig_slot_new (self->rig->home);
  self->b = rig_slot_new (self->rig->home);
  self->c = rig_slot_new (self->rig->home);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  rig_slot_free (self->a);
  rig_slot_free (self->b);
  rig_slot_free (self->c);
  rig_free (self->rig);
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

static void
withdraw (RigSlot *slot, const char *job_id, const char *reason)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = rig_slot_try (
      slot, "Withdraw", g_variant_new ("(ss)", job_id, reason), &error);

  g_assert_no_error (error);
}

static void
test_a_caller_gives_up (Fixture *self, gconstpointer data)
{
  rig_slot_attach (self->a, "one", ",'slot':{'key':'build'}", "granted");
  rig_slot_attach (self->b, "two", "", "waiting");
  rig_slot_attach (self->c, "three", ",'slot':{'key':'build'}", "joined");

  withdraw (self->b, "two", "busy");
  assert_text (self, "two", "state", "cancelled");
  assert_text (self, "two", "reason", "busy");
  withdraw (self->c, "one", "cancelled");
  rig_slot_fails (self->c,
                  APM2_ERROR_NOT_FOUND,
                  "waits for no job",
                  "Withdraw",
                  g_variant_new ("(ss)", "one", "cancelled"));
  rig_slot_fails (self->a,
                  APM2_ERROR_INVALID_ARGUMENT,
                  "busy or cancelled",
                  "Withdraw",
                  g_variant_new ("(ss)", "one", "bored"));
  rig_slot_start (self->a);
  rig_slot_fails (self->a,
                  APM2_ERROR_BAD_STATE,
                  "call Finish",
                  "Withdraw",
                  g_variant_new ("(ss)", "one", "busy"));
  rig_slot_pass (self->a);
  g_assert_cmpuint (rig_slot_count (self->b, "Ended"), ==, 0);
}

static void
test_a_slot_that_is_not_used_is_free_again (Fixture *self, gconstpointer data)
{
  rig_slot_attach (self->a, "one", "", "granted");
  rig_slot_attach (self->b, "two", "", "waiting");

  withdraw (self->a, "one", "cancelled");
  assert_text (self, "one", "state", "cancelled");
  rig_slot_await_granted (self->b, "two");
  rig_slot_pass (self->b);
}

static void
test_cancelled_while_it_waits (Fixture *self, gconstpointer data)
{
  rig_slot_attach (self->a, "one", "", "granted");
  rig_slot_attach (self->b, "two", "", "waiting");

  g_variant_unref (rig_queue (
      self->rig->client, "Cancel", "('two', {'reason': <'not now'>})"));
  (void) rig_slot_await (self->b, "Ended", "two", "'message': <'not now'>");
  assert_text (self, "two", "state", "cancelled");
  rig_slot_pass (self->a);
}

static void
test_cancelled_while_it_runs (Fixture *self, gconstpointer data)
{
  g_autofree char *digest = NULL;

  rig_slot_attach (self->a, "one", "", "granted");
  rig_slot_start (self->a);
  g_variant_unref (rig_queue (
      self->rig->client, "Cancel", "('one', {'reason': <'not now'>})"));
  (void) rig_slot_await (
      self->a, "CancelRequested", "one", "'cancelled', 'not now'");
  digest = rig_slot_finish (
      self->a, "{'outcome': <'cancelled'>, 'reason': <'cancelled'>}", NULL);
  g_assert_nonnull (digest);
  assert_text (self, "one", "state", "cancelled");
}

static void
test_finished_again_is_the_same (Fixture *self, gconstpointer data)
{
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;
  g_autoptr (GError) error = NULL;

  rig_slot_attach (self->a, "one", "", "granted");
  first = rig_slot_finish (self->a, "", &error);
  g_assert_no_error (error);
  rig_slot_reconnect (self->a, self->rig->home);
  second = rig_slot_finish (self->a, "", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (first, ==, second);

  self->a->token++;
  g_assert_null (rig_slot_finish (self->a, "", &error));
  rig_assert_error (error, APM2_ERROR_STALE);
}

static void
attach_fails (RigSlot *slot,
              Apm2Error code,
              const char *words,
              const char *spec)
{
  rig_slot_fails (
      slot,
      code,
      words,
      "Attach",
      g_variant_new ("(s@a{sv})", spec, g_variant_new_parsed ("@a{sv} {}")));
}

static void
test_what_can_never_be_is_refused (Fixture *self, gconstpointer data)
{
  g_autofree char *big = rig_slot_spec ("big", ",'slot':{'slots':2}");
  g_autofree char *command = rig_spec_sh ("true", NULL);
  g_autofree char *unknown
      = g_strdelimit (rig_slot_spec ("lost", ""), "\n", ' ');
  g_autofree char *good = rig_slot_spec ("good", "");
  g_auto (GStrv) parts = g_strsplit (unknown, "\"run\",\"job_id\"", 2);
  g_autofree char *elsewhere = g_strjoinv ("\"nowhere\",\"job_id\"", parts);

  attach_fails (self->a, APM2_ERROR_DENIED, "limit_exceeds_lane", big);
  attach_fails (self->a, APM2_ERROR_DENIED, "kind_unsupported", command);
  attach_fails (self->a, APM2_ERROR_DENIED, "unknown_lane", elsewhere);
  attach_fails (self->a, APM2_ERROR_INVALID_ARGUMENT, "", "{}");
  rig_slot_fails (self->a,
                  APM2_ERROR_INVALID_ARGUMENT,
                  "soon",
                  "Attach",
                  g_variant_new_parsed ("(%s, {'soon': <true>})", good));
  g_assert_cmpuint (rig_counter (self->rig->client, "Pending"), ==, 0);
  rig_slot_attach (self->a, "one", "", "granted");
  rig_slot_pass (self->a);
}

static void
test_a_stale_token_opens_nothing (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  rig_slot_attach (self->a, "one", "", "granted");
  self->a->token++;
  g_assert_null (rig_slot_finish (self->a, "", &error));
  rig_assert_error (error, APM2_ERROR_STALE);
  rig_slot_fails (self->a,
                  APM2_ERROR_STALE,
                  "end the command",
                  "Started",
                  g_variant_new ("(sta{sv})", "one", self->a->token, NULL));
  rig_slot_fails (self->a,
                  APM2_ERROR_STALE,
                  "end the command",
                  "Resume",
                  g_variant_new ("(sta{sv})", "one", self->a->token, NULL));
  rig_slot_fails (self->a,
                  APM2_ERROR_NOT_FOUND,
                  "no attached job",
                  "Resume",
                  g_variant_new ("(sta{sv})", "none", (guint64) 0, NULL));
  self->a->token--;
  rig_slot_pass (self->a);
}

static void
test_a_worker_gets_no_attached_job (Fixture *self, gconstpointer data)
{
  g_autofree char *spec = rig_slot_spec ("one", "");
  g_autofree char *words = rig_queue_fails (
      self->rig->client, APM2_ERROR_DENIED, "Submit", "(%s, @a{sv} {})", spec);

  g_assert_nonnull (strstr (words, "kind_unsupported"));
}

/* Nothing would tell of the end of a process that has ended before. */
static void
test_one_that_cannot_hear_gets_nothing (Fixture *self, gconstpointer data)
{
  rig_slot_lose_process (self->rig->home, self->rig->broker, "one");
  rig_process_signal (self->rig->broker, SIGCONT);
  rig_slot_attach (self->a, "two", "", "granted");
  rig_slot_pass (self->a);
  /* By now whatever "one" asked for has been read. */
  rig_slot_attach (self->b, "three", "", "granted");
  rig_slot_pass (self->b);
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const char *name;
    void (*run) (Fixture *self, gconstpointer data);
  } cases[] = {
    { "end/a-caller-gives-up", test_a_caller_gives_up },
    { "end/a-slot-that-is-not-used-is-free-again",
      test_a_slot_that_is_not_used_is_free_again },
    { "end/cancelled-while-it-waits", test_cancelled_while_it_waits },
    { "end/cancelled-while-it-runs", test_cancelled_while_it_runs },
    { "end/one-that-cannot-hear-gets-nothing",
      test_one_that_cannot_hear_gets_nothing },
    { "end/finished-again-is-the-same", test_finished_again_is_the_same },
    { "refusal/what-can-never-be", test_what_can_never_be_is_refused },
    { "refusal/a-stale-token-opens-nothing", test_a_stale_token_opens_nothing },
    { "refusal/a-worker-gets-no-attached-job",
      test_a_worker_gets_no_attached_job },
  };

  if (rig_slot_is_process (argc, argv))
    return rig_slot_be_process (argv);

  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path
          = g_strconcat ("/apm2/slots-end/", cases[i].name, NULL);

      g_test_add (path, Fixture, NULL, set_up, cases[i].run, tear_down);
    }
  return g_test_run ();
}
