/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Leases of jobs in lane units, whose worker is away: the service manager says
 * whether they are lost, and no clock.
 */

#include "rig-broker.h"
#include "rig-client.h"
#include "rig-systemd.h"
#include "rig-wait.h"
#include "rig-worker.h"

#define UNIT  "apm2-lane@w-bulk-1.service"
#define OTHER "apm2-lane@w-bulk-2.service"

typedef struct
{
  Rig *rig;
  RigSystemd *systemd;
  RigWorker *worker;
  RigLease *lease;
} Fixture;

static void
register_worker (Fixture *self, const char *leases, const char *executor)
{
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = g_strdup_printf (
      "('w', uint32 1, %s, {'executor': <'%s'>})", leases, executor);

  self->worker = rig_worker_new_unregistered (self->rig->home);
  reply = rig_worker_try (
      self->worker, "RegisterWorker", g_variant_new_parsed (text), &error);
  g_assert_no_error (error);
}

static void
add_unit (Fixture *self, const char *unit)
{
  rig_systemd_set (self->systemd,
                   unit,
                   "{'LoadState': <'loaded'>, 'ActiveState': <'active'>, "
                   "'SubState': <'running'>}");
}

static void
begin_stopping (Fixture *self, const char *unit)
{
  rig_systemd_set (self->systemd,
                   unit,
                   "{'ActiveState': <'deactivating'>, "
                   "'SubState': <'stop-sigkill'>}");
}

static void
report_unit (Fixture *self)
{
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GError) error = NULL;

  reply = rig_worker_try (
      self->worker,
      "Report",
      g_variant_new ("(st@a{sv})",
                     self->lease->job_id,
                     self->lease->token,
                     g_variant_new_parsed ("{'units': <['" UNIT "']>}")),
      &error);
  g_assert_no_error (error);
}

static void
lose_worker (Fixture *self)
{
  g_clear_pointer (&self->worker, rig_worker_free);
}

/* Worker "w" with a job that runs. */
static void
set_up (Fixture *self, gconstpointer data)
{
  g_autofree char *spec = rig_spec_sh ("true", NULL);
  g_autofree char *id = NULL;

  self->rig = rig_new ("[lease]\nexpiry=1s\n");
  self->systemd = rig_systemd_new ();
  add_unit (self, UNIT);
  rig_systemd_listen (self->systemd, self->rig->home->runtime);
  register_worker (self, "@a(st) []", "systemd");
  id = rig_submit (self->rig->client, spec);
  self->lease = rig_worker_lease (self->worker);
  rig_worker_report_step (self->worker, self->lease);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  lose_worker (self);
  rig_lease_free (self->lease);
  /* What the broker has asked it is still on its way. */
  rig_systemd_leave (self->systemd);
  rig_free (self->rig);
  rig_systemd_free (self->systemd);
}

typedef struct
{
  const RigSystemd *systemd;
  guint wanted;
} Listed;

static gboolean
was_listed (gpointer data)
{
  const Listed *listed = data;

  return listed->systemd->n_listed >= listed->wanted;
}

/* Long after the lease would have expired by the clock. */
static void
assert_waits (Fixture *self)
{
  Listed listed = { self->systemd, self->systemd->n_listed + 8 };
  g_autofree char *state = NULL;

  rig_wait (was_listed, &listed, "the broker asks for units again and again");
  state = rig_get_string (self->rig->client, self->lease->job_id, "state");
  g_assert_cmpstr (state, !=, "pending");
}

static void
assert_given_back (Fixture *self)
{
  rig_wait_state (self->rig->client, self->lease->job_id, "pending");
}

/* And for nothing else. */
static void
assert_waits_for_its_unit (Fixture *self)
{
  assert_waits (self);
  rig_systemd_remove (self->systemd, UNIT);
  assert_given_back (self);
}

static void
come_back_without_it (Fixture *self, const char *executor)
{
  lose_worker (self);
  register_worker (self, "@a(st) []", executor);
}

static void
test_waits_for_its_unit (Fixture *self, gconstpointer data)
{
  report_unit (self);
  lose_worker (self);

  assert_waits_for_its_unit (self);
}

static void
test_other_unit_does_not_count (Fixture *self, gconstpointer data)
{
  report_unit (self);
  add_unit (self, OTHER);
  rig_systemd_remove (self->systemd, UNIT);
  lose_worker (self);

  assert_given_back (self);
}

/* The broker that knew the unit is gone, too. */
static void
test_any_unit_counts_after_a_restart (Fixture *self, gconstpointer data)
{
  report_unit (self);
  lose_worker (self);
  rig_crash (self->rig);

  assert_waits_for_its_unit (self);
}

