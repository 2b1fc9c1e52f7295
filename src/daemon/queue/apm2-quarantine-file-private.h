/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Shared by the files about quarantined files only. */

#include "apm2-quarantine-file.h"

G_BEGIN_DECLS

typedef struct
{
  char *directory;
  char *entry; /* (nullable) */
  gint64 before;
  guint limit;
  gboolean dry_run;
} Apm2QuarantineWork;

GTask *apm2_quarantine_task_new (gpointer source,
                                 const Apm2Paths *paths,
                                 const char *entry,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data,
                                 Apm2QuarantineWork **ret_work);
GPtrArray *apm2_quarantine_list_names (const char *directory, GError **error);
Apm2QuarantineFile *
apm2_quarantine_look_at (int dir, const char *name, GError **error);

G_END_DECLS
