/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "apm2-job-id.h"
#include "apm2-json-canonical.h"

G_BEGIN_DECLS

/**
 * Apm2ReceiptFault:
 * @problem: (nullable): what is wrong, in a word for programs: "malformed" (no
 *   receipt), "form" (not in canonical form), "digest" (the text has another
 *   one), "sequence" (one is missing, doubled or moved), "previous" (it names
 *   another one before it); of a bundle also "line", "header", "trailer" and
 *   "truncated"; %NULL: nothing is
 * @sequence: number of the first bad receipt, or the one that was to come
 * @job_id: its job; "" if that cannot be told
 *
 * The first bad link of a chain.
 */
typedef struct
{
  const char *problem;
  guint64 sequence;
  char job_id[APM2_JOB_ID_MAX + 1];
} Apm2ReceiptFault;

/**
 * Apm2ReceiptChain:
 * @sequence: of the last receipt that was verified; 0: none yet
 * @digest: its digest
 * @fault: what was wrong with the one after it
 *
 * Verifies receipts one after the other, in order of sequence. Zero-initialise
 * it; the first receipt given may be any of the chain.
 */
typedef struct
{
  guint64 sequence;
  char digest[APM2_DIGEST_LENGTH + 1];
  Apm2ReceiptFault fault;
} Apm2ReceiptChain;

gboolean apm2_receipt_chain_verify (Apm2ReceiptChain *self,
                                    const char *text,
                                    gsize length,
                                    const char *digest,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
