/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Attached jobs and worker jobs in one lane: they share its budget, and take
 * turns.
 */

#include <string.h>

#include "rig-slot.h"
#include "rig-wait.h"
#include "rig-worker.h"

typedef struct
{
  Rig *rig;
  RigWorker *worker;
  RigSlot *a;
  RigSlot *b;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  self->rig = rig_new ("[lane run]\nslots=1\n[lane bulk]\n");
  self->worker = rig_worker_new (self->rig->home, "w", 2);
  self->a = rig_slot_new (self->rig->home);
  self->b = rig_slot_new (self->rig->home);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  rig_slot_free (self->a);
  rig_slot_free (self->b);
  rig_worker_free (self->worker);
  rig_free (self->rig);
}

static char *
submit (Fixture *self, const char *lane)
{
  g_autofree char *members = g_strdup_printf ("'lane':'%s'", lane);
  g_autofree char *spec = rig_spec_sh ("true", members);

  return rig_submit (self->rig->client, spec);
}

static void
assert_state (Fixture *self, const char *job_id, const char *state)
{
  g_autofree char *value = rig_get_string (self->rig->client, job_id, "state");

  g_assert_cmpstr (value, ==, state);
}

static void
test_a_worker_job_takes_a_slot (Fixture *self, gconstpointer data)
{
  g_autofree char *id = submit (self, "run");
  g_autofree char *holder = g_strdup_printf ("'job_id': <'%s'>", id);
  g_autofree char *why = NULL;
  g_autoptr (RigLease) lease = rig_worker_lease (self->worker);

  g_assert_cmpstr (lease->job_id, ==, id);
  rig_slot_attach (self->a, "one", "", "waiting");
  why = g_variant_print (self->a->details, TRUE);
  g_assert_nonnull (strstr (why, holder));
  rig_worker_pass (self->worker, lease);
  rig_slot_await_granted (self->a, "one");
  rig_slot_pass (self->a);
}

/* Another lane shows that the worker was given what it may have. */
static void
test_an_attached_job_keeps_its_slot (Fixture *self, gconstpointer data)
{
  g_autofree char *id = NULL;
  g_autofree char *other = NULL;
  g_autoptr (RigLease) first = NULL;
  g_autoptr (RigLease) second = NULL;

  rig_slot_attach (self->a, "one", "", "granted");
  id = submit (self, "run");
  other = submit (self, "bulk");
  first = rig_worker_lease (self->worker);
  g_assert_cmpstr (first->job_id, ==, other);
  rig_worker_park (self->worker);
  assert_state (self, id, "pending");
  rig_slot_pass (self->a);
  second = rig_worker_await_lease (self->worker, NULL);
  g_assert_cmpstr (second->job_id, ==, id);
  rig_worker_pass (self->worker, second);
  rig_worker_pass (self->worker, first);
}

static void
test_they_take_turns (Fixture *self, gconstpointer data)
{
  g_autoptr (RigSlot) c = rig_slot_new (self->rig->home);
  g_autofree char *x = NULL;
  g_autofree char *y = NULL;
  g_autoptr (RigLease) first = NULL;
  g_autoptr (RigLease) second = NULL;

  rig_slot_attach (self->a, "one", "", "granted");
  rig_slot_attach (self->b, "two", "", "waiting");
  rig_slot_attach (c, "three", "", "waiting");
  x = submit (self, "run");
  y = submit (self, "run");
  rig_worker_park (self->worker);

  rig_slot_pass (self->a);
  first = rig_worker_await_lease (self->worker, NULL);
  g_assert_cmpstr (first->job_id, ==, x);
  assert_state (self, "two", "pending");
  rig_worker_park (self->worker);
  rig_worker_pass (self->worker, first);
  rig_slot_await_granted (self->b, "two");
  assert_state (self, y, "pending");
  rig_slot_pass (self->b);
  second = rig_worker_await_lease (self->worker, NULL);
  g_assert_cmpstr (second->job_id, ==, y);
  assert_state (self, "three", "pending");
  rig_worker_pass (self->worker, second);
  rig_slot_await_granted (c, "three");
  rig_slot_pass (c);
}

/* A job that no worker asks for, or that is not ready, keeps nobody waiting. */
static void
test_a_turn_that_nobody_takes_is_over (Fixture *self, gconstpointer data)
{
  g_autofree char *spec
      = rig_spec_sh ("true", "'lane':'run','not_before_unix':32472144000");
  g_autofree char *later = rig_submit (self->rig->client, spec);
  g_autofree char *id = NULL;

  rig_worker_park (self->worker);
  rig_slot_attach (self->a, "one", "", "granted");
  rig_slot_attach (self->b, "two", "", "waiting");
  rig_slot_pass (self->a);
  rig_slot_await_granted (self->b, "two");
  rig_slot_pass (self->b);
  rig_slot_attach (self->a, "three", "", "granted");
  rig_slot_pass (self->a);
  id = submit (self, "run");
  {
    g_autoptr (RigLease) lease = rig_worker_await_lease (self->worker, NULL);

    g_assert_cmpstr (lease->job_id, ==, id);
    rig_worker_pass (self->worker, lease);
  }
  assert_state (self, later, "pending");
}

static void
test_a_worker_job_keeps_its_slot_over_a_restart (Fixture *self,
                                                 gconstpointer data)
{
  g_autofree char *id = submit (self, "run");
  g_autoptr (RigLease) lease = rig_worker_lease (self->worker);
  g_autoptr (GError) error = NULL;

  g_assert_cmpstr (lease->job_id, ==, id);
  rig_restart (self->rig);
  g_clear_pointer (&self->worker, rig_worker_free);
  self->worker = rig_worker_new_unregistered (self->rig->home);
  (void) rig_worker_register (self->worker, "w", 2, lease, &error);
  g_assert_no_error (error);
  rig_slot_reconnect (self->a, self->rig->home);
  rig_slot_attach (self->a, "one", "", "waiting");
  rig_worker_pass (self->worker, lease);
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
    { "a-worker-job-takes-a-slot", test_a_worker_job_takes_a_slot },
    { "an-attached-job-keeps-its-slot", test_an_attached_job_keeps_its_slot },
    { "they-take-turns", test_they_take_turns },
    { "a-turn-that-nobody-takes-is-over",
      test_a_turn_that_nobody_takes_is_over },
    { "a-worker-job-keeps-its-slot-over-a-restart",
      test_a_worker_job_keeps_its_slot_over_a_restart },
  };

  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path
          = g_strconcat ("/apm2/slots-workers/", cases[i].name, NULL);

      g_test_add (path, Fixture, NULL, set_up, cases[i].run, tear_down);
    }
  return g_test_run ();
}
