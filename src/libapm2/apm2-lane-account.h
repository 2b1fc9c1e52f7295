/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-config.h"

G_BEGIN_DECLS

gboolean apm2_lane_account_check (const Apm2Config *config,
                                  const char *instance,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
