/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-executor.h"

G_BEGIN_DECLS

#define APM2_TYPE_EXECUTOR_DIRECT (apm2_executor_direct_get_type ())
G_DECLARE_FINAL_TYPE (Apm2ExecutorDirect,
                      apm2_executor_direct,
                      APM2,
                      EXECUTOR_DIRECT,
                      GObject)

Apm2ExecutorDirect *
apm2_executor_direct_new (const Apm2Paths *paths,
                          Apm2ActiveConfig *config,
                          guint tasks_factor,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
Apm2StepRun *
apm2_executor_direct_start_step (Apm2ExecutorDirect *self,
                                 const Apm2StepOrder *order,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
