/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The job whose lease may come next, once it is on the broker's disk.
 *
 * While the disk is at work everything is made ready for it that can be without
 * running anything. It is no lease: the broker does not know that we have it,
 * it is in no list, and it takes no slot from a lease that does come. What was
 * made ready is given up when something else comes, or nothing for a while.
 */

#include "apm2-hinted-job.h"

#include "apm2-log.h"

/* A disk that takes longer costs more than what is saved here. */
#define PATIENCE_MSEC 2000

struct _Apm2HintedJob
{
  Apm2Executor *executor;
  Apm2JobRun *run; /* (nullable) held */
  gulong ended;    /* handler */
  guint patience;  /* timer */
};

/**
 * apm2_hinted_job_new:
 * @executor: makes ready for the job
 *
 * Returns: (transfer full): no job
 */
Apm2HintedJob *
apm2_hinted_job_new (Apm2Executor *executor)
{
  Apm2HintedJob *self = g_new0 (Apm2HintedJob, 1);

  self->executor = g_object_ref (executor);
  return self;
}

/**
 * apm2_hinted_job_free:
 * @self: (transfer full): a job, which is given up
 */
void
apm2_hinted_job_free (Apm2HintedJob *self)
{
  apm2_hinted_job_drop (self);
  g_object_unref (self->executor);
  g_free (self);
}

static Apm2JobRun *
forget (Apm2HintedJob *self)
{
  if (self->run != NULL)
    g_clear_signal_handler (&self->ended, self->run);
  g_clear_handle_id (&self->patience, g_source_remove);
  return g_steal_pointer (&self->run);
}

/* It could not be made ready. Why is told of the lease, if one comes. */
static void
on_ended (Apm2HintedJob *self)
{
  g_object_unref (forget (self));
}

static gboolean
on_patience_ended (gpointer user_data)
{
  Apm2HintedJob *self = user_data;

  self->patience = 0;
  apm2_log (G_LOG_LEVEL_DEBUG,
            APM2_LOG_WITH (.job = apm2_job_run_get_job_id (self->run)),
            "No lease of job %s has come",
            apm2_job_run_get_job_id (self->run));
  apm2_hinted_job_drop (self);
  return G_SOURCE_REMOVE;
}

/**
 * apm2_hinted_job_set:
 * @self: the job before, which is given up
 * @lease: (transfer full): what may come
 */
void
apm2_hinted_job_set (Apm2HintedJob *self, Apm2Lease *lease)
{
  apm2_hinted_job_drop (self);
  self->run = apm2_job_run_new (self->executor, lease);
  self->ended = g_signal_connect_swapped (
      self->run, "ended", G_CALLBACK (on_ended), self);
  self->patience = g_timeout_add (PATIENCE_MSEC, on_patience_ended, self);
  if (!apm2_job_run_start_held (self->run))
    g_object_unref (forget (self));
}

/**
 * apm2_hinted_job_take:
 * @self: the job, which is given up if it is another
 * @lease: one that has come
 *
 * Returns: (transfer full) (nullable): the attempt that is held for @lease
 */
Apm2JobRun *
apm2_hinted_job_take (Apm2HintedJob *self, const Apm2Lease *lease)
{
  if (self->run == NULL)
    return NULL;
  if (apm2_lease_equal (apm2_job_run_get_lease (self->run), lease))
    return forget (self);
  apm2_hinted_job_drop (self);
  return NULL;
}

/* Somebody must hold it until its slot is as before. */
static void
on_dropped_ended (Apm2JobRun *run)
{
  g_object_unref (run);
}

/**
 * apm2_hinted_job_drop:
 * @self: the job
 *
 * Gives it up, if there is one. Nothing of it has run.
 */
void
apm2_hinted_job_drop (Apm2HintedJob *self)
{
  Apm2JobRun *run = forget (self);

  if (run == NULL)
    return;
  g_signal_connect (run, "ended", G_CALLBACK (on_dropped_ended), NULL);
  apm2_job_run_abandon (run);
}
