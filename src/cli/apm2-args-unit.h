/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-args.h"

G_BEGIN_DECLS

gboolean apm2_args_unit_check (const char *const *words,
                               const Apm2ArgsTable *tables,
                               gsize n_tables,
                               gboolean stop_at_first,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
