/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-active-config.h"
#include "apm2-executor.h"

G_BEGIN_DECLS

/* Which worker it is for; borrowed, and must outlive the executor. */
typedef struct
{
  const Apm2Paths *paths;
  Apm2ActiveConfig *config;
  const char *instance;
  guint slots;
  guint tasks_factor; /* as of apm2_executor_direct_new() */
} Apm2ExecutorSettings;

#define APM2_TYPE_EXECUTOR_LANE (apm2_executor_lane_get_type ())
G_DECLARE_FINAL_TYPE (Apm2ExecutorLane,
                      apm2_executor_lane,
                      APM2,
                      EXECUTOR_LANE,
                      GObject)

void apm2_executor_lane_new_async (const Apm2ExecutorSettings *settings,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data);
Apm2ExecutorLane *
apm2_executor_lane_new_finish (GAsyncResult *result,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
