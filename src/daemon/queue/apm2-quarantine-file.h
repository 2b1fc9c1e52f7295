/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "apm2-paths.h"

G_BEGIN_DECLS

/*
 * The disk work on files in quarantine, each act in a thread. @source is the
 * source object of the result; @paths must outlive the call.
 *
 * A file is called by an entry name that may stand anywhere: that of the file,
 * with everything but letters, digits and "-._~" escaped by percent signs.
 */

/* A file that was set aside. */
typedef struct
{
  char *entry;
  char *reason; /* one line, UTF-8; "" if there is no note */
  gint64 since; /* usec UTC: when it was set aside */
  guint64 bytes;
} Apm2QuarantineFile;
void apm2_quarantine_file_free (Apm2QuarantineFile *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2QuarantineFile, apm2_quarantine_file_free)

char *apm2_quarantine_file_entry_to_name (const char *entry, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* Files after @after (%NULL: from the first on), in the order of their names.
 */
void apm2_quarantine_file_list_async (gpointer source,
                                      const Apm2Paths *paths,
                                      const char *after,
                                      guint limit,
                                      GAsyncReadyCallback callback,
                                      gpointer user_data);
GPtrArray *apm2_quarantine_file_list_finish (GAsyncResult *result,
                                             GError **error);

/* One of them, and what is in it. */
void apm2_quarantine_file_read_async (gpointer source,
                                      const Apm2Paths *paths,
                                      const char *entry,
                                      GAsyncReadyCallback callback,
                                      gpointer user_data);
Apm2QuarantineFile *apm2_quarantine_file_read_finish (GAsyncResult *result,
                                                      GBytes **ret_content,
                                                      GError **error);

/* The spec that one of them holds, with a key of its own. */
void apm2_quarantine_file_read_spec_async (gpointer source,
                                           const Apm2Paths *paths,
                                           const char *entry,
                                           GAsyncReadyCallback callback,
                                           gpointer user_data);
char *apm2_quarantine_file_read_spec_finish (GAsyncResult *result,
                                             GError **error);

/* Removes one (@entry), or all that were set aside before @before (usec UTC; 0:
 * whenever). */
void apm2_quarantine_file_prune_async (gpointer source,
                                       const Apm2Paths *paths,
                                       const char *entry,
                                       gint64 before,
                                       gboolean dry_run,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data);
gboolean apm2_quarantine_file_prune_finish (GAsyncResult *result,
                                            guint *ret_n,
                                            GError **error);

G_END_DECLS
