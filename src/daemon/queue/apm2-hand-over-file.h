/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "apm2-paths.h"

G_BEGIN_DECLS

/* For the caller to go on. */
#define APM2_HAND_OVER_IDLE_SEC 60

typedef struct
{
  guint64 bytes_max;
  guint64 disk_floor; /* bytes that stay free; 0: none */
  guint disk_floor_percent;
  guint idle_sec;
} Apm2HandOverBounds;

void apm2_hand_over_file_take_async (const Apm2Paths *paths,
                                     const char *name,
                                     int fd,
                                     const Apm2HandOverBounds *bounds,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data);
gboolean apm2_hand_over_file_take_finish (GAsyncResult *result, GError **error);
void apm2_hand_over_file_list_async (const Apm2Paths *paths,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data);
GHashTable *apm2_hand_over_file_list_finish (GAsyncResult *result,
                                             GError **error);
void apm2_hand_over_file_remove (const Apm2Paths *paths, const char *name);

G_END_DECLS
