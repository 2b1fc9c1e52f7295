/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A bundle that is taken for whole is, byte for byte, what the writer makes of
 * its receipts; what is refused has a fault. */

#include "fuzz.h"

#include <string.h>

#include <glib.h>

#include "apm2-receipt-bundle-line.h"
#include "apm2-receipt-bundle.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_auto (Apm2ReceiptBundleReader) reader = { 0 };
  g_auto (Apm2ReceiptBundleWriter) writer = { 0 };
  g_autoptr (GString) again = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  const char *p = (const char *) data;
  const char *end = p + size;
  gboolean ok = TRUE;

  while (ok && p < end)
    {
      const char *stop = memchr (p, '\n', (gsize) (end - p));
      const gsize length = (gsize) ((stop != NULL ? stop : end) - p);
      Apm2ReceiptBundleLine parts;

      ok = apm2_receipt_bundle_push (&reader, p, length, &error);
      if (ok && writer.checksum == NULL)
        {
          /* The time of the export is the one thing not kept. */
          g_free (apm2_receipt_bundle_begin (
              &writer, reader.first_sequence, 1, ""));
          g_checksum_reset (writer.checksum);
          g_checksum_update (
              writer.checksum, (const guchar *) p, (gssize) length);
          g_checksum_update (writer.checksum, (const guchar *) "\n", 1);
          g_string_append_len (again, p, (gssize) length);
          g_string_append_c (again, '\n');
        }
      else if (ok && apm2_receipt_bundle_line_split (&parts, p, length))
        {
          g_autofree char *text = g_strndup (parts.text, parts.length);
          g_autofree char *line = apm2_receipt_bundle_add (
              &writer, reader.chain.sequence, parts.digest, text);

          g_string_append (again, line);
        }
      p = stop != NULL ? stop + 1 : end;
    }
  if (ok)
    ok = apm2_receipt_bundle_finish (&reader, &error);
  g_assert_true (ok == (error == NULL));
  g_assert_true (ok == (reader.chain.fault.problem == NULL));
  if (!ok)
    return 0;

  {
    g_autofree char *last = apm2_receipt_bundle_end (&writer);

    g_string_append (again, last);
  }
  if (size > 0 && data[size - 1] != '\n')
    g_string_truncate (again, again->len - 1);
  g_assert_cmpmem (data, size, again->str, again->len);
  return 0;
}
