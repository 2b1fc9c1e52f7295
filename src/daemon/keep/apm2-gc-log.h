/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "apm2-paths.h"

G_BEGIN_DECLS

#define APM2_GC_HISTORY_MAX 1000

gboolean apm2_gc_log_append (const Apm2Paths *paths,
                             const char *lines,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
GPtrArray *apm2_gc_log_read_runs (const Apm2Paths *paths,
                                  guint limit,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

void apm2_gc_log_append_async (const Apm2Paths *paths,
                               const char *lines,
                               GAsyncReadyCallback callback,
                               gpointer user_data);
gboolean apm2_gc_log_append_finish (GAsyncResult *result,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

void apm2_gc_log_read_runs_async (const Apm2Paths *paths,
                                  guint limit,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
GPtrArray *apm2_gc_log_read_runs_finish (GAsyncResult *result, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
