/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Lines of a bundle of receipts: writing them, and taking one apart.
 *
 * What stands around a receipt has always the same length, so that its text
 * can be cut out as it is and hashed.
 */

#include "apm2-receipt-bundle-line.h"

#include <string.h>

#include "apm2-json-fields.h"
#include "apm2-names.h"
#include "apm2-receipt-bundle.h"

#define BEGIN_LENGTH  (sizeof APM2_RECEIPT_LINE_BEGIN - 1)
#define MIDDLE_LENGTH (sizeof APM2_RECEIPT_LINE_MIDDLE - 1)
#define HEAD_LENGTH   (BEGIN_LENGTH + APM2_DIGEST_LENGTH + MIDDLE_LENGTH)
#define TRAILER_BEGIN "{\"bundle_digest\":"

/**
 * apm2_receipt_bundle_line_split:
 * @self: (out): the parts; @text points into @line
 * @line: (array length=length): a line, without its end
 * @length: its bytes
 *
 * Returns: whether it may be a receipt; nothing is proved by that
 */
gboolean
apm2_receipt_bundle_line_split (Apm2ReceiptBundleLine *self,
                                const char *line,
                                gsize length)
{
  if (length <= HEAD_LENGTH + 1
      || memcmp (line, APM2_RECEIPT_LINE_BEGIN, BEGIN_LENGTH) != 0
      || memcmp (line + BEGIN_LENGTH + APM2_DIGEST_LENGTH,
                 APM2_RECEIPT_LINE_MIDDLE,
                 MIDDLE_LENGTH)
             != 0
      || line[length - 1] != APM2_RECEIPT_LINE_END[0])
    return FALSE;

  memcpy (self->digest, line + BEGIN_LENGTH, APM2_DIGEST_LENGTH);
  self->digest[APM2_DIGEST_LENGTH] = '\0';
  self->text = line + HEAD_LENGTH;
  self->length = length - HEAD_LENGTH - 1;
  return apm2_digest_is_valid (self->digest);
}

/**
 * apm2_receipt_bundle_line_is_trailer:
 * @line: (array length=length): a line
 * @length: its bytes
 *
 * Returns: whether it means to be the last one
 */
gboolean
apm2_receipt_bundle_line_is_trailer (const char *line, gsize length)
{
  return length >= strlen (TRAILER_BEGIN)
         && memcmp (line, TRAILER_BEGIN, strlen (TRAILER_BEGIN)) == 0;
}

static char *
end_line (Apm2ReceiptBundleWriter *self, char *text)
{
  G_GNUC_UNUSED g_autofree char *owned = text;
  char *line = g_strconcat (text, "\n", NULL);

  g_checksum_update (self->checksum, (const guchar *) line, -1);
  return line;
}

/**
 * apm2_receipt_bundle_begin:
 * @self: a writer, all zero
 * @first_sequence: number of the first receipt
 * @exported_at: usec UTC
 * @collected_digest: digest of the one before it, if that one and all before it
 *   were collected; "": they were not
 *
 * Returns: (transfer full): the first line
 */
char *
apm2_receipt_bundle_begin (Apm2ReceiptBundleWriter *self,
                           guint64 first_sequence,
                           gint64 exported_at,
                           const char *collected_digest)
{
  g_autoptr (json_t) root = json_object ();

  self->checksum = g_checksum_new (G_CHECKSUM_SHA256);
  apm2_json_put_string (root, "schema", APM2_SCHEMA_RECEIPT_BUNDLE);
  apm2_json_put_uint (root, "first_sequence", first_sequence, 0);
  apm2_json_put_uint (root, "exported_at_usec", (guint64) exported_at, 0);
  if (*collected_digest != '\0')
    apm2_json_put_string (root, "collected_digest", collected_digest);
  return end_line (self, apm2_json_canonical (root, NULL));
}

/**
 * apm2_receipt_bundle_add:
 * @self: a writer that has begun
 * @sequence: number of the receipt
 * @digest: its digest
 * @text: its canonical text
 *
 * Returns: (transfer full): its line
 */
char *
apm2_receipt_bundle_add (Apm2ReceiptBundleWriter *self,
                         guint64 sequence,
                         const char *digest,
                         const char *text)
{
  self->count++;
  self->last_sequence = sequence;
  (void) g_strlcpy (self->last_digest, digest, sizeof self->last_digest);
  return end_line (self,
                   g_strconcat (APM2_RECEIPT_LINE_BEGIN,
                                digest,
                                APM2_RECEIPT_LINE_MIDDLE,
                                text,
                                APM2_RECEIPT_LINE_END,
                                NULL));
}

/**
 * apm2_receipt_bundle_end:
 * @self: a writer that has begun
 *
 * Returns: (transfer full): the last line
 */
char *
apm2_receipt_bundle_end (Apm2ReceiptBundleWriter *self)
{
  g_autoptr (json_t) root = json_object ();

  apm2_json_put_string (root, "schema", APM2_SCHEMA_RECEIPT_BUNDLE_END);
  apm2_json_put (root, "count", json_integer ((json_int_t) self->count));
  apm2_json_put_string (
      root, "bundle_digest", g_checksum_get_string (self->checksum));
  if (self->count > 0)
    {
      apm2_json_put_string (root, "last_digest", self->last_digest);
      apm2_json_put_uint (root, "last_sequence", self->last_sequence, 0);
    }
  {
    g_autofree char *text = apm2_json_canonical (root, NULL);

    return g_strconcat (text, "\n", NULL);
  }
}

/**
 * apm2_receipt_bundle_writer_clear:
 * @self: a writer
 *
 * Frees what it holds.
 */
void
apm2_receipt_bundle_writer_clear (Apm2ReceiptBundleWriter *self)
{
  g_clear_pointer (&self->checksum, g_checksum_free);
}
