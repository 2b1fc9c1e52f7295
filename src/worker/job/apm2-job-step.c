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

/* An order and what it borrows. */
typedef struct
{
  GStrv env;
  char *directory;
  char *log_file;
  char *progress_fifo;
} Loan;

static void
loans_free (Loan *self)
{
  for (guint i = 0; self[i].env != NULL; i++)
    {
      g_strfreev (self[i].env);
      g_free (self[i].directory);
      g_free (self[i].log_file);
      g_free (self[i].progress_fifo);
    }
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Loan, loans_free)

/* Of steps that run side by side each has its own. */
static char *
name_fifo (const Apm2Workspace *workspace,
           Apm2JobPlace *place,
           const Apm2JobStepTerms *terms,
           guint position,
           guint n)
{
  if (apm2_job_place_takes_waves (place) && n > 1)
    return g_strdup_printf ("%s-%u", workspace->progress_fifo, position);
  if (!apm2_job_place_takes_waves (place) && terms->gate)
    return g_strdup_printf (
        "%s-%u", workspace->progress_fifo, terms->progress.index);
  return g_strdup (workspace->progress_fifo);
}

static Apm2StepOrder
make_order (const Apm2Step *step,
            const Apm2Workspace *workspace,
            const Apm2Lease *lease,
            const Apm2JobStepTerms *terms,
            Loan *loan)
{
  loan->env
      = apm2_step_env_new (workspace, lease->job_id, step, loan->progress_fifo);
  loan->directory = resolve_directory (workspace, step);
  loan->log_file
      = g_strdup_printf ("%s/%03u.log", workspace->logs, terms->progress.index);
  return (Apm2StepOrder){
    .job_id = lease->job_id,
    .name = step->name,
    .argv = (const char *const *) step->argv,
    .env = (const char *const *) loan->env,
    .directory = loan->directory,
    .log_file = loan->log_file,
    .progress_fifo = loan->progress_fifo,
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
    .held = terms->held,
    .fence_boottime = terms->fence,
  };
}

static GPtrArray *
start_one (Apm2JobPlace *place,
           const Apm2StepOrder *order,
           const Apm2JobProgress *progress,
           GError **error)
{
  Apm2StepRun *run = apm2_job_place_start_step (place, order, progress, error);
  GPtrArray *runs = NULL;

  if (run == NULL)
    return NULL;
  runs = g_ptr_array_new_with_free_func (g_object_unref);
  g_ptr_array_add (runs, run);
  return runs;
}

/**
 * apm2_job_step_start:
 * @steps: (element-type Apm2Step): those of the job
 * @place: where they run; ready
 * @lease: of the job
 * @terms: (array length=n): the rest, with the index of each
 * @n: how many are started; more than one only where waves are taken
 * @error: if they cannot even be tried
 *
 * Returns: (transfer full) (element-type Apm2StepRun): the steps, as @terms
 */
GPtrArray *
apm2_job_step_start (GPtrArray *steps,
                     Apm2JobPlace *place,
                     const Apm2Lease *lease,
                     const Apm2JobStepTerms *terms,
                     guint n,
                     GError **error)
{
  const Apm2Workspace *workspace = apm2_job_place_get_workspace (place);
  g_autoptr (Loan) loans = g_new0 (Loan, n + 1);
  g_autofree Apm2StepOrder *orders = g_new0 (Apm2StepOrder, n);
  g_autofree Apm2JobProgress *progress = g_new0 (Apm2JobProgress, n);

  for (guint i = 0; i < n; i++)
    {
      const Apm2Step *step = g_ptr_array_index (steps, terms[i].progress.index);

      loans[i].progress_fifo = name_fifo (workspace, place, &terms[i], i, n);
      orders[i] = make_order (step, workspace, lease, &terms[i], &loans[i]);
      progress[i] = terms[i].progress;
    }
  return n > 1 ? apm2_job_place_start_wave (place, orders, progress, n, error)
               : start_one (place, orders, progress, error);
}
