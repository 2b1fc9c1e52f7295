/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-store-db.h"
#include "apm2-store-values.h"

G_BEGIN_DECLS

/* What apm2_store_row_read() reads, from a table "job". */
#define APM2_STORE_ROW_COLUMNS                                                 \
  "job.sequence, job.state, job.verdict, job.ready, job.attempt, job.lost, "   \
  "job.token, job.priority, job.kind, job.uid, job.step_count, "               \
  "job.spec_bytes, job.cancel_requested, job.submitted_at, job.started_at, "   \
  "job.finished_at, job.id, job.lane, job.name, job.spec_digest, job.worker, " \
  "job.boot_id, job.reason, job.message, job.cancel_reason, "                  \
  "job.receipt_digest, job.parent, job.parts, job.not_before"

Apm2StoredJob *apm2_store_row_read (Apm2StoreQuery *query);
char *apm2_store_row_dup_text (Apm2StoreQuery *query, int column);
gboolean apm2_store_row_read_all (Apm2StoreDb *db,
                                  Apm2StoreQuery *query,
                                  GPtrArray *rows,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

Apm2StoredJob *apm2_store_row_find (Apm2StoreDb *db,
                                    const char *job_id,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;
Apm2StoredJob *apm2_store_row_get (Apm2StoreDb *db,
                                   gint64 sequence,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean apm2_store_row_load_spec (Apm2StoreDb *db,
                                   Apm2StoredJob *job,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

gint64 apm2_store_row_rank (const Apm2StoreDb *db,
                            gint64 submitted_at,
                            guint priority);

G_END_DECLS
