/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "apm2-json-canonical.h"

G_BEGIN_DECLS

/**
 * Apm2ReceiptChain:
 * @sequence: of the last receipt that was verified; 0: none yet
 * @digest: its digest
 *
 * Verifies receipts one after the other, in order of sequence. Zero-initialise
 * it; the first receipt given may be any of the chain.
 */
typedef struct
{
  guint64 sequence;
  char digest[APM2_DIGEST_LENGTH + 1];
} Apm2ReceiptChain;

gboolean apm2_receipt_chain_verify (Apm2ReceiptChain *self,
                                    const char *text,
                                    gsize length,
                                    const char *digest,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
