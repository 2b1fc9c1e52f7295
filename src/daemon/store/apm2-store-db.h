/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <sqlite3.h>

#include "apm2-json-canonical.h"

G_BEGIN_DECLS

/* What the next rows continue from: moves with the open transaction and falls
 * back with it. */
typedef struct
{
  gint64 clock; /* usec; the last time given out */
  gint64 job_sequence;
  guint64 receipt_sequence;
  char receipt_digest[APM2_DIGEST_LENGTH + 1]; /* "": no receipt yet */
  guint64 token;
  guint64 tokens_reserved; /* durable: tokens up to it may have been given */
} Apm2StoreHead;

/**
 * Apm2StoreDb:
 *
 * One connection to a SQLite store. Belongs to one thread once it is open.
 */
typedef struct
{
  char *file;
  guint64 aging_usec_per_level;
  sqlite3 *sqlite;        /* (nullable) */
  GHashTable *statements; /* (element-type utf8 sqlite3_stmt) by address of the
                             literal */
  Apm2StoreHead head;
  Apm2StoreHead committed;
  gboolean trouble;  /* the disk failed, not just one request; the caller resets
                        it */
  char *broken;      /* (nullable) why nothing is written any more */
  gboolean doubtful; /* the last write failed: a ping tries another one */
  int wal_pages;
} Apm2StoreDb;

Apm2StoreDb *apm2_store_db_new (const char *file, guint64 aging_usec_per_level);
void apm2_store_db_free (Apm2StoreDb *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2StoreDb, apm2_store_db_free)

gboolean apm2_store_db_open (Apm2StoreDb *self,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
void apm2_store_db_close (Apm2StoreDb *self);

gboolean apm2_store_db_begin (Apm2StoreDb *self,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean apm2_store_db_commit (Apm2StoreDb *self,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;
void apm2_store_db_rollback (Apm2StoreDb *self);
void apm2_store_db_checkpoint (Apm2StoreDb *self);

gint64 apm2_store_db_tick (Apm2StoreDb *self);

/* A statement in use; at the end of its scope it is ready for the next. */
typedef sqlite3_stmt Apm2StoreQuery;
void apm2_store_query_done (Apm2StoreQuery *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2StoreQuery, apm2_store_query_done)

Apm2StoreQuery *apm2_store_db_query (Apm2StoreDb *self,
                                     GError **error,
                                     const char *sql,
                                     const char *types,
                                     ...) G_GNUC_WARN_UNUSED_RESULT;
gboolean apm2_store_db_next (Apm2StoreDb *self,
                             Apm2StoreQuery *query,
                             gboolean *ret_row,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean apm2_store_db_execute (Apm2StoreDb *self,
                                GError **error,
                                const char *sql,
                                const char *types,
                                ...) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
