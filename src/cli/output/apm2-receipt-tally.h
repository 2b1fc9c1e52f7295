/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-receipt-chain.h"

G_BEGIN_DECLS

/**
 * Apm2ReceiptTally:
 *
 * Receipts that were found intact, in the order of their chain.
 */
typedef struct
{
  Apm2ReceiptChain chain;
  guint64 n;
  guint64 first;        /* sequence of the first one */
  guint64 collected_to; /* sequence of the last one before them that was
                           collected; 0: none was */
  guint64 line; /* of a file: the one that was looked at last; 0: no file */
} Apm2ReceiptTally;

void apm2_receipt_tally_begin_after (Apm2ReceiptTally *self,
                                     guint64 sequence,
                                     const char *digest);
gboolean apm2_receipt_tally_add (Apm2ReceiptTally *self,
                                 const char *text,
                                 gsize length,
                                 const char *digest,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean apm2_receipt_tally_add_file (Apm2ReceiptTally *self,
                                      const char *file,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
