/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Attached jobs whose caller and supervisor are both gone: the service manager
 * ends their scope before their slot is somebody else's.
 */

#include "rig-slot.h"
#include "rig-systemd.h"
#include "rig-wait.h"

#define SCOPE        "apm2-run-one.scope"
#define WAITER_SCOPE "apm2-run-three.scope"

typedef struct
{
  Rig *rig;
  RigSystemd *systemd;
  RigProcess *caller; /* of job "one" */
  RigSlot *next;
} Fixture;

/* Job "one" runs in its scope. */
static void
set_up (Fixture *self, gconstpointer data)
{
  self->rig = rig_new ("[lane run]\nslots=1\n");
  self->systemd = rig_systemd_new ();
  rig_systemd_set (
      self->systemd,
      SCOPE,
      "{'LoadState': <'loaded'>, 'ActiveState': <'active'>, 'SubState': "
      "<'running'>}");
  rig_systemd_listen (self->systemd, self->rig->home->runtime);
  self->caller = rig_slot_start_process (self->rig->home, "one", "");
  rig_slot_await_job (self->rig->client, "one", "running");
  self->next = rig_slot_new (self->rig->home);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  rig_slot_free (self->next);
  g_clear_pointer (&self->caller, rig_process_free);
  /* What the broker has asked it is still on its way. */
  rig_systemd_leave (self->systemd);
  rig_free (self->rig);
  rig_systemd_free (self->systemd);
}

static gboolean
is_asked_to_stop (gpointer data)
{
  const RigSystemd *systemd = data;

  return systemd->n_stopped > 0;
}

typedef struct
{
  const RigSystemd *systemd;
  guint times; /* that it was connected to, at least */
} Visits;

static gboolean
is_left (gpointer data)
{
  const Visits *visits = data;
  const RigSystemd *systemd = visits->systemd;

  if (systemd->connections->len < visits->times)
    return FALSE;
  for (guint i = 0; i < systemd->connections->len; i++)
    if (!g_dbus_connection_is_closed (
            g_ptr_array_index (systemd->connections, i)))
      return FALSE;
  return TRUE;
}

static void
assert_lost (Fixture *self)
{
  g_autofree char *reason = NULL;

  rig_slot_await_job (self->rig->client, "one", "completed");
  reason = rig_get_string (self->rig->client, "one", "reason");
  g_assert_cmpstr (reason, ==, "lost");
}

static void
assert_next_has_the_slot (Fixture *self)
{
  rig_slot_await_granted (self->next, "two");
  assert_lost (self);
  rig_slot_pass (self->next);
}

/* Whatever was asked of the manager, it is not connected to for longer: @n
 * times in all. */
static void
assert_leaves (Fixture *self, guint n)
{
  Visits visits = { self->systemd, n };

  rig_wait (is_left, &visits, "the broker leaves the manager");
  g_assert_cmpuint (self->systemd->connections->len, ==, n);
}

static void
assert_waits_for_the_scope (Fixture *self)
{
  g_autofree char *state = NULL;

  rig_wait (is_asked_to_stop, self->systemd, "the scope is to be stopped");
  g_assert_cmpuint (self->systemd->n_killed, ==, 1);
  state = rig_get_string (self->rig->client, "one", "state");
  g_assert_cmpstr (state, !=, "completed");
}

static void
test_a_slot_waits_for_its_scope (Fixture *self, gconstpointer data)
{
  rig_slot_attach (self->next, "two", "", "waiting");
  rig_process_kill (self->caller);

  assert_waits_for_the_scope (self);
  g_assert_cmpuint (rig_slot_count (self->next, "Granted"), ==, 0);
  rig_systemd_remove (self->systemd, SCOPE);
  assert_next_has_the_slot (self);
  assert_leaves (self, 2);
  g_assert_cmpuint (self->systemd->n_stopped, ==, 1);
}

static void
test_a_scope_that_is_gone (Fixture *self, gconstpointer data)
{
  rig_systemd_remove (self->systemd, SCOPE);
  rig_slot_attach (self->next, "two", "", "waiting");
  rig_process_kill (self->caller);

  assert_next_has_the_slot (self);
  assert_leaves (self, 2);
  g_assert_cmpuint (self->systemd->n_stopped, ==, 0);
}

/* A manager that does not get on with it holds nobody up for ever. */
static void
test_the_wait_has_a_bound (Fixture *self, gconstpointer data)
{
  rig_slot_attach (self->next, "two", "", "waiting");
  rig_process_kill (self->caller);

  assert_waits_for_the_scope (self);
  assert_next_has_the_slot (self);
  assert_leaves (self, 2);
}

