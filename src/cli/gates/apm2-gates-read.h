/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "apm2-commit.h"

G_BEGIN_DECLS

GPtrArray *apm2_gates_read (const Apm2Commit *commit,
                            const char *name,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
GPtrArray *apm2_gates_read_file (const char *file,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;
GPtrArray *apm2_gates_choose (GPtrArray *gates,
                              const char *const *names,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
