/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-args.h"
#include "apm2-options.h"

G_BEGIN_DECLS

int apm2_there_run (const Apm2Options *globals,
                    const char *path,
                    const GPtrArray *options,
                    const Apm2ArgsTable *tables,
                    gsize n_tables,
                    const GPtrArray *rest,
                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
