/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "apm2-paths.h"

G_BEGIN_DECLS

/**
 * Apm2Workspace:
 *
 * The private directories of one attempt of a job. Immutable.
 */
typedef struct
{
  gatomicrefcount ref_count;
  char *top;  /* holds the others */
  char *home; /* $HOME */
  char *tmp;  /* $TMPDIR */
  char *work; /* where steps begin */
  char *progress_fifo;
  char *logs; /* of this attempt; not below top, and kept */
} Apm2Workspace;

Apm2Workspace *
apm2_workspace_new (const Apm2Paths *paths, const char *job_id, guint attempt);
Apm2Workspace *apm2_workspace_new_at (const char *top,
                                      const Apm2Paths *paths,
                                      const char *job_id,
                                      guint attempt);
Apm2Workspace *apm2_workspace_ref (Apm2Workspace *self);
void apm2_workspace_unref (Apm2Workspace *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2Workspace, apm2_workspace_unref)

void apm2_workspace_prepare_async (Apm2Workspace *self,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data);
gboolean apm2_workspace_prepare_finish (GAsyncResult *result, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
void apm2_workspace_remove_async (Apm2Workspace *self,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
gboolean apm2_workspace_remove_finish (GAsyncResult *result, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
