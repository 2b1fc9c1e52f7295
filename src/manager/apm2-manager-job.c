/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Whether a job of the manager has ended.
 */

#include "apm2-manager-job.h"

void
apm2_manager_job_clear (Apm2ManagerJob *self)
{
  g_clear_pointer (&self->path, g_free);
  g_clear_pointer (&self->removed, g_free);
  self->has_ended = FALSE;
}

/**
 * apm2_manager_job_take_path:
 * @self: a job that was asked for
 * @path: its path, as answered
 */
void
apm2_manager_job_take_path (Apm2ManagerJob *self, const char *path)
{
  g_free (self->path);
  self->path = g_strdup (path);
  self->has_ended = g_strcmp0 (path, self->removed) == 0;
}

/**
 * apm2_manager_job_note_removed:
 * @self: a job, or none
 * @path: a job of the same unit that has ended
 */
void
apm2_manager_job_note_removed (Apm2ManagerJob *self, const char *path)
{
  if (self->path != NULL)
    {
      self->has_ended = self->has_ended || g_str_equal (path, self->path);
      return;
    }
  g_free (self->removed);
  self->removed = g_strdup (path);
}
