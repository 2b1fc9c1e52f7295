/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-receipt-chain.h"

G_BEGIN_DECLS

/*
 * A bundle of receipts: lines of JSON, each in canonical form, that prove
 * themselves without a broker.
 *
 *   {"exported_at_usec":T,"first_sequence":N,"schema":"…receipt_bundle.v1"}
 *   {"digest":"…","receipt":{…}}         one line for each receipt, in order
 *   {"bundle_digest":"…","count":N,"last_digest":"…","last_sequence":N,
 *    "schema":"…receipt_bundle_end.v1"}  on one line, the last
 *
 * "receipt" is the text that was hashed, byte for byte. The last line has the
 * SHA-256 of all bytes before it, so that a bundle that was cut off is seen;
 * without receipts it has neither "last_digest" nor "last_sequence". If what
 * was before the first receipt has been collected, the first line also has the
 * digest of the last of those: "collected_digest".
 */

/* The longest line: a receipt with what stands around it. */
#define APM2_RECEIPT_BUNDLE_LINE_MAX (256 * 1024 + 256)

/* --- writing --- */

/**
 * Apm2ReceiptBundleWriter:
 *
 * Makes the lines of a bundle, one after the other, each with its end.
 */
typedef struct
{
  GChecksum *checksum;
  guint64 count;
  guint64 last_sequence;
  char last_digest[APM2_DIGEST_LENGTH + 1];
} Apm2ReceiptBundleWriter;

char *apm2_receipt_bundle_begin (Apm2ReceiptBundleWriter *self,
                                 guint64 first_sequence,
                                 gint64 exported_at,
                                 const char *collected_digest);
char *apm2_receipt_bundle_add (Apm2ReceiptBundleWriter *self,
                               guint64 sequence,
                               const char *digest,
                               const char *text);
char *apm2_receipt_bundle_end (Apm2ReceiptBundleWriter *self);
void apm2_receipt_bundle_writer_clear (Apm2ReceiptBundleWriter *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Apm2ReceiptBundleWriter,
                                  apm2_receipt_bundle_writer_clear)

/* --- reading --- */

/**
 * Apm2ReceiptBundleReader:
 * @chain: what was verified so far, and what was wrong with what came then
 * @count: receipts that were verified
 * @first_sequence: of the first one, by the first line
 * @is_anchored: what was before it has been collected, by the first line
 *
 * Verifies a bundle line by line. Zero-initialise it.
 */
typedef struct
{
  Apm2ReceiptChain chain;
  guint64 count;
  guint64 first_sequence;
  gboolean is_anchored;
  /*< private >*/
  GChecksum *checksum;
  gboolean has_header;
  gboolean has_trailer;
} Apm2ReceiptBundleReader;

gboolean apm2_receipt_bundle_is_header (const char *line, gsize length);
gboolean apm2_receipt_bundle_push (Apm2ReceiptBundleReader *self,
                                   const char *line,
                                   gsize length,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean apm2_receipt_bundle_finish (Apm2ReceiptBundleReader *self,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;
void apm2_receipt_bundle_reader_clear (Apm2ReceiptBundleReader *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Apm2ReceiptBundleReader,
                                  apm2_receipt_bundle_reader_clear)

G_END_DECLS
