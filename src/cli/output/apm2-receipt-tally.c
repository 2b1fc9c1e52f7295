/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Receipts, verified one after the other, from wherever they come.
 */

#include "apm2-receipt-tally.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

#include <gio/gio.h>
#include <gio/gunixinputstream.h>
#include <glib/gi18n.h>

#include "apm2-error.h"
#include "apm2-fs.h"
#include "apm2-receipt-bundle.h"
#include "apm2-receipt-json.h"

/**
 * apm2_receipt_tally_begin_after:
 * @self: a tally; what it had is forgotten
 * @sequence: number of the last receipt that was collected
 * @digest: its digest
 *
 * The next receipt has to follow that one.
 */
void
apm2_receipt_tally_begin_after (Apm2ReceiptTally *self,
                                guint64 sequence,
                                const char *digest)
{
  *self = (Apm2ReceiptTally){ .collected_to = sequence };
  self->chain.sequence = sequence;
  (void) g_strlcpy (self->chain.digest, digest, sizeof self->chain.digest);
}

/**
 * apm2_receipt_tally_add:
 * @self: a tally
 * @text: (array length=length): the next receipt
 * @length: its bytes
 * @digest: (nullable): what its digest must be
 * @error: FAILED if it is not what it was
 *
 * Returns: %TRUE if the receipt is intact and follows the one before it
 */
gboolean
apm2_receipt_tally_add (Apm2ReceiptTally *self,
                        const char *text,
                        gsize length,
                        const char *digest,
                        GError **error)
{
  if (!apm2_receipt_chain_verify (&self->chain, text, length, digest, error))
    return FALSE;
  self->n++;
  if (self->n == 1)
    self->first = self->chain.sequence;
  return TRUE;
}

/* Length of the first line in the buffer of @in, filling it as needed; -1 if
 * there is none, because of the end or of @error. */
static gssize
find_line (GBufferedInputStream *in, gboolean *ret_eof, GError **error)
{
  gsize scanned = 0;

  *ret_eof = FALSE;
  for (;;)
    {
      gsize available = 0;
      const char *data = g_buffered_input_stream_peek_buffer (in, &available);

      for (; scanned < available; scanned++)
        if (data[scanned] == '\n')
          return (gssize) scanned;
      if (available == g_buffered_input_stream_get_buffer_size (in))
        {
          g_set_error (error,
                       APM2_ERROR,
                       APM2_ERROR_INVALID_ARGUMENT,
                       _ ("longer than any receipt (%d bytes)"),
                       APM2_RECEIPT_BYTES_MAX);
          return -1;
        }
      switch (g_buffered_input_stream_fill (in, -1, NULL, error))
        {
        case -1:
          return -1;
        case 0:
          *ret_eof = TRUE;
          return available > 0 ? (gssize) available : -1;
        default:
          break;
        }
    }
}

/* A file is a bundle, if its first line says so, or else plain receipts. */
static gboolean
add_line (Apm2ReceiptTally *self,
          Apm2ReceiptBundleReader *bundle,
          gboolean *inout_is_bundle,
          const char *data,
          gsize length,
          GError **error)
{
  gboolean ok;

  if (self->line == 1)
    *inout_is_bundle = apm2_receipt_bundle_is_header (data, length);
  if (!*inout_is_bundle)
    return length == 0
           || apm2_receipt_tally_add (self, data, length, NULL, error);

  ok = apm2_receipt_bundle_push (bundle, data, length, error);
  self->chain = bundle->chain;
  self->n = bundle->count;
  self->first = bundle->count > 0 ? bundle->first_sequence : 0;
  self->collected_to = bundle->is_anchored ? bundle->first_sequence - 1 : 0;
  return ok;
}

static gboolean
add_lines (Apm2ReceiptTally *self, GBufferedInputStream *in, GError **error)
{
  g_auto (Apm2ReceiptBundleReader) bundle = { 0 };
  gboolean is_bundle = FALSE;
  gboolean eof = FALSE;

  while (!eof)
    {
      g_autoptr (GError) local = NULL;
      const gssize length = find_line (in, &eof, &local);
      const char *data = g_buffered_input_stream_peek_buffer (in, NULL);

      if (length < 0 && local == NULL)
        break;
      self->line++;
      if (length < 0
          || !add_line (
              self, &bundle, &is_bundle, data, (gsize) length, &local))
        {
          if (self->chain.fault.problem == NULL)
            self->chain.fault.problem = "line";
          g_propagate_prefixed_error (error,
                                      g_steal_pointer (&local),
                                      _ ("line %" PRIu64 ": "),
                                      self->line);
          return FALSE;
        }
      if (g_input_stream_skip (
              G_INPUT_STREAM (in), (gsize) length + (eof ? 0 : 1), NULL, error)
          < 0)
        return FALSE;
    }
  if (!is_bundle || apm2_receipt_bundle_finish (&bundle, error))
    return TRUE;
  self->chain.fault = bundle.chain.fault;
  return FALSE;
}

/**
 * apm2_receipt_tally_add_file:
 * @self: a tally
 * @file: name of a bundle, or of a file of receipts, one a line; or "-" for
 *   stdin
 * @error: FAILED if it cannot be read or a receipt is not what it was; then the
 *   fault of the chain names the first bad link
 *
 * Returns: %TRUE if all receipts are intact and follow each other
 */
gboolean
apm2_receipt_tally_add_file (Apm2ReceiptTally *self,
                             const char *file,
                             GError **error)
{
  const gboolean is_stdin = g_str_equal (file, "-");
  apm2_autofd int opened = -1;
  g_autoptr (GInputStream) raw = NULL;
  g_autoptr (GInputStream) in = NULL;

  if (!is_stdin)
    {
      opened = open (file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
      if (opened < 0)
        {
          g_set_error (error,
                       APM2_ERROR,
                       errno == ENOENT ? APM2_ERROR_NOT_FOUND
                                       : APM2_ERROR_FAILED,
                       _ ("cannot read %s: %s"),
                       file,
                       g_strerror (errno));
          return FALSE;
        }
    }
  raw = g_unix_input_stream_new (is_stdin ? STDIN_FILENO : opened, FALSE);
  in = g_buffered_input_stream_new_sized (raw,
                                          APM2_RECEIPT_BUNDLE_LINE_MAX + 1);
  if (!add_lines (self, G_BUFFERED_INPUT_STREAM (in), error))
    {
      g_prefix_error (error, "%s: ", is_stdin ? _ ("stdin") : file);
      return FALSE;
    }
  return TRUE;
}
