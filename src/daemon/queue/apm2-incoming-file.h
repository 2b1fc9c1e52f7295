/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "apm2-paths.h"

G_BEGIN_DECLS

/*
 * The disk work of the incoming directory, each act in a thread. @source is the
 * source object of the result; @paths must outlive the call.
 */

/* What a file is called that is a spec, and the note beside one that was set
 * aside. */
#define APM2_INCOMING_SUFFIX        ".json"
#define APM2_QUARANTINE_NOTE_SUFFIX ".reason"

char *apm2_incoming_file_read_spec (const char *dir_path,
                                    const char *name,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Names that wait, at most %APM2_INCOMING_ROUND_MAX, in reverse order. */
#define APM2_INCOMING_ROUND_MAX 1024
void apm2_incoming_file_list_async (gpointer source,
                                    const Apm2Paths *paths,
                                    GAsyncReadyCallback callback);
GPtrArray *apm2_incoming_file_list_finish (GAsyncResult *result,
                                           GError **error);

/* The spec in a file, with a key of its own if it has none. */
void apm2_incoming_file_read_async (gpointer source,
                                    const Apm2Paths *paths,
                                    const char *name,
                                    GAsyncReadyCallback callback);
char *apm2_incoming_file_read_finish (GAsyncResult *result, GError **error);

/* Removes a file, or sets it aside if there is a reason to. */
void apm2_incoming_file_dispose_async (gpointer source,
                                       const Apm2Paths *paths,
                                       const char *name,
                                       const char *reason,
                                       GAsyncReadyCallback callback);
gboolean apm2_incoming_file_dispose_finish (GAsyncResult *result,
                                            GError **error);

/* (transfer none): the name that the act was about. */
const char *apm2_incoming_file_get_name (GAsyncResult *result);

G_END_DECLS
