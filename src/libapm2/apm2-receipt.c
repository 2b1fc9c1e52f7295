/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * How a job ended: the model of a receipt. A plain value without behaviour;
 * text, digest and chain are in apm2-receipt-json.c.
 */

#include "apm2-receipt.h"

#include "apm2-gate-set.h"

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
  g_free (self->source_tree);
  g_free (self->source_project);
  g_free (self->gate_set_digest);
  g_free (self->part_of);
  g_strfreev (self->labels);
  g_free (self->reason);
  g_free (self->message);
  g_ptr_array_unref (self->steps);
  g_free (self->worker);
  g_free (self->executor);
  g_free (self->containment);
  g_free (self);
}

/**
 * apm2_receipt_take_spec:
 * @self: a receipt that says nothing of the spec yet
 * @spec: the spec of its job
 *
 * Takes over what a receipt repeats of the spec; its limits are those that were
 * asked for, until others are set.
 */
void
apm2_receipt_take_spec (Apm2Receipt *self, const Apm2JobSpec *spec)
{
  g_return_if_fail (self != NULL && spec != NULL);
  g_return_if_fail (self->source_repository == NULL && self->labels == NULL);

  self->source_repository = g_strdup (spec->source_repository);
  self->source_commit = g_strdup (spec->source_commit);
  self->source_tree = g_strdup (spec->source_tree);
  self->source_project = g_strdup (spec->source_project);
  if (spec->kind == APM2_JOB_KIND_GATES)
    self->gate_set_digest = apm2_gate_set_get_digest (spec->steps);
  self->labels = g_strdupv (spec->labels);
  self->limits = spec->limits;
}
