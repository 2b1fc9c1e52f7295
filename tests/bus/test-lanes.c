/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Lanes as objects: their budgets, what is used of them and by whom; and that
 * jobs of workers and attached ones share a lane.
 */

#include <jansson.h>
#include <signal.h>
#include <string.h>

#include "rig-file.h"
#include "rig-slot.h"
#include "rig-wait.h"
#include "rig-worker.h"

#define RUN  APM2_OBJECT_LANES "/run"
#define BULK APM2_OBJECT_LANES "/bulk"

typedef struct
{
  Rig *rig;
  RigSlot *a;
  RigSlot *b;
} Fixture;

static const char config[] = "[lane run]\nslots=4\ncpus=400%\nmemory=8G\n"
                             "passes-max=3\n"
                             "[lane bulk]\nslots=2\npasses-max=1\n"
                             "[lane gates]\npressure=90%\n"
                             "[lane left]\nslots=1\n[lane right]\nslots=1\n";

static void
set_up (Fixture *self, gconstpointer data)
{
  self->rig = rig_new (config);
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
assert_property (Fixture *self,
                 const char *path,
                 const char *name,
                 const char *expected)
{
  g_autoptr (GVariant) value = rig_property (self->rig->client, path, name);
  g_autofree char *text = g_variant_print (value, TRUE);

  g_assert_cmpstr (text, ==, expected);
}

static void
assert_has (const char *text, const char *part)
{
  if (strstr (text, part) == NULL)
    rig_fail ("%s does not have %s", text, part);
}

static void
test_budget_is_that_of_the_configuration (Fixture *self, gconstpointer data)
{
  assert_property (self, RUN, "BudgetSlots", "uint32 4");
  assert_property (self, RUN, "BudgetCpuPercent", "uint64 400");
  assert_property (self, RUN, "BudgetMemoryBytes", "uint64 8589934592");
  assert_property (self, RUN, "PressurePercent", "uint32 0");
  assert_property (
      self, APM2_OBJECT_LANES "/gates", "PressurePercent", "uint32 90");
  assert_property (self, RUN, "PassesMax", "uint32 3");
  assert_property (self, RUN, "UsedSlots", "uint64 0");
  assert_property (self, RUN, "Holders", "@aa{sv} []");
}

static void
test_holder_is_told (Fixture *self, gconstpointer data)
{
  g_autoptr (RigRecorder) recorder = rig_recorder_new (self->rig->client);
  g_autoptr (GVariant) holders = NULL;
  g_autofree char *text = NULL;
  g_autofree char *uid = g_strdup_printf ("'uid': <uint32 %u>", getuid ());

  rig_slot_attach (self->a,
                   "one",
                   ",'slot':{'slots':3},'limits':{'cpu_quota_percent':150,"
                   "'memory_max_bytes':1073741824},'labels':{'name':'check'}",
                   "granted");
  assert_property (self, RUN, "UsedSlots", "uint64 3");
  assert_property (self, RUN, "UsedCpuPercent", "uint64 150");
  assert_property (self, RUN, "UsedMemoryBytes", "uint64 1073741824");
  holders = rig_property (self->rig->client, RUN, "Holders");
  text = g_variant_print (holders, TRUE);
  g_assert_cmpuint (g_variant_n_children (holders), ==, 1);
  assert_has (text, "'job_id': <'one'>");
  assert_has (text, "'name': <'check'>");
  assert_has (text, "'command': <'make one'>");
  assert_has (text, "'directory': <'/somewhere'>");
  assert_has (text, "'slots': <uint32 3>");
  assert_has (text, uid);
  g_assert_null (strstr (text, "'since_usec': <uint64 0>"));
  (void) rig_recorder_await (recorder, 0, RUN " Properties", "UsedSlots=");

  rig_slot_pass (self->a);
  assert_property (self, RUN, "UsedSlots", "uint64 0");
  assert_property (self, RUN, "Holders", "@aa{sv} []");
}

/* A smaller budget ends what would wait for ever, and nothing that runs. */
static void
test_smaller_budget_refuses_who_waits (Fixture *self, gconstpointer data)
{
  g_autofree char *reason = NULL;

  rig_slot_attach (self->a, "one", ",'slot':{'slots':4}", "granted");
  rig_slot_attach (self->b, "two", ",'slot':{'slots':3}", "waiting");
  rig_home_configure (self->rig->home, "[lane run]\nslots=2\n");
  rig_process_signal (self->rig->broker, SIGHUP);

  (void) rig_slot_await (
      self->b, "Ended", "two", "'reason': <'limit_exceeds_lane'>");
  rig_wait_state (self->rig->client, "two", "denied");
  reason = rig_get_string (self->rig->client, "two", "reason");
  g_assert_cmpstr (reason, ==, "limit_exceeds_lane");
  assert_property (self, RUN, "UsedSlots", "uint64 4");
  rig_slot_pass (self->a);
}

static void
test_waiting_one_is_refused_after_a_crash (Fixture *self, gconstpointer data)
{
  rig_slot_attach (self->a, "one", ",'slot':{'slots':4}", "granted");
  rig_slot_attach (self->b, "two", ",'slot':{'slots':3}", "waiting");
  rig_home_configure (self->rig->home, "[lane run]\nslots=2\n");
  rig_crash (self->rig);

  rig_wait_state (self->rig->client, "two", "denied");
}

static void
test_ended_one_is_not_retried (Fixture *self, gconstpointer data)
{
  g_autofree char *message = NULL;

  rig_slot_attach (self->a, "one", "", "granted");
  rig_slot_pass (self->a);
  message = rig_queue_fails (
      self->rig->client, APM2_ERROR_DENIED, "Retry", "(%s, @a{sv} {})", "one");

  g_assert_true (g_str_has_prefix (message, "kind_unsupported: "));
}

static void
test_waiting_job_uses_nothing (Fixture *self, gconstpointer data)
{
  rig_slot_attach (self->a, "one", ",'slot':{'slots':3}", "granted");
  rig_slot_attach (self->b, "two", ",'slot':{'slots':2}", "waiting");

  assert_property (self, RUN, "UsedSlots", "uint64 3");
  assert_property (self, RUN, "Pending", "uint64 1");
  rig_slot_pass (self->a);
  rig_slot_await_granted (self->b, "two");
  assert_property (self, RUN, "UsedSlots", "uint64 2");
  rig_slot_pass (self->b);
}

static void
test_slots_are_held_over_a_crash (Fixture *self, gconstpointer data)
{
  g_autoptr (RigWorker) worker = rig_worker_new (self->rig->home, "w", 1);
  g_autoptr (RigLease) lease = NULL;
  g_autofree char *spec = rig_spec ("'job_id':'job'");
  g_autofree char *id = rig_submit (self->rig->client, spec);

  lease = rig_worker_lease (worker);
  rig_slot_attach (self->a, "one", ",'slot':{'slots':3}", "granted");
  rig_crash (self->rig);

  assert_property (self, RUN, "UsedSlots", "uint64 3");
  assert_property (self, BULK, "UsedSlots", "uint64 1");
}

static void
attach (RigSlot *slot, const char *job_id, const char *lane, const char *state)
{
  g_autofree char *spec
      = rig_json ("{'schema':'" APM2_SCHEMA_JOB_SPEC
                  "','kind':'attached','lane':'%s','job_id':'%s','steps':[{"
                  "'name':'run','argv':['x'],'working_directory':'/'}]}",
                  lane,
                  job_id);
  g_autoptr (GError) error = NULL;

  (void) rig_slot_try_attach (slot, spec, "@a{sv} {}", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (slot->state, ==, state);
}

/* In both it is the turn of the workers at the same moment. */
static void
test_two_lanes_have_room_at_once (Fixture *self, gconstpointer data)
{
  g_autoptr (RigWorker) worker = rig_worker_new (self->rig->home, "w", 2);
  g_autoptr (RigSlot) c = rig_slot_new (self->rig->home);
  g_autoptr (RigSlot) d = rig_slot_new (self->rig->home);
  g_autofree char *small = rig_spec ("'lane':'left'");
  g_autofree char *other = rig_spec ("'lane':'right'");
  g_autoptr (RigLease) first = NULL;
  g_autoptr (RigLease) second = NULL;
  g_autoptr (GError) error = NULL;

  attach (self->a, "a", "left", "granted");
  attach (self->b, "b", "right", "granted");
  attach (c, "c", "left", "waiting");
  attach (d, "d", "right", "waiting");
  g_free (rig_submit (self->rig->client, small));
  g_free (rig_submit (self->rig->client, other));
  rig_worker_park (worker);
  g_variant_unref (rig_queue (self->rig->client, "Pause", "('', @a{sv} {})"));
  rig_slot_pass (self->a);
  rig_slot_pass (self->b);
  g_variant_unref (rig_queue (self->rig->client, "Resume", "('', @a{sv} {})"));

  /* One worker waits: the turn in the other lane is one that nobody takes. */
  first = rig_worker_await_lease (worker, &error);
  g_assert_no_error (error);
  rig_worker_pass (worker, first);
  rig_slot_await_granted (c, "c");
  rig_slot_await_granted (d, "d");
  rig_slot_pass (c);
  rig_slot_pass (d);
  second = rig_worker_lease (worker);
  rig_worker_pass (worker, second);
}

static void
test_command_line_shows_holders (Fixture *self, gconstpointer data)
{
  g_autofree char *program = rig_program ("cli/apm2");
  const char *const text_words[]
      = { program, "--user", "fac", "lanes", "--no-legend", NULL };
  const char *const json_words[]
      = { program, "--user", "fac", "lanes", "--json", NULL };
  g_autofree char *text = NULL;
  g_autofree char *json = NULL;
  json_t *document = NULL;
  json_t *lane = NULL;
  json_t *holder = NULL;

  rig_slot_attach (
      self->a, "one", ",'slot':{'slots':3,'exclusive':['db']}", "granted");
  text = rig_run_ok (self->rig->home, text_words);
  json = rig_run_ok (self->rig->home, json_words);

  /* A lane that is closed by pressure makes the column wider. */
  assert_has (text, "run    open ");
  assert_has (text, " 3/4  0/4  0/8G  1  0\n");
  assert_has (text, " one  3 slots  ");
  assert_has (text, "  db  make one  /somewhere\n");
  document = json_loads (json, JSON_REJECT_DUPLICATES, NULL);
  lane = json_array_get (json_object_get (document, "lanes"), 4);
  g_assert_cmpstr (
      json_string_value (json_object_get (lane, "name")), ==, "run");
  g_assert_cmpint (
      json_integer_value (json_object_get (lane, "used_slots")), ==, 3);
  holder = json_array_get (json_object_get (lane, "holders"), 0);
  g_assert_cmpstr (
      json_string_value (json_object_get (holder, "job_id")), ==, "one");
  g_assert_cmpstr (json_string_value (json_array_get (
                       json_object_get (holder, "exclusive"), 0)),
                   ==,
                   "db");
  g_assert_cmpstr (
      json_string_value (json_object_get (lane, "closed")), ==, "");
  json_decref (document);
  rig_slot_pass (self->a);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, function)                                                    \
  g_test_add ("/apm2/lanes/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("budget-of-the-configuration", test_budget_is_that_of_the_configuration);
  ADD ("holder-is-told", test_holder_is_told);
  ADD ("waiting-job-uses-nothing", test_waiting_job_uses_nothing);
  ADD ("ended-one-is-not-retried", test_ended_one_is_not_retried);
  ADD ("smaller-budget-refuses", test_smaller_budget_refuses_who_waits);
  ADD ("refused-after-a-crash", test_waiting_one_is_refused_after_a_crash);
  ADD ("held-over-a-crash", test_slots_are_held_over_a_crash);
  ADD ("room-in-two-at-once", test_two_lanes_have_room_at_once);
  ADD ("command-line", test_command_line_shows_holders);
  return g_test_run ();
}
