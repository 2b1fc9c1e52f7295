/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "apm2-table.h"

G_BEGIN_DECLS

GArray *apm2_columns_choose (const Apm2Column *columns,
                             guint n_columns,
                             const char *names,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
