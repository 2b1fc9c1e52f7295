/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-store.h"

G_BEGIN_DECLS

/* Of a receipt what is counted and measured. */
typedef struct
{
  guint64 sequence;
  Apm2JobState outcome;
  Apm2Verdict verdict;
  char *reason; /* (nullable) */
  char *lane;
  gint64 submitted_at; /* usec UTC */
  gint64 started_at;   /* 0: never */
  gint64 finished_at;
  gboolean is_part; /* of a job that has a receipt of its own */
} Apm2ReceiptSample;
void apm2_receipt_sample_free (Apm2ReceiptSample *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2ReceiptSample, apm2_receipt_sample_free)

void apm2_store_sample_receipts (Apm2Store *self,
                                 guint64 from_sequence,
                                 gint64 since,
                                 guint limit,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);
GPtrArray *
apm2_store_sample_receipts_finish (Apm2Store *self,
                                   GAsyncResult *result,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
