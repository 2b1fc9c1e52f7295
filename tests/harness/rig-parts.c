/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A broker with a job "all" of three parts, and a worker that runs them as the
 * test tells it to.
 */

#include "rig-parts.h"

#include <string.h>

void
rig_parts_set_up (RigParts *self, gconstpointer config)
{
  self->rig = rig_new (config);
  self->spec = rig_gates ('a', "build lint test:build docs", "'job_id':'all'");
  self->id = rig_submit (self->rig->client, self->spec);
  self->path = rig_job_path (self->id);
  self->worker = rig_worker_new (self->rig->home, "w", RIG_PARTS_N);
}

void
rig_parts_tear_down (RigParts *self, gconstpointer config)
{
  g_clear_pointer (&self->worker, rig_worker_free);
  rig_free (self->rig);
  g_free (self->spec);
  g_free (self->id);
  g_free (self->path);
}

/* kill -9 of the broker; the worker comes back with what it holds. */
void
rig_parts_crash (RigParts *self, const RigLease *held)
{
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&self->worker, rig_worker_free);
  rig_crash (self->rig);
  self->worker = rig_worker_new_unregistered (self->rig->home);
  g_assert_true (
      rig_worker_register (self->worker, "w", RIG_PARTS_N, held, &error));
  g_assert_no_error (error);
}

RigLease *
rig_parts_lease (RigParts *self, const char *expected)
{
  RigLease *held = rig_worker_lease (self->worker);

  g_assert_cmpstr (held->job_id, ==, expected);
  return held;
}

void
rig_parts_finish (RigParts *self,
                  const RigLease *held,
                  const char *last,
                  const char *reason)
{
  g_autofree char *result = rig_gates_result (held, last, reason);
  g_autoptr (GError) error = NULL;
  g_autofree char *digest
      = rig_worker_finish (self->worker, held, result, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (strlen (digest), ==, 64);
}

void
rig_parts_pass (RigParts *self, const RigLease *held)
{
  rig_parts_finish (self, held, "passed", "");
}

void
rig_parts_run (RigParts *self, const char *id)
{
  g_autoptr (RigLease) held = rig_parts_lease (self, id);

  rig_parts_pass (self, held);
}

void
rig_parts_assert_steps (RigParts *self, const char *expected)
{
  g_autoptr (GVariant) steps
      = rig_property (self->rig->client, self->path, "Steps");
  g_autofree char *text = rig_gates_describe_steps (steps);

  g_assert_cmpstr (text, ==, expected);
}

void
rig_parts_assert_is (RigParts *self, const char *name, const char *value)
{
  g_autoptr (GVariant) property
      = rig_property (self->rig->client, self->path, name);
  g_autofree char *text = g_variant_print (property, FALSE);

  g_assert_cmpstr (text, ==, value);
}

void
rig_parts_assert_receipts (RigParts *self, guint expected)
{
  g_autoptr (GHashTable) jobs
      = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  g_assert_cmpuint (rig_verify_chain (self->rig->client, jobs), ==, expected);
  g_assert_cmpuint (g_hash_table_size (jobs), ==, expected);
}
