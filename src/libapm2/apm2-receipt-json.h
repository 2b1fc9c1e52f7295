/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-receipt.h"

G_BEGIN_DECLS

/* A receipt may be larger than a spec: 64 steps and their names. */
#define APM2_RECEIPT_BYTES_MAX (256 * 1024)

char *apm2_receipt_to_json (const Apm2Receipt *self, gsize *ret_length);
Apm2Receipt *apm2_receipt_from_json (const char *text,
                                     gsize length,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * Apm2ReceiptChain:
 *
 * Verifies receipts one after the other, in order of sequence. Zero-initialise
 * it; the first receipt given may be any of the chain.
 */
typedef struct
{
  guint64 sequence;
  char digest[65];
} Apm2ReceiptChain;

gboolean apm2_receipt_chain_verify (Apm2ReceiptChain *self,
                                    const char *text,
                                    gsize length,
                                    const char *digest,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