static void
test_a_manager_that_says_nothing (Fixture *self, gconstpointer data)
{
  self->systemd->is_mute = TRUE;
  rig_slot_attach (self->next, "two", "", "waiting");
  rig_process_kill (self->caller);

  assert_next_has_the_slot (self);
}

/* All three were killed: the next broker finds what is left. It is connected to
 * the manager for its health, too. */
static void
test_the_next_broker_ends_it (Fixture *self, gconstpointer data)
{
  rig_process_kill (self->rig->broker);
  rig_process_kill (self->caller);
  g_clear_pointer (&self->rig->broker, rig_process_free);
  self->rig->broker = rig_broker_start (self->rig->home);
  rig_disconnect (self->rig->client);
  self->rig->client = rig_connect (self->rig->home, RIG_PEER);
  rig_slot_reconnect (self->next, self->rig->home);
  rig_slot_attach (self->next, "two", "", "waiting");

  assert_waits_for_the_scope (self);
  rig_systemd_remove (self->systemd, SCOPE);
  assert_next_has_the_slot (self);
}

static void
test_who_finishes_costs_no_connection (Fixture *self, gconstpointer data)
{
  rig_process_kill (self->caller);
  rig_systemd_remove (self->systemd, SCOPE);
  assert_lost (self);
  g_assert_cmpuint (self->systemd->n_subscribed, ==, 2);

  rig_slot_attach (self->next, "two", "", "granted");
  rig_slot_start (self->next);
  rig_slot_pass (self->next);
  g_assert_cmpuint (self->systemd->n_subscribed, ==, 2);
}

/* A manager does not notice that a scope is empty whose process was dying when
 * it was put there. */
static void
test_who_waited_leaves_no_scope (Fixture *self, gconstpointer data)
{
  RigProcess *waiter = NULL;

  rig_systemd_set (self->systemd,
                   WAITER_SCOPE,
                   "{'LoadState': <'loaded'>, 'ActiveState': <'active'>, "
                   "'SubState': <'running'>}");
  waiter = rig_slot_start_process (self->rig->home, "three", "");
  rig_slot_await_job (self->rig->client, "three", "pending");
  rig_process_kill (waiter);

  rig_slot_await_job (self->rig->client, "three", "cancelled");
  rig_wait (is_asked_to_stop, self->systemd, "the scope is to be stopped");
  g_assert_cmpuint (self->systemd->n_stopped, ==, 1);
  rig_systemd_remove (self->systemd, WAITER_SCOPE);
  assert_leaves (self, 1);
  rig_process_free (waiter);
}

/* The broker that has ended the job was killed before it looked for a scope
 * that came late. */
static void
test_the_next_broker_ends_a_late_one (Fixture *self, gconstpointer data)
{
  RigProcess *waiter = NULL;

  rig_systemd_set (self->systemd,
                   WAITER_SCOPE,
                   "{'LoadState': <'loaded'>, 'ActiveState': <'active'>, "
                   "'SubState': <'running'>}");
  waiter = rig_slot_start_process (self->rig->home, "three", "");
  rig_slot_await_job (self->rig->client, "three", "pending");
  rig_process_kill (waiter);
  rig_slot_await_job (self->rig->client, "three", "cancelled");
  rig_process_kill (self->rig->broker);
  g_clear_pointer (&self->rig->broker, rig_process_free);
  g_assert_cmpuint (self->systemd->n_stopped, ==, 0);

  self->rig->broker = rig_broker_start (self->rig->home);
  rig_disconnect (self->rig->client);
  self->rig->client = rig_connect (self->rig->home, RIG_PEER);
  rig_wait (is_asked_to_stop, self->systemd, "the scope is to be stopped");
  rig_process_free (waiter);
}

#define ADD(name, func)                                                        \
  g_test_add (                                                                 \
      "/apm2/scope-reaper/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  if (rig_slot_is_process (argc, argv))
    return rig_slot_be_process (argv);

  g_test_init (&argc, &argv, NULL);
  ADD ("a-slot-waits-for-its-scope", test_a_slot_waits_for_its_scope);
  ADD ("a-scope-that-is-gone", test_a_scope_that_is_gone);
  ADD ("the-wait-has-a-bound", test_the_wait_has_a_bound);
  ADD ("a-manager-that-says-nothing", test_a_manager_that_says_nothing);
  ADD ("the-next-broker-ends-it", test_the_next_broker_ends_it);
  ADD ("who-waited-leaves-no-scope", test_who_waited_leaves_no_scope);
  ADD ("the-next-broker-ends-a-late-one", test_the_next_broker_ends_a_late_one);
  ADD ("who-finishes-costs-no-connection",
       test_who_finishes_costs_no_connection);
  return g_test_run ();
}
