/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-tree.h"

G_BEGIN_DECLS

/* org.freedesktop.LogControl1 of this process. */
#define APM2_TYPE_LOG_CONTROL (apm2_log_control_get_type ())
G_DECLARE_FINAL_TYPE (Apm2LogControl,
                      apm2_log_control,
                      APM2,
                      LOG_CONTROL,
                      GObject)

Apm2LogControl *apm2_log_control_new (Apm2Tree *tree);

G_END_DECLS
