/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What a store takes and gives: plain values without behaviour. They hold no
 * tie to the store, so that they may cross threads and outlive it.
 */

#include "apm2-store-values.h"

/**
 * apm2_stored_job_free:
 * @self: (nullable) (transfer full): a job
 */
void
apm2_stored_job_free (Apm2StoredJob *self)
{
  if (self == NULL)
    return;

  g_free (self->id);
  g_free (self->reason);
  g_free (self->message);
  g_free (self->lane);
  g_free (self->name);
  g_free (self->worker);
  g_free (self->boot_id);
  g_free (self->spec_digest);
  g_free (self->receipt_digest);
  g_free (self->cancel_reason);
  g_free (self->parent_id);
  g_free (self->spec_text);
  g_free (self->receipt_text);
  g_clear_pointer (&self->parts, g_ptr_array_unref);
  g_free (self);
}

/**
 * apm2_store_snapshot_free:
 * @self: (nullable) (transfer full): what a store told when it opened
 */
void
apm2_store_snapshot_free (Apm2StoreSnapshot *self)
{
  if (self == NULL)
    return;

  g_clear_pointer (&self->open_jobs, g_ptr_array_unref);
  g_clear_pointer (&self->ended_jobs, g_ptr_array_unref);
  g_clear_pointer (&self->ended_parts, g_ptr_array_unref);
  g_strfreev (self->paused_lanes);
  g_free (self);
}

/**
 * apm2_store_effect_free:
 * @self: (nullable) (transfer full): an effect
 */
void
apm2_store_effect_free (Apm2StoreEffect *self)
{
  if (self == NULL)
    return;

  apm2_stored_job_free (self->job);
  g_free (self);
}

/**
 * apm2_store_effects_add:
 * @effects: (element-type Apm2StoreEffect): what a call drew along
 * @job: (transfer full): a job that it changed
 */
void
apm2_store_effects_add (GPtrArray *effects, Apm2StoredJob *job)
{
  Apm2StoreEffect *effect = g_new0 (Apm2StoreEffect, 1);

  effect->job = job;
  effect->became_ready = job->state == APM2_JOB_STATE_PENDING;
  g_ptr_array_add (effects, effect);
}

/**
 * apm2_stored_receipt_free:
 * @self: (nullable) (transfer full): a receipt as stored
 */
void
apm2_stored_receipt_free (Apm2StoredReceipt *self)
{
  if (self == NULL)
    return;

  g_free (self->digest);
  g_free (self->job_id);
  g_free (self->reason);
  g_free (self->text);
  g_free (self);
}

/**
 * apm2_stored_end_free:
 * @self: (nullable) (transfer full): the end of a job
 */
void
apm2_stored_end_free (Apm2StoredEnd *self)
{
  if (self == NULL)
    return;

  g_free (self->job_id);
  g_free (self);
}
