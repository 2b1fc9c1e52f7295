/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * org.apm2.Slots: who gets a slot, who waits and is told why, and work that
 * is done once.
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
assert_has (GVariant *dict, const char *part)
{
  g_autofree char *text = g_variant_print (dict, TRUE);

  if (strstr (text, part) == NULL)
    rig_fail ("%s does not have %s", text, part);
}

static void
test_granted_at_once (Fixture *self, gconstpointer data)
{
  rig_slot_attach (self->a, "one", "", "granted");

  g_assert_cmpuint (self->a->token, >, 0);
  assert_has (self->a->details, "'kill_grace_usec': <uint64 ");
  assert_has (self->a->details, "'timeout_sec': <uint64 0>");
  assert_text (self, "one", "state", "leased");
  rig_slot_start (self->a);
  assert_text (self, "one", "state", "running");
  rig_slot_pass (self->a);
  assert_text (self, "one", "state", "completed");
  assert_text (self, "one", "verdict", "passed");
  g_assert_cmpuint (rig_slot_count (self->a, ""), ==, 0);
}

static void
test_the_second_waits_for_the_first (Fixture *self, gconstpointer data)
{
  rig_slot_attach (self->a, "one", "", "granted");
  rig_slot_attach (self->b, "two", "", "waiting");

  assert_has (self->b->details, "'position': <uint32 1>");
  assert_has (self->b->details, "'cause': <'slots'>");
  assert_has (self->b->details, "'job_id': <'one'>");
  assert_has (self->b->details, "'command': <'make one'>");
  assert_has (self->b->details, "'directory': <'/somewhere'>");
  assert_text (self, "two", "state", "pending");
  rig_slot_pass (self->a);
  rig_slot_await_granted (self->b, "two");
  assert_text (self, "two", "state", "leased");
  rig_slot_pass (self->b);
}

static void
test_who_came_first_goes_first (Fixture *self, gconstpointer data)
{
  rig_slot_attach (self->a, "one", "", "granted");
  rig_slot_attach (self->b, "two", "", "waiting");
  rig_slot_attach (self->c, "three", "", "waiting");

  assert_has (self->c->details, "'position': <uint32 2>");
  rig_slot_pass (self->a);
  rig_slot_await_granted (self->b, "two");
  (void) rig_slot_await (self->c, "Waiting", "three", "'position': <uint32 1>");
  (void) rig_slot_await (self->c, "Waiting", "three", "'job_id': <'two'>");
  rig_slot_pass (self->b);
  rig_slot_await_granted (self->c, "three");
  rig_slot_pass (self->c);
}

static void
test_the_more_urgent_goes_first (Fixture *self, gconstpointer data)
{
  rig_slot_attach (self->a, "one", "", "granted");
  rig_slot_attach (self->b, "two", "", "waiting");
  rig_slot_attach (self->c, "three", ",'priority':10", "waiting");

  rig_slot_pass (self->a);
  rig_slot_await_granted (self->c, "three");
  rig_slot_pass (self->c);
  rig_slot_await_granted (self->b, "two");
  rig_slot_pass (self->b);
}

static void
test_a_name_is_held_by_one (Fixture *self, gconstpointer data)
{
  g_autofree char *spec = rig_json (
      "{'schema':'" APM2_SCHEMA_JOB_SPEC
      "','kind':'attached','lane':'bulk','job_id':'two','steps':[{'name':"
      "'run','argv':['x'],'working_directory':'/'}],'slot':{'exclusive':["
      "'port:80']}}");

  rig_slot_attach (
      self->a, "one", ",'slot':{'exclusive':['port:80']}", "granted");
  g_assert_true (rig_slot_try_attach (self->b, spec, "@a{sv} {}", NULL));
  g_assert_cmpstr (self->b->state, ==, "waiting");
  assert_has (self->b->details, "'cause': <'exclusive'>");
  assert_has (self->b->details, "'resource': <'port:80'>");
  rig_slot_pass (self->a);
  rig_slot_await_granted (self->b, "two");
  rig_slot_pass (self->b);
}

