/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-job-spec.h"

G_BEGIN_DECLS

#define APM2_GATES_FILE           ".apm2/gates.conf"
#define APM2_GATES_FILE_BYTES_MAX (64 * 1024)

GPtrArray *apm2_gates_file_parse (const char *data,
                                  gsize size,
                                  const char *name,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
