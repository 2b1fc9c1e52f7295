/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * Apm2ManagerJob:
 *
 * A job of the manager that was asked for, until it has ended: its path may
 * come after the news of its end. All zero is none.
 */
typedef struct
{
  char *path;    /* (nullable) */
  char *removed; /* (nullable) one that ended before the path was known */
  gboolean has_ended;
} Apm2ManagerJob;

void apm2_manager_job_clear (Apm2ManagerJob *self);
void apm2_manager_job_take_path (Apm2ManagerJob *self, const char *path);
void apm2_manager_job_note_removed (Apm2ManagerJob *self, const char *path);

G_END_DECLS
