/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Gates on their way to the broker.
 *
 * In system mode the worker is another user, who cannot read the repository, so
 * the commit is handed over; that takes a while, and is left out if the broker
 * has a receipt already.
 */

#include "apm2-gates-submit.h"

#include <glib/gi18n.h>

#include "apm2-admission.h"
#include "apm2-error.h"
#include "apm2-hand-over.h"
#include "apm2-job-spec-json.h"
#include "apm2-paths.h"

/**
 * apm2_gates_submit_clear:
 * @self: what became of it
 */
void
apm2_gates_submit_clear (Apm2GatesSubmit *self)
{
  g_clear_pointer (&self->job_id, g_free);
  g_clear_pointer (&self->receipt, apm2_receipt_free);
  g_clear_pointer (&self->receipt_digest, g_free);
}

typedef struct
{
  GMainLoop *loop;
  char *name; /* (nullable) */
  GError *error;
} HandOver;

static void
on_handed_over (GObject *source, GAsyncResult *result, gpointer user_data)
{
  HandOver *self = user_data;

  self->name = apm2_hand_over_finish (result, &self->error);
  g_main_loop_quit (self->loop);
}

static char *
hand_over (Apm2Client *client, const Apm2GatesTarget *target, GError **error)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  HandOver self = { .loop = loop };

  if (target->repository->shallow)
    {
      g_set_error_literal (
          error,
          APM2_ERROR,
          APM2_ERROR_BAD_STATE,
          _ ("this clone is shallow, and a commit is handed over to the worker "
             "of the system with its whole history; get it with: git fetch "
             "--unshallow"));
      return NULL;
    }
  apm2_hand_over_async (client,
                        target->repository->path,
                        target->commit->id,
                        NULL,
                        on_handed_over,
                        &self);
  g_main_loop_run (loop);
  if (self.error != NULL)
    g_propagate_error (error, self.error);
  return self.name;
}

static gboolean
is_of_system (const Apm2CommandCall *call, gboolean *ret, GError **error)
{
  g_autoptr (Apm2Paths) paths = apm2_paths_new (call->globals->mode, error);

  if (paths == NULL)
    return FALSE;
  *ret = paths->mode == APM2_MODE_SYSTEM;
  return TRUE;
}

static gboolean
find_receipt (Apm2GatesSubmit *self,
              Apm2Client *client,
              const Apm2GatesTarget *target,
              GError **error)
{
  g_autoptr (GError) local = NULL;

  self->receipt
      = apm2_admission_find (client, target, &self->receipt_digest, &local);
  if (self->receipt != NULL
      || g_error_matches (local, APM2_ERROR, APM2_ERROR_NOT_FOUND))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

static gboolean
submit (Apm2GatesSubmit *self,
        Apm2Client *client,
        const Apm2GatesTarget *target,
        const char *bundle,
        GError **error)
{
  g_autoptr (Apm2JobSpec) spec = apm2_gates_target_new_spec (
      target, self->lane, self->priority, bundle, error);
  g_autofree char *text = NULL;

  if (spec == NULL)
    return FALSE;
  text = apm2_job_spec_to_json (spec, NULL);
  self->job_id = apm2_client_submit_gates (
      client, text, self->force, &self->created, error);
  return self->job_id != NULL;
}

/* The receipt of gates is kept longer than their job. */
static gboolean
check_job (Apm2GatesSubmit *self,
           Apm2Client *client,
           const Apm2GatesTarget *target,
           GError **error)
{
  g_autoptr (GError) local = NULL;
  g_autoptr (GVariant) record = NULL;

  if (self->created)
    return TRUE;
  record = apm2_client_get_job (client, self->job_id, &local);
  if (record != NULL)
    return TRUE;
  if (g_error_matches (local, APM2_ERROR, APM2_ERROR_NOT_FOUND))
    self->receipt
        = apm2_admission_find (client, target, &self->receipt_digest, error);
  else
    g_propagate_error (error, g_steal_pointer (&local));
  return self->receipt != NULL;
}

/**
 * apm2_gates_submit_run:
 * @self: how; gets what became of it
 * @call: the verb
 * @client: the broker
 * @target: a commit and its gates
 * @error: INVALID_ARGUMENT, NOT_AUTHORIZED, UNAVAILABLE, and what else the
 *   broker says
 *
 * Returns: %TRUE if there is a job, or a receipt that makes one needless
 */
gboolean
apm2_gates_submit_run (Apm2GatesSubmit *self,
                       const Apm2CommandCall *call,
                       Apm2Client *client,
                       const Apm2GatesTarget *target,
                       GError **error)
{
  g_autofree char *bundle = NULL;
  gboolean of_system = FALSE;

  if (!is_of_system (call, &of_system, error))
    return FALSE;
  if (of_system)
    {
      if (!self->force && !find_receipt (self, client, target, error))
        return FALSE;
      if (self->receipt != NULL)
        return TRUE;
      bundle = hand_over (client, target, error);
      if (bundle == NULL)
        return FALSE;
    }
  return submit (self, client, target, bundle, error)
         && check_job (self, client, target, error);
}