static void
test_the_same_work_is_done_once (Fixture *self, gconstpointer data)
{
  rig_slot_attach (self->a, "one", ",'slot':{'key':'build'}", "granted");
  rig_slot_start (self->a);
  rig_slot_attach (self->b, "two", ",'slot':{'key':'build'}", "joined");
  rig_slot_attach (self->c, "three", ",'slot':{'key':'other'}", "waiting");

  g_assert_cmpstr (self->b->job_id, ==, "one");
  assert_has (self->b->details, "'cause': <'joined'>");
  assert_has (self->b->details, "'job_id': <'one'>");
  g_assert_null (rig_slot_finish (self->b, "", NULL));
  {
    g_autofree char *digest = rig_slot_finish (
        self->a,
        "{'outcome': <'completed'>, 'verdict': <'failed'>, 'reason': "
        "<'step_failed'>, 'steps': <[{'name': <'run'>, 'result': <'failed'>, "
        "'exit_status': <7>}]>}",
        NULL);
    const char *line = rig_slot_await (self->b, "Ended", "one", digest);

    g_assert_nonnull (strstr (line, "'exit_status': <7>"));
    g_assert_nonnull (strstr (line, "'reason': <'step_failed'>"));
  }
  g_assert_cmpuint (rig_slot_count (self->a, "Ended"), ==, 0);
}

