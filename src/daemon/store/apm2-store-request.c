/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A question on its way to the storage thread, and its answer on the way back.
 * It belongs to one side at a time, so that it needs no lock.
 */

#include "apm2-store-request.h"

/**
 * apm2_store_request_new:
 * @act: what is asked; outlives the request
 * @name: (nullable): of the job, lane or receipt it is about
 *
 * Returns: (transfer full): a request
 */
Apm2StoreRequest *
apm2_store_request_new (const Apm2StoreAct *act, const char *name)
{
  Apm2StoreRequest *self = g_new0 (Apm2StoreRequest, 1);

  self->act = act;
  self->name = g_strdup (name);
  return self;
}

/**
 * apm2_store_request_forget_answer:
 * @self: a request
 *
 * Makes it as if it had not been run.
 */
void
apm2_store_request_forget_answer (Apm2StoreRequest *self)
{
  self->ok = FALSE;
  g_clear_error (&self->error);
  g_clear_pointer (&self->job, apm2_stored_job_free);
  g_clear_pointer (&self->rows, g_ptr_array_unref);
  g_clear_pointer (&self->effects, g_ptr_array_unref);
  g_clear_pointer (&self->snapshot, apm2_store_snapshot_free);
  g_clear_pointer (&self->found_text, g_free);
  g_clear_pointer (&self->found_digest, g_free);
  self->created = FALSE;
  self->woken = 0;
  self->forgotten = 0;
  g_clear_pointer (&self->fates, g_array_unref);
  self->next_unix = 0;
}

/**
 * apm2_store_request_free:
 * @self: (nullable) (transfer full): a request
 */
void
apm2_store_request_free (Apm2StoreRequest *self)
{
  if (self == NULL)
    return;

  apm2_store_request_forget_answer (self);
  g_clear_object (&self->task);
  g_clear_object (&self->cancellable);
  g_clear_pointer (&self->spec, apm2_job_spec_unref);
  g_clear_pointer (&self->receipt, apm2_receipt_free);
  g_clear_pointer (&self->rooms, g_array_unref);
  g_clear_pointer (&self->herald, apm2_store_herald_unref);
  g_clear_pointer (&self->sequences, g_array_unref);
  g_clear_pointer (&self->ids, g_ptr_array_unref);
  g_free (self->name);
  g_free (self->text);
  g_free (self->digest);
  g_free (self->worker);
  g_free (self->boot_id);
  g_free (self->reason);
  g_free (self);
}
