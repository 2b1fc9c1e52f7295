/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Which jobs of all there are.
 */

#include "apm2-jobs-filter.h"

#include <glib/gi18n.h>

#include "apm2-job-state.h"
#include "apm2-nearest.h"

static gboolean
refuse_state (const char *word, GError **error)
{
  const char *known[APM2_N_JOB_STATES + 3] = { "passed", "failed" };
  g_autofree char *list = NULL;
  const char *nearest = NULL;

  for (guint i = 0; i < APM2_N_JOB_STATES; i++)
    known[i + 2] = apm2_job_state_to_string ((Apm2JobState) i);
  nearest = apm2_nearest_find (word, known);
  list = g_strjoinv (", ", (GStrv) known);
  if (nearest != NULL)
    g_set_error (error,
                 G_OPTION_ERROR,
                 G_OPTION_ERROR_BAD_VALUE,
                 _ ("--state %s: no such state; did you mean '%s'?"),
                 word,
                 nearest);
  else
    g_set_error (error,
                 G_OPTION_ERROR,
                 G_OPTION_ERROR_BAD_VALUE,
                 _ ("--state %s: no such state; there are: %s"),
                 word,
                 list);
  return FALSE;
}

/**
 * apm2_jobs_filter_init:
 * @self: (out caller-allocates): a filter
 * @words: (nullable): what --state says
 * @lane: (nullable): only this lane; must outlive @self
 * @error: G_OPTION_ERROR_BAD_VALUE
 *
 * Returns: %TRUE if @words are states that can be asked for together
 */
gboolean
apm2_jobs_filter_init (Apm2JobsFilter *self,
                       GStrv words,
                       const char *lane,
                       GError **error)
{
  Apm2JobState state;
  Apm2Verdict verdict;

  self->lane = lane;
  if (words == NULL)
    return TRUE;
  self->states = g_ptr_array_new ();
  for (gsize i = 0; words[i] != NULL; i++)
    {
      if (apm2_job_state_from_string (words[i], &state))
        g_ptr_array_add (self->states,
                         (gpointer) apm2_job_state_to_string (state));
      else if (words[i][0] != '\0'
               && apm2_verdict_from_string (words[i], &verdict))
        self->verdict = apm2_verdict_to_string (verdict);
      else
        return refuse_state (words[i], error);
    }
  if (self->verdict != NULL && g_strv_length (words) > 1)
    {
      g_set_error_literal (error,
                           G_OPTION_ERROR,
                           G_OPTION_ERROR_BAD_VALUE,
                           _ ("--state passed and --state failed stand alone"));
      return FALSE;
    }
  g_ptr_array_add (self->states, NULL);
  return TRUE;
}

/**
 * apm2_jobs_filter_clear:
 * @self: a filter
 *
 * Frees what @self holds.
 */
void
apm2_jobs_filter_clear (Apm2JobsFilter *self)
{
  g_clear_pointer (&self->states, g_ptr_array_unref);
}

/**
 * apm2_jobs_filter_matches:
 * @self: a filter
 * @job: a job
 *
 * Returns: %TRUE if @job is asked for
 */
gboolean
apm2_jobs_filter_matches (const Apm2JobsFilter *self, const Apm2JobView *job)
{
  if (self->lane != NULL && !g_str_equal (job->lane, self->lane))
    return FALSE;
  if (self->verdict != NULL)
    return g_str_equal (job->verdict, self->verdict);
  return self->states == NULL
         || g_strv_contains ((const char *const *) self->states->pdata,
                             job->state);
}
