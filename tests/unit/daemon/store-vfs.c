/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A disk that fails when told to: SQLite's own file system layer, with faults
 * where the kernel would report them. Everything else is the real one.
 */

#include "store-vfs.h"

#include <sqlite3.h>

typedef struct
{
  sqlite3_file base;
  sqlite3_file *real; /* right behind this struct */
  gboolean is_main;
} File;

static sqlite3_vfs *real_vfs;
static sqlite3_vfs fault_vfs;
static int mood;      /* atomic */
static guint n_syncs; /* atomic */

static GMutex mutex;
static GCond cond;
static gboolean holding; /* under mutex */
static gboolean held;    /* under mutex */

static sqlite3_file *
real (sqlite3_file *file)
{
  return ((File *) file)->real;
}

static int
file_close (sqlite3_file *file)
{
  return real (file)->pMethods->xClose (real (file));
}

static int
file_read (sqlite3_file *file, void *data, int length, sqlite3_int64 offset)
{
  return real (file)->pMethods->xRead (real (file), data, length, offset);
}

static int
file_write (sqlite3_file *file,
            const void *data,
            int length,
            sqlite3_int64 offset)
{
  switch (g_atomic_int_get (&mood))
    {
    case STORE_VFS_FULL:
      return SQLITE_FULL;
    case STORE_VFS_WRITE_ERROR:
      return SQLITE_IOERR_WRITE;
    default:
      return real (file)->pMethods->xWrite (real (file), data, length, offset);
    }
}

static int
file_truncate (sqlite3_file *file, sqlite3_int64 size)
{
  return real (file)->pMethods->xTruncate (real (file), size);
}

static int
file_sync (sqlite3_file *file, int flags)
{
  int now;

  g_mutex_lock (&mutex);
  while (holding)
    {
      held = TRUE;
      g_cond_broadcast (&cond);
      g_cond_wait (&cond, &mutex);
    }
  held = FALSE;
  g_mutex_unlock (&mutex);

  now = g_atomic_int_get (&mood);
  if (now == STORE_VFS_SYNC_ERROR
      || (now == STORE_VFS_MAIN_SYNC_ERROR && ((File *) file)->is_main))
    return SQLITE_IOERR_FSYNC;
  g_atomic_int_inc (&n_syncs);
  return real (file)->pMethods->xSync (real (file), flags);
}

static int
file_size (sqlite3_file *file, sqlite3_int64 *size)
{
  return real (file)->pMethods->xFileSize (real (file), size);
}

static int
file_lock (sqlite3_file *file, int level)
{
  return real (file)->pMethods->xLock (real (file), level);
}

static int
file_unlock (sqlite3_file *file, int level)
{
  return real (file)->pMethods->xUnlock (real (file), level);
}

static int
file_check_lock (sqlite3_file *file, int *reserved)
{
  return real (file)->pMethods->xCheckReservedLock (real (file), reserved);
}

static int
file_control (sqlite3_file *file, int op, void *arg)
{
  return real (file)->pMethods->xFileControl (real (file), op, arg);
}

static int
file_sector_size (sqlite3_file *file)
{
  return real (file)->pMethods->xSectorSize (real (file));
}

static int
file_characteristics (sqlite3_file *file)
{
  return real (file)->pMethods->xDeviceCharacteristics (real (file));
}

/* Version 1: no shared memory, which a store under an exclusive lock does
 * without. */
static const sqlite3_io_methods methods = {
  .iVersion = 1,
  .xClose = file_close,
  .xRead = file_read,
  .xWrite = file_write,
  .xTruncate = file_truncate,
  .xSync = file_sync,
  .xFileSize = file_size,
  .xLock = file_lock,
  .xUnlock = file_unlock,
  .xCheckReservedLock = file_check_lock,
  .xFileControl = file_control,
  .xSectorSize = file_sector_size,
  .xDeviceCharacteristics = file_characteristics,
};

static int
vfs_open (sqlite3_vfs *vfs,
          const char *name,
          sqlite3_file *file,
          int flags,
          int *ret_flags)
{
  File *self = (File *) file;
  int code;

  self->real = (sqlite3_file *) (self + 1);
  self->is_main = (flags & SQLITE_OPEN_MAIN_DB) != 0;
  code = real_vfs->xOpen (real_vfs, name, self->real, flags, ret_flags);
  self->base.pMethods = self->real->pMethods == NULL ? NULL : &methods;
  return code;
}

void
store_vfs_install (void)
{
  real_vfs = sqlite3_vfs_find (NULL);
  g_assert_nonnull (real_vfs);
  fault_vfs = *real_vfs;
  fault_vfs.zName = "apm2-test";
  fault_vfs.szOsFile = (int) sizeof (File) + real_vfs->szOsFile;
  fault_vfs.xOpen = vfs_open;
  g_assert_cmpint (sqlite3_vfs_register (&fault_vfs, 1), ==, SQLITE_OK);
}

void
store_vfs_set_mood (StoreVfsMood new_mood)
{
  g_atomic_int_set (&mood, new_mood);
}

void
store_vfs_hold_syncs (gboolean hold)
{
  g_mutex_lock (&mutex);
  holding = hold;
  g_cond_broadcast (&cond);
  g_mutex_unlock (&mutex);
}

void
store_vfs_wait_held (void)
{
  g_mutex_lock (&mutex);
  while (!held)
    g_cond_wait (&cond, &mutex);
  g_mutex_unlock (&mutex);
}

guint
store_vfs_count_syncs (void)
{
  return (guint) g_atomic_int_get (&n_syncs);
}