static void
test_foreign_units_do_not_count (Fixture *self, gconstpointer data)
{
  rig_systemd_remove (self->systemd, UNIT);
  add_unit (self, "apm2-lane@w-gates-1.service");
  add_unit (self, "apm2-lane@bulk-1.service");
  lose_worker (self);
  rig_crash (self->rig);

  assert_given_back (self);
}

/* Whoever runs jobs itself leaves units alone. */
static void
test_unclaimed_waits_for_its_unit (Fixture *self, gconstpointer data)
{
  report_unit (self);
  come_back_without_it (self, "direct");

  assert_waits_for_its_unit (self);
}

/* However often he says so. */
static void
test_unclaimed_again_waits_for_its_unit (Fixture *self, gconstpointer data)
{
  report_unit (self);
  for (guint i = 0; i < 2; i++)
    come_back_without_it (self, "direct");

  assert_waits_for_its_unit (self);
}

/* It may be armed again, for the next job. */
static void
test_unclaimed_unit_of_before_does_not_count (Fixture *self, gconstpointer data)
{
  report_unit (self);
  come_back_without_it (self, "systemd");

  assert_given_back (self);
}

/* The broker was killed before the worker had its answer. */
static void
test_unclaimed_armed_units_do_not_count (Fixture *self, gconstpointer data)
{
  rig_crash (self->rig);
  come_back_without_it (self, "systemd");

  assert_given_back (self);
}

static void
test_unclaimed_waits_while_its_unit_stops (Fixture *self, gconstpointer data)
{
  report_unit (self);
  begin_stopping (self, UNIT);
  come_back_without_it (self, "systemd");

  assert_waits_for_its_unit (self);
}

static void
test_claimed_again_is_kept (Fixture *self, gconstpointer data)
{
  g_autofree char *held
      = g_strdup_printf ("[('%s', uint64 %" G_GUINT64_FORMAT ")]",
                         self->lease->job_id,
                         self->lease->token);

  report_unit (self);
  lose_worker (self);
  assert_waits (self);
  register_worker (self, held, "systemd");
  rig_systemd_remove (self->systemd, UNIT);
  rig_worker_pass (self->worker, self->lease);

  rig_wait_state (self->rig->client, self->lease->job_id, "completed");
}

/* One after the other: that there is no manager is told once. */
static void
test_without_a_manager (void)
{
  g_autoptr (Rig) rig = rig_new ("[lease]\nexpiry=3s\n");
  g_autofree char *spec = rig_spec_sh ("true", NULL);
  RigWorker *workers[2] = { NULL };
  char *ids[2] = { NULL };

  for (gsize i = 0; i < G_N_ELEMENTS (ids); i++)
    {
      g_autofree char *name = g_strdup_printf ("w%zu", i);
      g_autoptr (RigLease) lease = NULL;

      workers[i] = rig_worker_new (rig->home, name, 1);
      ids[i] = rig_submit (rig->client, spec);
      lease = rig_worker_lease (workers[i]);
    }
  rig_crash (rig);

  for (gsize i = 0; i < G_N_ELEMENTS (ids); i++)
    {
      rig_worker_free (workers[i]);
      rig_wait_state (rig->client, ids[i], "pending");
      g_free (ids[i]);
    }
}

#define ADD(name, func)                                                        \
  g_test_add (                                                                 \
      "/apm2/lease-warden/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("waits-for-its-unit", test_waits_for_its_unit);
  ADD ("other-unit-does-not-count", test_other_unit_does_not_count);
  ADD ("any-unit-counts-after-a-restart", test_any_unit_counts_after_a_restart);
  ADD ("foreign-units-do-not-count", test_foreign_units_do_not_count);
  ADD ("unclaimed/waits-for-its-unit", test_unclaimed_waits_for_its_unit);
  ADD ("unclaimed/again-waits-for-its-unit",
       test_unclaimed_again_waits_for_its_unit);
  ADD ("unclaimed/unit-of-before-does-not-count",
       test_unclaimed_unit_of_before_does_not_count);
  ADD ("unclaimed/armed-units-do-not-count",
       test_unclaimed_armed_units_do_not_count);
  ADD ("unclaimed/waits-while-its-unit-stops",
       test_unclaimed_waits_while_its_unit_stops);
  ADD ("claimed-again-is-kept", test_claimed_again_is_kept);
  g_test_add_func ("/apm2/lease-warden/without-a-manager",
                   test_without_a_manager);
  return g_test_run ();
}
