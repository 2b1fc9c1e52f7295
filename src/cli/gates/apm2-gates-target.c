/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What is to be tested, and by what: a commit of the repository here, and gates
 * of it or of another commit. Who submits gates and who asks whether a commit
 * has passed them get here the same way.
 */

#include "apm2-gates-target.h"

#include <string.h>

#include <glib/gi18n.h>

#include "apm2-error.h"
#include "apm2-gate-set.h"
#include "apm2-gates-read.h"
#include "apm2-label.h"
#include "apm2-source.h"
#include "apm2-text.h"

static GPtrArray *
read_gates (const Apm2Commit *commit, const char *gates_from, GError **error)
{
  g_autoptr (Apm2Commit) other = NULL;
  g_autofree char *short_id = NULL;

  if (gates_from == NULL)
    {
      short_id = apm2_commit_get_short_id (commit);
      return apm2_gates_read (commit, short_id, error);
    }
  other = apm2_commit_find (gates_from, error);
  if (other == NULL)
    {
      g_prefix_error (error, "--gates-from: ");
      return NULL;
    }
  return apm2_gates_read (other, gates_from, error);
}

/**
 * apm2_gates_target_find:
 * @rev: any name of a commit in the repository here
 * @gates_from: (nullable): name of another one, whose gates are taken
 * @only: (nullable) (array zero-terminated=1): names of gates, if not all of
 *   them are meant
 * @error: G_OPTION_ERROR if a name is wrong, INVALID_ARGUMENT for a gate file
 *   that is not there or wrong, UNAVAILABLE without git, FAILED
 *
 * Returns: (transfer full): the commit and its gates
 */
Apm2GatesTarget *
apm2_gates_target_find (const char *rev,
                        const char *gates_from,
                        const char *const *only,
                        GError **error)
{
  g_autoptr (Apm2GatesTarget) self = g_new0 (Apm2GatesTarget, 1);

  self->repository = apm2_repository_open (error);
  if (self->repository == NULL)
    return NULL;
  self->commit = apm2_commit_find (rev, error);
  if (self->commit == NULL)
    return NULL;
  self->gates = read_gates (self->commit, gates_from, error);
  if (self->gates != NULL && only != NULL)
    self->gates
        = apm2_gates_choose (g_steal_pointer (&self->gates), only, error);
  if (self->gates == NULL)
    return NULL;
  self->gate_set_digest = apm2_gate_set_get_digest (self->gates);
  return g_steal_pointer (&self);
}

/**
 * apm2_gates_target_free:
 * @self: (transfer full): a target, maybe half made
 */
void
apm2_gates_target_free (Apm2GatesTarget *self)
{
  g_clear_pointer (&self->repository, apm2_repository_free);
  g_clear_pointer (&self->commit, apm2_commit_free);
  g_clear_pointer (&self->gates, g_ptr_array_unref);
  g_free (self->gate_set_digest);
  g_free (self);
}

/* "PROJECT ID SUBJECT", for lists of jobs. */
static GStrv
new_labels (const Apm2GatesTarget *self)
{
  g_autofree char *project = g_path_get_basename (self->repository->project);
  g_autofree char *short_id = apm2_commit_get_short_id (self->commit);
  g_autofree char *text
      = g_strdup_printf ("%s %s %s", project, short_id, self->commit->subject);
  g_autofree char *name = apm2_text_clean (text, APM2_LABEL_VALUE_MAX);
  const char *labels[] = { NULL, NULL };
  g_autofree char *label
      = g_strdup_printf (APM2_LABEL_NAME "=%s", g_strchomp (name));

  labels[0] = label;
  return g_strdupv ((GStrv) labels);
}

/**
 * apm2_gates_target_new_spec:
 * @self: a commit and its gates
 * @lane: (nullable): where they run, if not where gates do
 * @priority: 0 to %APM2_PRIORITY_MAX
 * @bundle: (nullable): name under which the commit was handed over
 * @error: INVALID_ARGUMENT
 *
 * Returns: (transfer full): the job that tests the commit
 */
Apm2JobSpec *
apm2_gates_target_new_spec (const Apm2GatesTarget *self,
                            const char *lane,
                            guint priority,
                            const char *bundle,
                            GError **error)
{
  g_autoptr (Apm2JobSpec) spec = apm2_job_spec_new ();

  spec->kind = APM2_JOB_KIND_GATES;
  g_free (spec->lane);
  spec->lane = g_strdup (lane != NULL ? lane : APM2_LANE_GATES);
  spec->priority = priority;
  spec->labels = new_labels (self);
  spec->source_repository = g_strdup (self->repository->path);
  spec->source_commit = g_strdup (self->commit->id);
  spec->source_ref = g_strdup (self->commit->ref);
  spec->source_tree = g_strdup (self->commit->tree);
  spec->job_id = g_strdup (bundle);
  spec->source_bundle = g_strdup (bundle);
  spec->source_project = g_strdup (self->repository->project);
  g_ptr_array_unref (spec->steps);
  spec->steps = g_ptr_array_ref (self->gates);
  return apm2_job_spec_validate (spec, error) ? g_steal_pointer (&spec) : NULL;
}
