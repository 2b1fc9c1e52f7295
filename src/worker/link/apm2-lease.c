/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A lease, as the broker's reply to Lease tells it.
 */

#include "apm2-lease.h"

#include "apm2-error.h"
#include "apm2-job-id.h"

static void
read_terms (Apm2Lease *self, GVariant *terms)
{
  (void) g_variant_lookup (terms, "timeout_sec", "t", &self->timeout_sec);
  (void) g_variant_lookup (
      terms, "memory_max_bytes", "t", &self->memory_max_bytes);
  (void) g_variant_lookup (terms, "tasks_max", "t", &self->tasks_max);
  (void) g_variant_lookup (
      terms, "cpu_quota_percent", "t", &self->cpu_quota_percent);
  (void) g_variant_lookup (terms, "network", "b", &self->network);
  (void) g_variant_lookup (terms, "log_bytes_max", "t", &self->log_bytes_max);
  (void) g_variant_lookup (
      terms, "kill_grace_usec", "t", &self->kill_grace_usec);
}

/**
 * apm2_lease_new_from_reply:
 * @reply: "(stussa{sv})"
 * @error: INVALID_ARGUMENT if the job's id is none: it becomes a path
 *
 * Returns: (transfer full): the lease
 */
Apm2Lease *
apm2_lease_new_from_reply (GVariant *reply, GError **error)
{
  g_autoptr (Apm2Lease) self = g_new0 (Apm2Lease, 1);
  g_autoptr (GVariant) terms = NULL;

  g_return_val_if_fail (g_variant_is_of_type (reply, APM2_LEASE_TYPE), NULL);

  g_variant_get (reply,
                 "(stuss@a{sv})",
                 &self->job_id,
                 &self->token,
                 &self->attempt,
                 &self->job_spec,
                 &self->spec_digest,
                 &terms);
  read_terms (self, terms);
  if (!apm2_job_id_is_valid (self->job_id))
    {
      g_set_error_literal (
          error,
          APM2_ERROR,
          APM2_ERROR_INVALID_ARGUMENT,
          "Cannot take a lease from the broker: its job id is not valid");
      return NULL;
    }
  return g_steal_pointer (&self);
}

/**
 * apm2_lease_equal:
 * @self: a lease
 * @other: another
 *
 * Returns: whether they are the same lease, on the same terms
 */
gboolean
apm2_lease_equal (const Apm2Lease *self, const Apm2Lease *other)
{
  return self->token == other->token && self->attempt == other->attempt
         && g_str_equal (self->job_id, other->job_id)
         && g_str_equal (self->job_spec, other->job_spec)
         && g_str_equal (self->spec_digest, other->spec_digest)
         && self->timeout_sec == other->timeout_sec
         && self->memory_max_bytes == other->memory_max_bytes
         && self->tasks_max == other->tasks_max
         && self->cpu_quota_percent == other->cpu_quota_percent
         && self->network == other->network
         && self->log_bytes_max == other->log_bytes_max
         && self->kill_grace_usec == other->kill_grace_usec;
}

/**
 * apm2_lease_copy:
 * @self: a lease
 *
 * Returns: (transfer full): the same
 */
Apm2Lease *
apm2_lease_copy (const Apm2Lease *self)
{
  Apm2Lease *copy = g_memdup2 (self, sizeof *self);

  copy->job_id = g_strdup (self->job_id);
  copy->job_spec = g_strdup (self->job_spec);
  copy->spec_digest = g_strdup (self->spec_digest);
  return copy;
}

/**
 * apm2_lease_free:
 * @self: (transfer full): a lease
 */
void
apm2_lease_free (Apm2Lease *self)
{
  g_return_if_fail (self != NULL);

  g_free (self->job_id);
  g_free (self->job_spec);
  g_free (self->spec_digest);
  g_free (self);
}
