/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The environment of a step, built from nothing.
 *
 * Nothing of the worker's own environment is in it. What the job sets comes
 * last and may replace what we set, except our own APM2_ names, which the rules
 * of a job spec do not let through.
 */

#include "apm2-step-env.h"

#define DEFAULT_PATH                                                           \
  "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/**
 * apm2_step_env_new:
 * @workspace: of the job
 * @job_id: the job
 * @step: one of its steps
 * @progress_fifo: where it may tell how far it is
 *
 * Returns: (transfer full): "NAME=value", each name once
 */
GStrv
apm2_step_env_new (const Apm2Workspace *workspace,
                   const char *job_id,
                   const Apm2Step *step,
                   const char *progress_fifo)
{
  g_auto (GStrv) env = g_new0 (char *, 1);

  env = g_environ_setenv (env, "PATH", DEFAULT_PATH, TRUE);
  env = g_environ_setenv (env, "HOME", workspace->home, TRUE);
  env = g_environ_setenv (env, "TMPDIR", workspace->tmp, TRUE);
  env = g_environ_setenv (env, "LANG", "C.UTF-8", TRUE);
  env = g_environ_setenv (env, "CI", "true", TRUE);
  env = g_environ_setenv (env, "APM2_JOB_ID", job_id, TRUE);
  env = g_environ_setenv (env, "APM2_STEP", step->name, TRUE);
  env = g_environ_setenv (env, "APM2_PROGRESS", progress_fifo, TRUE);
  for (gsize i = 0; step->env != NULL && step->env[i] != NULL; i++)
    {
      const char *value = strchr (step->env[i], '=');
      g_autofree char *name = NULL;

      if (value == NULL)
        continue;
      name = g_strndup (step->env[i], (gsize) (value - step->env[i]));
      env = g_environ_setenv (env, name, value + 1, TRUE);
    }
  return g_steal_pointer (&env);
}