static void
attach_over (RigSlot *slot, const char *job_id, const char *state)
{
  g_autofree char *spec = rig_slot_spec (job_id, ",'slot':{'key':'build'}");
  g_autoptr (GError) error = NULL;

  (void) rig_slot_try_attach (slot, spec, "{'supersede': <true>}", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (slot->state, ==, state);
}

static void
test_newer_work_takes_the_place_of_older (Fixture *self, gconstpointer data)
{
  g_autofree char *digest = NULL;

  rig_slot_attach (self->a, "one", ",'slot':{'key':'build'}", "granted");
  rig_slot_start (self->a);
  attach_over (self->b, "two", "waiting");
  (void) rig_slot_await (self->a,
                         "CancelRequested",
                         "one",
                         "'superseded', 'superseded by job two'");
  attach_over (self->c, "three", "waiting");
  (void) rig_slot_await (self->b, "Ended", "two", "'reason': <'superseded'>");
  assert_text (self, "two", "state", "cancelled");
  assert_text (self, "two", "reason", "superseded");

  digest = rig_slot_finish (
      self->a, "{'outcome': <'cancelled'>, 'reason': <'superseded'>}", NULL);
  g_assert_nonnull (digest);
  rig_slot_await_granted (self->c, "three");
  rig_slot_pass (self->c);
}

/* Though there is room for both. */
static void
test_newer_work_waits_for_the_end_of_older (Fixture *self, gconstpointer data)
{
  rig_home_configure (self->rig->home, "[lane run]\nslots=2\n");
  rig_restart (self->rig);
  rig_slot_reconnect (self->a, self->rig->home);
  rig_slot_reconnect (self->b, self->rig->home);
  rig_slot_attach (self->a, "one", ",'slot':{'key':'build'}", "granted");
  attach_over (self->b, "two", "waiting");
  assert_has (self->b->details, "'cause': <'exclusive'>");
  assert_has (self->b->details, "'resource': <'build'>");
  assert_has (self->b->details, "'job_id': <'one'>");
  /* Whoever comes now wants the newer. */
  rig_slot_reconnect (self->c, self->rig->home);
  rig_slot_attach (self->c, "three", ",'slot':{'key':'build'}", "joined");
  g_assert_cmpstr (self->c->job_id, ==, "two");
  rig_slot_pass (self->a);
  rig_slot_await_granted (self->b, "two");
  rig_slot_pass (self->b);
  (void) rig_slot_await (self->c, "Ended", "two", "'passed'");
}

static void
test_a_wider_lane_takes_more (Fixture *self, gconstpointer data)
{
  rig_slot_attach (self->a, "one", "", "granted");
  rig_slot_attach (self->b, "two", "", "waiting");
  rig_home_configure (self->rig->home, "[lane run]\nslots=2\n");
  rig_process_signal (self->rig->broker, SIGHUP);
  rig_slot_await_granted (self->b, "two");
  rig_slot_attach (self->c, "three", "", "waiting");
  rig_slot_pass (self->a);
  rig_slot_pass (self->b);
  rig_slot_await_granted (self->c, "three");
  rig_slot_pass (self->c);
}

static void
test_a_lane_tells_its_holders (Fixture *self, gconstpointer data)
{
  g_autoptr (GVariant) used = NULL;
  g_autoptr (GVariant) holders = NULL;

  rig_slot_attach (self->a, "one", "", "granted");
  rig_slot_attach (self->b, "two", "", "waiting");
  used
      = rig_property (self->rig->client, APM2_OBJECT_LANES "/run", "UsedSlots");
  holders
      = rig_property (self->rig->client, APM2_OBJECT_LANES "/run", "Holders");
  g_assert_cmpuint (g_variant_get_uint64 (used), ==, 1);
  g_assert_cmpuint (g_variant_n_children (holders), ==, 1);
  assert_has (holders, "'job_id': <'one'>");
  assert_has (holders, "'slots': <uint32 1>");
  rig_slot_pass (self->a);
  rig_slot_await_granted (self->b, "two");
  rig_slot_pass (self->b);
}

/* By what earlier runs took. */
static void
test_an_end_is_expected (Fixture *self, gconstpointer data)
{
  g_autofree char *spec = rig_slot_spec ("one", "");
  g_autofree char *command = NULL;
  char *id = NULL;

  rig_slot_attach (self->a, "one", "", "granted");
  rig_slot_pass (self->a);
  /* The same command as job "one". */
  id = strstr (spec, "\"job_id\":\"one\"");
  g_assert_nonnull (id);
  memcpy (id + strlen ("\"job_id\":\""), "ONE", 3);
  g_assert_true (rig_slot_try_attach (self->a, spec, "@a{sv} {}", NULL));
  rig_slot_attach (self->b, "two", "", "waiting");
  command = g_variant_print (self->b->details, TRUE);
  g_assert_nonnull (strstr (command, "'expected_end_usec': <uint64 1"));
  rig_slot_pass (self->a);
  rig_slot_await_granted (self->b, "two");
  rig_slot_pass (self->b);
}

static void
test_its_output_went_to_its_caller (Fixture *self, gconstpointer data)
{
  g_autofree char *words = NULL;

  rig_slot_attach (self->a, "one", "", "granted");
  words = rig_queue_fails (self->rig->client,
                           APM2_ERROR_NOT_FOUND,
                           "ReadLog",
                           "('one', uint64 0, uint32 100, @a{sv} {})");
  g_assert_nonnull (strstr (words, "to whom its output went"));
  rig_slot_pass (self->a);
}

static void
test_a_paused_lane_gives_no_slot (Fixture *self, gconstpointer data)
{
  g_variant_unref (
      rig_queue (self->rig->client, "Pause", "('run', @a{sv} {})"));
  rig_slot_attach (self->a, "one", "", "waiting");
  assert_has (self->a->details, "'cause': <'paused'>");
  g_variant_unref (
      rig_queue (self->rig->client, "Resume", "('run', @a{sv} {})"));
  rig_slot_await_granted (self->a, "one");
  rig_slot_pass (self->a);
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const char *name;
    void (*run) (Fixture *self, gconstpointer data);
  } cases[] = {
    { "turn/granted-at-once", test_granted_at_once },
    { "turn/the-second-waits-for-the-first",
      test_the_second_waits_for_the_first },
    { "turn/who-came-first-goes-first", test_who_came_first_goes_first },
    { "turn/the-more-urgent-goes-first", test_the_more_urgent_goes_first },
    { "turn/a-name-is-held-by-one", test_a_name_is_held_by_one },
    { "turn/a-paused-lane-gives-no-slot", test_a_paused_lane_gives_no_slot },
    { "key/newer-work-waits-for-the-end-of-older",
      test_newer_work_waits_for_the_end_of_older },
    { "turn/a-wider-lane-takes-more", test_a_wider_lane_takes_more },
    { "tell/a-lane-tells-its-holders", test_a_lane_tells_its_holders },
    { "tell/an-end-is-expected", test_an_end_is_expected },
    { "tell/its-output-went-to-its-caller",
      test_its_output_went_to_its_caller },
    { "key/the-same-work-is-done-once", test_the_same_work_is_done_once },
    { "key/newer-work-takes-the-place-of-older",
      test_newer_work_takes_the_place_of_older },
  };

  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/apm2/slots/", cases[i].name, NULL);

      g_test_add (path, Fixture, NULL, set_up, cases[i].run, tear_down);
    }
  return g_test_run ();
}
