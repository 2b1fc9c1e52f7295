/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * How a step of a spec becomes one that an executor runs: with the limits of
 * the lease, in the directories of the place.
 */

#include "apm2-job-step.h"

#include "apm2-step-env.h"

static char *
resolve_directory (const Apm2Workspace *workspace, const Apm2Step *step)
{
  if (step->working_directory == NULL)
    return g_strdup (workspace->work);
  return g_canonicalize_filename (step->working_directory, workspace->work);
}

/**
 * apm2_job_step_start:
 * @step: a step
 * @place: where it runs; ready, and no other runs there
 * @lease: of its job
 * @terms: the rest
 * @error: if it cannot even be tried
 *
 * Returns: (transfer full): the step
 */
Apm2StepRun *
apm2_job_step_start (const Apm2Step *step,
                     Apm2JobPlace *place,
                     const Apm2Lease *lease,
                     const Apm2JobStepTerms *terms,
                     GError **error)
{
  const Apm2Workspace *workspace = apm2_job_place_get_workspace (place);
  g_auto (GStrv) env = apm2_step_env_new (workspace, lease->job_id, step);
  g_autofree char *directory = resolve_directory (workspace, step);
  g_autofree char *log_file
      = g_strdup_printf ("%s/%03u.log", workspace->logs, terms->progress.index);
  const Apm2StepOrder order = {
    .job_id = lease->job_id,
    .name = step->name,
    .argv = (const char *const *) step->argv,
    .env = (const char *const *) env,
    .directory = directory,
    .log_file = log_file,
    .progress_fifo = workspace->progress_fifo,
    .workspace = workspace->top,
    .timeout_usec = terms->timeout_usec,
    .kill_grace_usec = lease->kill_grace_usec,
    .log_bytes_max = lease->log_bytes_max,
    .memory_max_bytes = lease->memory_max_bytes,
    .tasks_max = lease->tasks_max,
    .workspace_bytes_max = terms->disk.workspace_max,
    .disk_bytes_left = terms->disk.left,
    .cpu_quota_percent = lease->cpu_quota_percent,
    .network = lease->network && step->network,
    .outside = terms->outside,
    .fence_boottime = terms->fence,
  };

  return apm2_job_place_start_step (place, &order, &terms->progress, error);
}
