/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The write-ahead log of a store as a file: made as large as it will be before
 * jobs come.
 *
 * A write that makes a file longer costs the sync after it an entry in the
 * journal of the file system; one over bytes that are there does not. SQLite
 * begins at the front again after each checkpoint and takes zeros for the end
 * of the log. When the store is closed SQLite removes the log, so that what
 * lies beside a closed store can be copied and put back alone.
 */

#include "apm2-store-log.h"

#include <sys/statvfs.h>

/* A page of a new store with the header of its frame, and some more. */
#define FRAME_BYTES (4096 + 32)
#define LOG_BYTES   ((sqlite3_int64) APM2_STORE_LOG_IDLE_PAGES * FRAME_BYTES)
#define CHUNK_BYTES 65536
/* What a disk must have free for it: a small one is for jobs. */
#define ROOM_BYTES ((guint64) 16 * LOG_BYTES)

static gboolean
has_room (sqlite3 *sqlite)
{
  const char *file = sqlite3_db_filename (sqlite, "main");
  struct statvfs st = { 0 };

  return file != NULL && statvfs (file, &st) == 0
         && (guint64) st.f_bavail * st.f_frsize >= ROOM_BYTES;
}

static gboolean
fill (sqlite3_file *log, sqlite3_int64 from)
{
  g_autofree void *zeros = g_malloc0 (CHUNK_BYTES);

  while (from < LOG_BYTES)
    {
      int length = (int) MIN (CHUNK_BYTES, LOG_BYTES - from);

      if (log->pMethods->xWrite (log, zeros, length, from) != SQLITE_OK)
        return FALSE;
      from += length;
    }
  return log->pMethods->xSync (log, SQLITE_SYNC_NORMAL) == SQLITE_OK;
}

/**
 * apm2_store_log_extend:
 * @sqlite: an open connection in WAL mode, outside a transaction
 *
 * Makes its log as long as it grows until a checkpoint, if it is shorter and
 * the disk has room for many of them. It waits for the disk. Where it fails the
 * log works as it is.
 *
 * Returns: %FALSE if that failed
 */
gboolean
apm2_store_log_extend (sqlite3 *sqlite)
{
  sqlite3_file *log = NULL;
  sqlite3_int64 size = 0;

  if (sqlite3_file_control (sqlite, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log)
          != SQLITE_OK
      || log == NULL || log->pMethods == NULL
      || log->pMethods->xFileSize (log, &size) != SQLITE_OK)
    return FALSE;
  if (size >= LOG_BYTES || !has_room (sqlite) || fill (log, size))
    return TRUE;
  (void) log->pMethods->xTruncate (log, size);
  return FALSE;
}
