/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "apm2-manager.h"
#include "apm2-paths.h"

G_BEGIN_DECLS

/**
 * Apm2FetchFiles:
 *
 * The files of the unit that fetches for one slot, at the places that it
 * names. Immutable.
 */
typedef struct
{
  gatomicrefcount ref_count;
  Apm2Mode mode;
  char *unit;
  char *order; /* the unit's input */
  char *log;   /* its output */
} Apm2FetchFiles;

Apm2FetchFiles *apm2_fetch_files_new (const Apm2Paths *paths, const char *slot);
Apm2FetchFiles *apm2_fetch_files_ref (Apm2FetchFiles *self);
void apm2_fetch_files_unref (Apm2FetchFiles *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2FetchFiles, apm2_fetch_files_unref)

void apm2_fetch_files_make_async (Apm2FetchFiles *self,
                                  const char *const *parameters,
                                  const char *ca_file,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
gboolean apm2_fetch_files_make_finish (GAsyncResult *result, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
void apm2_fetch_files_take_log_async (Apm2FetchFiles *self,
                                      const char *log_file,
                                      GAsyncReadyCallback callback,
                                      gpointer user_data);
guint64 apm2_fetch_files_take_log_finish (GAsyncResult *result);
void apm2_fetch_files_clear (Apm2FetchFiles *self, Apm2Manager *manager);

G_END_DECLS
