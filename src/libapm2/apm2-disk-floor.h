/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What stays free of a file system; the larger of the two. 0: nothing. */
typedef struct
{
  guint64 bytes;
  guint percent;
} Apm2DiskFloor;

gboolean apm2_disk_floor_check (const Apm2DiskFloor *self,
                                const char *path,
                                guint64 *ret_above,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
