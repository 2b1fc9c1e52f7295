/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What SQLite's failures mean to a store, in words that tell an operator the
 * file and the next step.
 */

#include "apm2-store-fault.h"

#include "apm2-error.h"

/**
 * apm2_store_fault_is_of_request:
 * @code: a result code of SQLite
 *
 * Returns: %TRUE if the statement is the cause; %FALSE if it is the disk, the
 *   file or the memory, so that no other request would fare better
 */
gboolean
apm2_store_fault_is_of_request (int code)
{
  switch (code & 0xff)
    {
    case SQLITE_ERROR:
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
    case SQLITE_TOOBIG:
      return TRUE;
    default:
      return FALSE;
    }
}

/**
 * apm2_store_fault_set_error:
 * @error: return location for a #GError
 * @sqlite: the connection whose last call failed
 * @file: its file
 *
 * Sets Busy (another process has the file), Failed (damaged, or the statement
 * is wrong) or Unavailable (the disk).
 */
void
apm2_store_fault_set_error (GError **error, sqlite3 *sqlite, const char *file)
{
  int code = sqlite3_extended_errcode (sqlite);

  switch (code & 0xff)
    {
    case SQLITE_BUSY:
      g_set_error (error,
                   APM2_ERROR,
                   APM2_ERROR_BUSY,
                   "store %s: another process has it open; is a broker running "
                   "already?",
                   file);
      return;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      g_set_error (error,
                   APM2_ERROR,
                   APM2_ERROR_FAILED,
                   "store %s is damaged (%s); stop the broker, move the file "
                   "and its -wal aside, put a backup in its place or begin "
                   "with an empty queue, then start the broker",
                   file,
                   sqlite3_errmsg (sqlite));
      return;
    case SQLITE_FULL:
      g_set_error (error,
                   APM2_ERROR,
                   APM2_ERROR_UNAVAILABLE,
                   "store %s: the disk is full; make room there and try again, "
                   "'apm2 fac doctor' shows how much is free",
                   file);
      return;
    default:
      g_set_error (error,
                   APM2_ERROR,
                   apm2_store_fault_is_of_request (code)
                       ? APM2_ERROR_FAILED
                       : APM2_ERROR_UNAVAILABLE,
                   "store %s: %s (SQLite code %d)",
                   file,
                   sqlite3_errmsg (sqlite),
                   code);
    }
}
