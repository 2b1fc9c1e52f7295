/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * apm2 fac receipts export: receipts in one file that proves itself.
 *
 * What is exported is verified on the way: a bundle of a broken chain would be
 * refused wherever it is read.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <glib/gi18n.h>

#include "apm2-args.h"
#include "apm2-client.h"
#include "apm2-commands.h"
#include "apm2-error.h"
#include "apm2-out-file.h"
#include "apm2-receipt-bundle.h"
#include "apm2-time.h"

#define TEXT_PAGE_MAX 200

typedef struct
{
  gint64 from;
  gint64 to;
  char *output;
} ExportOptions;

static const GOptionEntry entries[] = {
  { "from",
    0,
    0,
    G_OPTION_ARG_INT64,
    APM2_ARGS_OFFSET (ExportOptions, from),
    N_ ("Number of the first receipt (the first there is)"),
    N_ ("NR") },
  { "to",
    0,
    0,
    G_OPTION_ARG_INT64,
    APM2_ARGS_OFFSET (ExportOptions, to),
    N_ ("Number of the last one (the newest)"),
    N_ ("NR") },
  { "output",
    'o',
    0,
    G_OPTION_ARG_FILENAME,
    APM2_ARGS_OFFSET (ExportOptions, output),
    N_ ("Write there, not to stdout; all or nothing"),
    N_ ("FILE") },
  G_OPTION_ENTRY_NULL,
};

typedef struct
{
  Apm2OutFile *out; /* (owned) */
  Apm2ReceiptBundleWriter writer;
  Apm2ReceiptChain chain;
  char anchor[APM2_DIGEST_LENGTH + 1]; /* of what the chain follows and was
                                          collected; "": nothing was */
  guint64 from;
  guint64 to;
  gboolean has_begun;
} Export;

static void
export_clear (Export *self)
{
  apm2_receipt_bundle_writer_clear (&self->writer);
  g_clear_pointer (&self->out, apm2_out_file_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Export, export_clear)

static gboolean
write_line (Export *self, char *line, GError **error)
{
  G_GNUC_UNUSED g_autofree char *owned = line;

  return apm2_out_file_write (self->out, line, error);
}

static gboolean
begin (Export *self, guint64 first_sequence, GError **error)
{
  if (self->has_begun)
    return TRUE;
  self->has_begun = TRUE;
  return write_line (self,
                     apm2_receipt_bundle_begin (&self->writer,
                                                first_sequence,
                                                apm2_time_realtime_usec (),
                                                self->anchor),
                     error);
}

static gboolean
add (Export *self, GVariant *entry, GError **error)
{
  const char *text = NULL;
  const char *digest = NULL;
  guint64 sequence = 0;

  if (!g_variant_lookup (entry, "text", "&s", &text)
      || !g_variant_lookup (entry, "digest", "&s", &digest)
      || !g_variant_lookup (entry, "sequence", "t", &sequence))
    {
      g_set_error_literal (error,
                           APM2_ERROR,
                           APM2_ERROR_FAILED,
                           _ ("the broker sent a receipt without its text"));
      return FALSE;
    }
  return apm2_receipt_chain_verify (
             &self->chain, text, strlen (text), digest, error)
         && begin (self, sequence, error)
         && write_line (
             self,
             apm2_receipt_bundle_add (&self->writer, sequence, digest, text),
             error);
}

/* What is collected while the bundle is written is missing in it: then the next
 * receipt does not follow. */
static void
begin_after (Export *self, GVariant *entry, guint64 sequence)
{
  const char *digest = "";

  if (self->has_begun || !g_variant_lookup (entry, "digest", "&s", &digest))
    return;
  self->chain.sequence = sequence;
  (void) g_strlcpy (self->chain.digest, digest, sizeof self->chain.digest);
  (void) g_strlcpy (self->anchor, digest, sizeof self->anchor);
}

static gboolean
add_page (Export *self, GVariant *page, gboolean *ret_done, GError **error)
{
  for (gsize i = 0; i < g_variant_n_children (page); i++)
    {
      g_autoptr (GVariant) entry = g_variant_get_child_value (page, i);
      guint64 sequence = 0;

      (void) g_variant_lookup (entry, "sequence", "t", &sequence);
      if (g_variant_lookup (entry, "collected", "b", NULL))
        {
          begin_after (self, entry, sequence);
          continue;
        }
      *ret_done = sequence > self->to;
      if (*ret_done)
        return TRUE;
      if (!add (self, entry, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
export_all (Export *self, Apm2Client *client, GError **error)
{
  g_autofree char *cursor = g_strdup_printf ("%" PRIu64, self->from);
  gboolean is_done = FALSE;

  do
    {
      g_autoptr (GVariant) page = apm2_client_list_receipts (
          client,
          APM2_RECEIPTS_CHAIN | APM2_RECEIPTS_TEXT | APM2_RECEIPTS_COLLECTED,
          TEXT_PAGE_MAX,
          &cursor,
          error);

      if (page == NULL || !add_page (self, page, &is_done, error))
        return FALSE;
    }
  while (!is_done && cursor[0] != '\0');
  return begin (self, self->from, error)
         && write_line (self, apm2_receipt_bundle_end (&self->writer), error)
         && apm2_out_file_commit (self->out, error);
}

static int
run (const Apm2CommandCall *call, GError **error)
{
  const ExportOptions *o = call->options;
  g_autoptr (Apm2Client) client = NULL;
  g_auto (Export) self = { 0 };

  if (o->from < 0 || o->to < 0 || (o->to > 0 && o->to < o->from))
    {
      g_set_error_literal (
          error,
          G_OPTION_ERROR,
          G_OPTION_ERROR_BAD_VALUE,
          _ ("--from, --to: give numbers of at least 1, the smaller first"));
      return -1;
    }
  self.from = (guint64) MAX (o->from, 1);
  self.to = o->to > 0 ? (guint64) o->to : G_MAXUINT64;
  client = apm2_client_open (call->globals, error);
  if (client == NULL)
    return -1;
  self.out = apm2_out_file_open (o->output, 0644, error);
  if (self.out == NULL || !export_all (&self, client, error))
    return -1;
  if (!call->globals->no_legend)
    fprintf (stderr,
             ngettext ("%" PRIu64 " receipt\n",
                       "%" PRIu64 " receipts\n",
                       (gulong) self.writer.count),
             self.writer.count);
  return APM2_EXIT_OK;
}

const Apm2Command apm2_cmd_receipts_export = {
  .name = "export",
  .summary = N_ ("Write receipts as one file that proves itself"),
  .description = N_ (
      "The file is a bundle: JSON, one line for each receipt, and a first and "
      "a last line.\n'verify FILE' checks it anywhere, without a broker."),
  .entries = entries,
  .options_size = sizeof (ExportOptions),
  .examples = "  apm2 fac receipts export --output receipts.bundle\n"
              "  apm2 fac receipts verify receipts.bundle",
  .run = run,
};
