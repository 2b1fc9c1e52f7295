/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The file of the SQLite store: made private, locked for one process, set up to
 * lose nothing, and brought to the version of this program.
 *
 * There is no full check at opening, which would take longer than the start may
 * take; damage that shows is reported with the way out of it.
 */

#include "apm2-store-file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "apm2-error.h"
#include "apm2-fs.h"
#include "apm2-store-fault.h"
#include "apm2-store-schema.h"

/* Another broker that is just ending is waited for, a running one is not. */
#define BUSY_TIMEOUT_MSEC 2000

static gboolean
ensure_private (const char *file, GError **error)
{
  apm2_autofd int fd
      = open (file,
              O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY,
              0600);
  struct stat st = { 0 };
  int saved;

  if (fd >= 0 && fstat (fd, &st) == 0)
    {
      if (!S_ISREG (st.st_mode))
        errno = EINVAL;
      else if ((st.st_mode & 0777) == 0600 || fchmod (fd, 0600) == 0)
        return TRUE;
    }

  saved = errno;
  g_set_error (error,
               APM2_ERROR,
               APM2_ERROR_UNAVAILABLE,
               "store %s: %s",
               file,
               g_strerror (saved));
  return FALSE;
}

/* Takes the lock of the file for good: EXCLUSIVE is in force from the first
 * access on, and WAL then does without shared memory. */
static gboolean
configure (sqlite3 *sqlite)
{
  static const char settings[] = "PRAGMA locking_mode = EXCLUSIVE;"
                                 "PRAGMA journal_mode = WAL;"
                                 "PRAGMA synchronous = FULL;"
                                 "PRAGMA foreign_keys = ON;"
                                 "PRAGMA trusted_schema = OFF;"
                                 "PRAGMA temp_store = MEMORY;"
                                 "PRAGMA cache_size = -2048;"
                                 "PRAGMA wal_autocheckpoint = 0;"
                                 "PRAGMA journal_size_limit = 67108864;"
                                 "BEGIN EXCLUSIVE;"
                                 "COMMIT";

  (void) sqlite3_extended_result_codes (sqlite, 1);
  (void) sqlite3_db_config (sqlite, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
  (void) sqlite3_db_config (sqlite, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
  (void) sqlite3_db_config (sqlite, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
  return sqlite3_busy_timeout (sqlite, BUSY_TIMEOUT_MSEC) == SQLITE_OK
         && sqlite3_exec (sqlite, settings, NULL, NULL, NULL) == SQLITE_OK;
}

static gboolean
prepare (sqlite3 *sqlite, const char *file, GError **error)
{
  if (configure (sqlite))
    return apm2_store_schema_upgrade (sqlite, file, error);

  apm2_store_fault_set_error (error, sqlite, file);
  return FALSE;
}

/**
 * apm2_store_file_open:
 * @file: path of the store; its directory is there
 * @error: return location for a #GError
 *
 * Returns: (transfer full): a connection that holds the lock of @file and finds
 *   the tables that it expects; else %NULL with Busy, Unavailable or Failed
 */
sqlite3 *
apm2_store_file_open (const char *file, GError **error)
{
  sqlite3 *sqlite = NULL;

  g_return_val_if_fail (file != NULL, NULL);

  if (!ensure_private (file, error))
    return NULL;

  if (sqlite3_open_v2 (
          file, &sqlite, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL)
      != SQLITE_OK)
    apm2_store_fault_set_error (error, sqlite, file);
  else if (prepare (sqlite, file, error))
    return sqlite;

  (void) sqlite3_close (sqlite);
  return NULL;
}
