/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What there is to be known of the slots of the worker.
 */

#include "apm2-slots-private.h"

guint
apm2_slots_get_n_slots (Apm2Slots *self)
{
  g_return_val_if_fail (APM2_IS_SLOTS (self), 0);

  return self->n_slots;
}

guint
apm2_slots_get_n_busy (Apm2Slots *self)
{
  g_return_val_if_fail (APM2_IS_SLOTS (self), 0);

  return g_hash_table_size (self->runs) + g_hash_table_size (self->waiting);
}

/**
 * apm2_slots_get_counts:
 * @self: the slots
 *
 * Returns: (transfer none): how the jobs so far have ended
 */
const Apm2SlotCounts *
apm2_slots_get_counts (Apm2Slots *self)
{
  g_return_val_if_fail (APM2_IS_SLOTS (self), NULL);

  return &self->counts;
}

/**
 * apm2_slots_get_trouble:
 * @self: the slots
 *
 * Returns: (transfer none) (nullable): reason code, for ever, if a job
 *   would have to wait
 */
const char *
apm2_slots_get_trouble (Apm2Slots *self)
{
  return apm2_executor_get_trouble (self->executor);
}

/**
 * apm2_slots_list_jobs:
 * @self: the slots
 * @max: how many at most
 *
 * Returns: (transfer full): ids of jobs that run
 */
GStrv
apm2_slots_list_jobs (Apm2Slots *self, guint max)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  GHashTableIter iter;
  gpointer job_id = NULL;

  g_return_val_if_fail (APM2_IS_SLOTS (self), NULL);

  g_hash_table_iter_init (&iter, self->runs);
  for (guint i = 0; i < max && g_hash_table_iter_next (&iter, &job_id, NULL);
       i++)
    g_strv_builder_add (builder, job_id);
  return g_strv_builder_end (builder);
}
