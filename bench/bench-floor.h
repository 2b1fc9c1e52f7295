/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

GArray *bench_floor_append (const char *dir, guint n);
GArray *bench_floor_ping (guint n);

G_END_DECLS
