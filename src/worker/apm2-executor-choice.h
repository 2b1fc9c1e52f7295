/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-executor-lane.h"

G_BEGIN_DECLS

void apm2_executor_choose_async (const char *name,
                                 const Apm2ExecutorSettings *settings,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);
Apm2Executor *apm2_executor_choose_finish (GAsyncResult *result, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
