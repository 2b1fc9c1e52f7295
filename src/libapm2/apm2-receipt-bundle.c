/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Reading bundles of receipts: nothing in one is believed before it is proved.
 * A line is right only if it is byte for byte what the writer would have made
 * of what it says.
 */

#include "apm2-receipt-bundle.h"

#include <inttypes.h>
#include <string.h>

#include <glib/gi18n.h>

#include "apm2-error.h"
#include "apm2-json-fields.h"
#include "apm2-json-shape.h"
#include "apm2-names.h"
#include "apm2-receipt-bundle-line.h"

#define HEADER_MAX 1024

static const Apm2JsonMember header_members[] = {
  { "schema", APM2_JSON_TYPE_STRING, TRUE },
  { "first_sequence", APM2_JSON_TYPE_INTEGER, TRUE, 1, APM2_JSON_INT_MAX },
  { "exported_at_usec", APM2_JSON_TYPE_INTEGER, TRUE, 1, APM2_JSON_INT_MAX },
  { "collected_digest", APM2_JSON_TYPE_STRING },
};

static const Apm2JsonMember trailer_members[] = {
  { "schema", APM2_JSON_TYPE_STRING, TRUE },
  { "count", APM2_JSON_TYPE_INTEGER, TRUE, 0, APM2_JSON_INT_MAX },
  { "bundle_digest", APM2_JSON_TYPE_STRING, TRUE },
  { "last_digest", APM2_JSON_TYPE_STRING },
  { "last_sequence", APM2_JSON_TYPE_INTEGER, FALSE, 1, APM2_JSON_INT_MAX },
};

static gboolean refuse (Apm2ReceiptBundleReader *self,
                        GError **error,
                        const char *problem,
                        const char *format,
                        ...) G_GNUC_PRINTF (4, 5);

static gboolean
refuse (Apm2ReceiptBundleReader *self,
        GError **error,
        const char *problem,
        const char *format,
        ...)
{
  g_autofree char *why = NULL;
  va_list args;

  va_start (args, format);
  why = g_strdup_vprintf (format, args);
  va_end (args);
  self->chain.fault.problem = problem;
  self->chain.fault.sequence
      = self->count > 0 ? self->chain.sequence + 1 : self->first_sequence;
  g_set_error (error,
               APM2_ERROR,
               APM2_ERROR_FAILED,
               _ ("After receipt %" PRIu64 " the bundle is broken: %s"),
               self->chain.sequence,
               why);
  return FALSE;
}

/* Returns: (transfer full) (nullable): the object in @line, if it is one of the
 * kind and in canonical form. */
static json_t *
read_object (const char *line,
             gsize length,
             const char *schema,
             const Apm2JsonMember *members,
             gsize n_members)
{
  g_autoptr (json_t) root
      = apm2_json_gate_sized (line, length, HEADER_MAX, NULL);
  g_autofree char *canonical = NULL;
  gsize canonical_length = 0;

  if (root == NULL || !apm2_json_shape_check_schema (root, schema, NULL)
      || !apm2_json_shape_check (root, NULL, members, n_members, NULL))
    return NULL;
  canonical = apm2_json_canonical (root, &canonical_length);
  if (canonical_length != length || memcmp (canonical, line, length) != 0)
    return NULL;
  return g_steal_pointer (&root);
}

static json_t *
read_header (const char *line, gsize length)
{
  return read_object (line,
                      length,
                      APM2_SCHEMA_RECEIPT_BUNDLE,
                      header_members,
                      G_N_ELEMENTS (header_members));
}

/**
 * apm2_receipt_bundle_is_header:
 * @line: (array length=length): the first line of a file, without its end
 * @length: its bytes
 *
 * Returns: whether the file means to be a bundle
 */
gboolean
apm2_receipt_bundle_is_header (const char *line, gsize length)
{
  return memmem (line,
                 MIN (length, HEADER_MAX),
                 APM2_SCHEMA_RECEIPT_BUNDLE,
                 strlen (APM2_SCHEMA_RECEIPT_BUNDLE))
         != NULL;
}

static gboolean
push_header (Apm2ReceiptBundleReader *self,
             const char *line,
             gsize length,
             GError **error)
{
  g_autoptr (json_t) root = read_header (line, length);
  const char *collected
      = json_string_value (json_object_get (root, "collected_digest"));

  if (root == NULL || (collected != NULL && !apm2_digest_is_valid (collected)))
    return refuse (
        self, error, "header", _ ("its first line is not that of one"));
  self->first_sequence = apm2_json_get_uint (root, "first_sequence", 0);
  if (collected != NULL && self->first_sequence == 1)
    return refuse (self,
                   error,
                   "header",
                   _ ("before receipt 1 none can have been collected"));
  self->has_header = TRUE;
  self->is_anchored = collected != NULL;
  if (self->is_anchored)
    {
      self->chain.sequence = self->first_sequence - 1;
      (void) g_strlcpy (
          self->chain.digest, collected, sizeof self->chain.digest);
    }
  return TRUE;
}

