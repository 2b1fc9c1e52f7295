/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "apm2-paths.h"

G_BEGIN_DECLS

GPtrArray *apm2_survey_run (const Apm2Paths *paths);

void apm2_survey_run_async (const Apm2Paths *paths,
                            GAsyncReadyCallback callback,
                            gpointer user_data);
GPtrArray *
apm2_survey_run_finish (GAsyncResult *result) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
