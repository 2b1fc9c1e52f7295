/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * How a job in parts ends, whatever happens to its parts, to its worker and to
 * the broker.
 */

#include <string.h>

#include "rig-parts.h"
#include "rig-wait.h"

static void
test_failure_is_told_by_the_whole (RigParts *self, gconstpointer data)
{
  g_autoptr (RigLease) one = rig_parts_lease (self, "all-p1");
  g_autoptr (RigLease) two = rig_parts_lease (self, "all-p2");
  g_autoptr (RigLease) three = rig_parts_lease (self, "all-p3");
  g_autofree char *reason = NULL;
  g_autofree char *none = NULL;

  rig_parts_finish (self, two, "timeout", "timeout");
  rig_parts_pass (self, one);
  rig_parts_pass (self, three);
  rig_wait_state (self->rig->client, "all", "completed");
  reason = rig_get_string (self->rig->client, "all", "reason");
  g_assert_cmpstr (reason, ==, "timeout");
  none = rig_gates_admitted (self->rig->client, self->spec);
  g_assert_null (none);
  g_assert_cmpuint (rig_counter (self->rig->client, "Failed"), ==, 1);
}

static void
test_broker_may_die_at_any_time (RigParts *self, gconstpointer data)
{
  g_autoptr (RigLease) one = NULL;
  g_autofree char *digest = NULL;
  g_autofree char *receipt = NULL;

  rig_parts_crash (self, NULL);
  rig_parts_assert_is (self, "State", "'pending'");
  rig_parts_assert_is (self, "Parts", "['all-p1', 'all-p2', 'all-p3']");
  one = rig_parts_lease (self, "all-p1");
  rig_parts_crash (self, one);
  rig_parts_assert_is (self, "State", "'running'");
  rig_parts_pass (self, one);
  rig_parts_crash (self, NULL);
  rig_parts_assert_is (self, "State", "'running'");
  rig_parts_assert_steps (self, "checkout:passed build:passed test:passed");
  rig_parts_run (self, "all-p2");
  rig_parts_crash (self, NULL);
  rig_parts_assert_steps (
      self, "checkout:passed build:passed test:passed lint:passed");
  g_assert_cmpuint (rig_counter (self->rig->client, "Running"), ==, 1);
  rig_parts_run (self, "all-p3");
  rig_parts_crash (self, NULL);
  rig_wait_state (self->rig->client, "all", "completed");
  g_assert_cmpuint (rig_counter (self->rig->client, "Passed"), ==, 1);
  rig_parts_assert_receipts (self, 1 + RIG_PARTS_N);
  digest = rig_gates_admitted (self->rig->client, self->spec);
  receipt = rig_get_string (self->rig->client, "all", "receipt_digest");
  g_assert_cmpstr (digest, ==, receipt);
}

static gboolean
two_are_called_off (gpointer data)
{
  const RigParts *self = data;

  return self->worker->cancelled->len >= 2;
}

static void
assert_called_off (RigParts *self, const char *named)
{
  g_autoptr (RigLease) one = rig_parts_lease (self, "all-p1");
  g_autoptr (RigLease) two = rig_parts_lease (self, "all-p2");
  g_autoptr (GVariant) reply = NULL;
  const char *state = NULL;

  reply = rig_queue (self->rig->client, "Cancel", "(%s, @a{sv} {})", named);
  g_variant_get (reply, "(&s)", &state);
  g_assert_cmpstr (
      state, ==, g_str_equal (named, "all") ? "running" : "leased");
  rig_wait_state (self->rig->client, "all-p3", "cancelled");
  rig_wait (two_are_called_off, self, "the worker is told of both");
  for (guint i = 0; i < 2; i++)
    g_free (rig_worker_finish (
        self->worker,
        i == 0 ? one : two,
        "{'outcome': <'cancelled'>, 'reason': <'cancelled'>}",
        NULL));
  rig_wait_state (self->rig->client, "all", "cancelled");
  g_assert_cmpuint (rig_counter (self->rig->client, "Cancelled"), ==, 1);
  rig_parts_assert_receipts (self, 1 + RIG_PARTS_N);
}

static void
test_whole_is_called_off (RigParts *self, gconstpointer data)
{
  assert_called_off (self, "all");
}

static void
test_part_calls_off_all (RigParts *self, gconstpointer data)
{
  assert_called_off (self, "all-p2");
}

static void
test_called_off_while_it_waits (RigParts *self, gconstpointer data)
{
  g_autoptr (GVariant) reply
      = rig_queue (self->rig->client, "Cancel", "('all', @a{sv} {})");
  const char *state = NULL;

  g_variant_get (reply, "(&s)", &state);
  g_assert_cmpstr (state, ==, "cancelled");
  rig_wait_state (self->rig->client, "all-p1", "cancelled");
  rig_parts_assert_receipts (self, 1 + RIG_PARTS_N);
}

static void
test_called_off_and_lost (RigParts *self, gconstpointer data)
{
  g_autoptr (RigLease) one = rig_parts_lease (self, "all-p1");
  g_autoptr (GVariant) reply
      = rig_queue (self->rig->client, "Cancel", "('all', @a{sv} {})");

  rig_parts_crash (self, NULL);
  rig_wait_state (self->rig->client, "all", "cancelled");
  rig_parts_assert_receipts (self, 1 + RIG_PARTS_N);
}

static void
test_lost_part_quarantines_the_whole (RigParts *self, gconstpointer data)
{
  g_autofree char *reason = NULL;

  rig_parts_run (self, "all-p1");
  rig_parts_run (self, "all-p2");
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (RigLease) three = rig_parts_lease (self, "all-p3");
      g_autoptr (GError) error = NULL;

      (void) rig_worker_register (self->worker, "w", RIG_PARTS_N, NULL, &error);
      g_assert_no_error (error);
    }
  rig_wait_state (self->rig->client, "all", "quarantined");
  reason = rig_get_string (self->rig->client, "all", "reason");
  g_assert_cmpstr (reason, ==, "worker_lost");
  g_assert_cmpuint (rig_counter (self->rig->client, "Quarantined"), ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD_WITH(name, function, config)                                       \
  g_test_add ("/apm2/parts-end/" name,                                         \
              RigParts,                                                        \
              config,                                                          \
              rig_parts_set_up,                                                \
              function,                                                        \
              rig_parts_tear_down)
#define ADD(name, function) ADD_WITH (name, function, NULL)

  ADD ("failure-is-told-by-the-whole", test_failure_is_told_by_the_whole);
  ADD ("broker-may-die-at-any-time", test_broker_may_die_at_any_time);
  ADD ("cancel/of-the-whole", test_whole_is_called_off);
  ADD ("cancel/of-a-part", test_part_calls_off_all);
  ADD ("cancel/while-it-waits", test_called_off_while_it_waits);
  ADD ("cancel/and-lost", test_called_off_and_lost);
  ADD ("lost-part-quarantines-the-whole", test_lost_part_quarantines_the_whole);
  return g_test_run ();
}
