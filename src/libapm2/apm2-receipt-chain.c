/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The chain of receipts: each carries the digest of the one before it.
 *
 * A receipt that was changed, removed, inserted or moved breaks a link, and the
 * first broken link is named. What the chain cannot show is that its end was
 * cut off; for that somebody must remember the last digest.
 */

#include "apm2-receipt-chain.h"

#include <inttypes.h>
#include <string.h>

#include <glib/gi18n.h>

#include "apm2-error.h"
#include "apm2-receipt-json.h"
#include "apm2-text.h"

static gboolean refuse (Apm2ReceiptChain *self,
                        GError **error,
                        const Apm2Receipt *receipt,
                        const char *problem,
                        const char *digest,
                        const char *format,
                        ...) G_GNUC_PRINTF (6, 7);

static gboolean
refuse (Apm2ReceiptChain *self,
        GError **error,
        const Apm2Receipt *receipt,
        const char *problem,
        const char *digest,
        const char *format,
        ...)
{
  g_autofree char *quoted = apm2_text_quote (digest);
  g_autofree char *why = NULL;
  va_list args;

  va_start (args, format);
  why = g_strdup_vprintf (format, args);
  va_end (args);
  self->fault.problem = problem;
  self->fault.sequence = receipt->sequence;
  (void) g_strlcpy (
      self->fault.job_id, receipt->job_id, sizeof self->fault.job_id);
  g_set_error (error,
               APM2_ERROR,
               APM2_ERROR_FAILED,
               _ ("Receipt %" PRIu64 " (%s) of job %s breaks the chain: %s"),
               receipt->sequence,
               quoted,
               receipt->job_id,
               why);
  return FALSE;
}

static gboolean
check_link (Apm2ReceiptChain *self,
            const Apm2Receipt *receipt,
            const char *digest,
            GError **error)
{
  if (self->sequence == 0)
    return TRUE;
  if (receipt->sequence != self->sequence + 1)
    return refuse (self,
                   error,
                   receipt,
                   "sequence",
                   digest,
                   _ ("it follows receipt %" PRIu64),
                   self->sequence);
  if (g_strcmp0 (receipt->previous_digest, self->digest) != 0)
    return refuse (self,
                   error,
                   receipt,
                   "previous",
                   digest,
                   _ ("it names %s as the one before it, which is %s"),
                   receipt->previous_digest,
                   self->digest);
  return TRUE;
}

/**
 * apm2_receipt_chain_verify:
 * @self: what was verified so far
 * @text: (array length=length): the next receipt, as stored
 * @length: its bytes
 * @digest: (nullable): the digest stored beside it
 * @error: return location
 *
 * Checks that @text is a receipt in canonical form with the digest @digest, and
 * the one that follows. On success @self moves on; on failure it stays, but for
 * its fault.
 *
 * Errors: INVALID_ARGUMENT if @text is no receipt; FAILED if it breaks the
 * chain, the message names its sequence and digest.
 *
 * Returns: %TRUE if the link holds
 */
gboolean
apm2_receipt_chain_verify (Apm2ReceiptChain *self,
                           const char *text,
                           gsize length,
                           const char *digest,
                           GError **error)
{
  g_autoptr (Apm2Receipt) receipt = NULL;
  g_autofree char *canonical = NULL;
  g_autofree char *actual = NULL;
  gsize canonical_length = 0;

  g_return_val_if_fail (self != NULL && text != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  receipt = apm2_receipt_from_json (text, length, error);
  if (receipt == NULL)
    {
      g_prefix_error (
          error,
          _ ("After receipt %" PRIu64 " (%s) the chain is broken: "),
          self->sequence,
          digest == NULL ? _ ("no digest") : digest);
      self->fault.problem = "malformed";
      self->fault.sequence = self->sequence + 1;
      return FALSE;
    }

  actual = apm2_json_digest (text, length);
  if (digest != NULL && !g_str_equal (digest, actual))
    return refuse (self,
                   error,
                   receipt,
                   "digest",
                   digest,
                   _ ("its text has the digest %s"),
                   actual);

  canonical = apm2_receipt_to_json (receipt, &canonical_length);
  if (canonical_length != length || memcmp (canonical, text, length) != 0)
    return refuse (self,
                   error,
                   receipt,
                   "form",
                   actual,
                   _ ("its text is not in canonical form"));
  if (!check_link (self, receipt, actual, error))
    return FALSE;

  self->sequence = receipt->sequence;
  g_strlcpy (self->digest, actual, sizeof self->digest);
  return TRUE;
}
