/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What the disk does; read by the storage thread, hence atomic. */
typedef enum
{
  STORE_VFS_WORKS,
  STORE_VFS_FULL,            /* writes fail for want of space */
  STORE_VFS_WRITE_ERROR,     /* writes fail */
  STORE_VFS_SYNC_ERROR,      /* fsync fails */
  STORE_VFS_MAIN_SYNC_ERROR, /* fsync of the file fails, not of its log */
} StoreVfsMood;

void store_vfs_install (void);
void store_vfs_set_mood (StoreVfsMood mood);
/* A sync that is held back goes on when it is let go. */
void store_vfs_hold_syncs (gboolean hold);
void store_vfs_wait_held (void);
guint store_vfs_count_syncs (void);

G_END_DECLS
