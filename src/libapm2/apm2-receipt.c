/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * How a job ended: the model of a receipt. A plain value without behaviour;
 * text, digest and chain are in apm2-receipt-json.c.
 */

#include "apm2-receipt.h"

/**
 * apm2_step_result_new:
 * @name: the step
 *
 * Returns: (transfer full): the result of a step that did not exit
 */
Apm2StepResult *
apm2_step_result_new (const char *name)
{
  Apm2StepResult *self = g_new0 (Apm2StepResult, 1);

  self->name = g_strdup (name);
  self->exit_status = -1;
  return self;
}

/**
 * apm2_step_result_free:
 * @self: (transfer full): a result
 */
void
apm2_step_result_free (Apm2StepResult *self)
{
  g_return_if_fail (self != NULL);

  g_free (self->name);
  g_free (self->result);
  g_free (self);
}

/**
 * apm2_receipt_new:
 *
 * Returns: (transfer full): a receipt of a command that says nothing yet
 */
Apm2Receipt *
apm2_receipt_new (void)
{
  Apm2Receipt *self = g_new0 (Apm2Receipt, 1);

  self->kind = APM2_JOB_KIND_COMMAND;
  self->verdict = APM2_VERDICT_NONE;
  self->steps
      = g_ptr_array_new_with_free_func ((GDestroyNotify) apm2_step_result_free);
  return self;
}

/**
 * apm2_receipt_free:
 * @self: (transfer full): a receipt
 */
void
apm2_receipt_free (Apm2Receipt *self)
{
  g_return_if_fail (self != NULL);

  g_free (self->previous_digest);
  g_free (self->job_id);
  g_free (self->spec_digest);
  g_free (self->lane);
  g_free (self->source_repository);
  g_free (self->source_commit);
  g_strfreev (self->labels);
  g_free (self->reason);
  g_free (self->message);
  g_ptr_array_unref (self->steps);
  g_free (self->worker);
  g_free (self->executor);
  g_free (self->containment);
  g_free (self);
}