static gboolean
push_trailer (Apm2ReceiptBundleReader *self,
              const char *line,
              gsize length,
              GError **error)
{
  g_autoptr (json_t) root = read_object (line,
                                         length,
                                         APM2_SCHEMA_RECEIPT_BUNDLE_END,
                                         trailer_members,
                                         G_N_ELEMENTS (trailer_members));
  g_autoptr (GChecksum) checksum = g_checksum_copy (self->checksum);
  const char *last;
  const char *digest;

  if (root == NULL)
    return refuse (
        self, error, "trailer", _ ("its last line is not that of one"));
  if (apm2_json_get_uint (root, "count", 0) != self->count)
    return refuse (self,
                   error,
                   "trailer",
                   _ ("its last line tells of %" PRIu64
                      " receipts, but %" PRIu64 " are there"),
                   apm2_json_get_uint (root, "count", 0),
                   self->count);
  last = json_string_value (json_object_get (root, "last_digest"));
  if (g_strcmp0 (last, self->count > 0 ? self->chain.digest : NULL) != 0
      || apm2_json_get_uint (root, "last_sequence", 0)
             != (self->count > 0 ? self->chain.sequence : 0))
    return refuse (
        self, error, "trailer", _ ("its last line names another last receipt"));
  digest = json_string_value (json_object_get (root, "bundle_digest"));
  if (g_strcmp0 (digest, g_checksum_get_string (checksum)) != 0)
    return refuse (self,
                   error,
                   "trailer",
                   _ ("its lines have the digest %s, its last line says %s"),
                   g_checksum_get_string (checksum),
                   digest);
  self->has_trailer = TRUE;
  return TRUE;
}

static gboolean
push_receipt (Apm2ReceiptBundleReader *self,
              const char *line,
              gsize length,
              GError **error)
{
  Apm2ReceiptBundleLine parts;

  if (!apm2_receipt_bundle_line_split (&parts, line, length))
    return refuse (self,
                   error,
                   "line",
                   _ ("a line is neither a receipt nor the last one"));
  if (!apm2_receipt_chain_verify (
          &self->chain, parts.text, parts.length, parts.digest, error))
    return FALSE;
  self->count++;
  if (self->count == 1 && self->chain.sequence != self->first_sequence)
    {
      const guint64 found = self->chain.sequence;

      self->chain.sequence = 0;
      self->count = 0;
      return refuse (self,
                     error,
                     "sequence",
                     _ ("it is to begin with receipt %" PRIu64
                        ", but begins with %" PRIu64),
                     self->first_sequence,
                     found);
    }
  return TRUE;
}

/**
 * apm2_receipt_bundle_push:
 * @self: a reader
 * @line: (array length=length): the next line, without its end
 * @length: its bytes
 * @error: FAILED, or INVALID_ARGUMENT for what is no receipt; the fault of the
 *   chain tells it to programs
 *
 * Returns: %TRUE if all is well so far
 */
gboolean
apm2_receipt_bundle_push (Apm2ReceiptBundleReader *self,
                          const char *line,
                          gsize length,
                          GError **error)
{
  gboolean ok;

  g_return_val_if_fail (self != NULL && line != NULL, FALSE);

  if (self->checksum == NULL)
    self->checksum = g_checksum_new (G_CHECKSUM_SHA256);
  if (self->has_trailer)
    return refuse (
        self, error, "trailer", _ ("something follows its last line"));
  if (self->has_header && apm2_receipt_bundle_line_is_trailer (line, length))
    return push_trailer (self, line, length, error);

  ok = self->has_header ? push_receipt (self, line, length, error)
                        : push_header (self, line, length, error);
  g_checksum_update (self->checksum, (const guchar *) line, (gssize) length);
  g_checksum_update (self->checksum, (const guchar *) "\n", 1);
  return ok;
}

/**
 * apm2_receipt_bundle_finish:
 * @self: a reader that was given all lines
 * @error: FAILED if the end is missing
 *
 * Returns: %TRUE if the bundle is whole
 */
gboolean
apm2_receipt_bundle_finish (Apm2ReceiptBundleReader *self, GError **error)
{
  g_return_val_if_fail (self != NULL, FALSE);

  return self->has_trailer
         || refuse (self, error, "truncated", _ ("its last line is missing"));
}

/**
 * apm2_receipt_bundle_reader_clear:
 * @self: a reader
 *
 * Frees what it holds.
 */
void
apm2_receipt_bundle_reader_clear (Apm2ReceiptBundleReader *self)
{
  g_clear_pointer (&self->checksum, g_checksum_free);
}
