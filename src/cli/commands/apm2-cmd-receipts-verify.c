/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * apm2 fac receipts verify: are they what they were?
 *
 * Digests and the chain are computed here; the broker only hands over texts. A
 * file of receipts needs no broker at all.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <glib/gi18n.h>

#include "apm2-client.h"
#include "apm2-commands.h"
#include "apm2-error.h"
#include "apm2-format-json.h"
#include "apm2-format.h"
#include "apm2-hint.h"
#include "apm2-job-id.h"
#include "apm2-json-canonical.h"
#include "apm2-receipt-tally.h"

#define TEXT_PAGE_MAX 200

static int
tell (const Apm2CommandCall *call, const Apm2ReceiptTally *tally)
{
  g_autofree char *last = apm2_format_digest (tally->chain.digest);

  if (call->globals->json != APM2_JSON_STYLE_OFF)
    {
      json_t *object = apm2_format_json_new ("apm2.fac.receipts_verified.v1");

      json_object_set_new (object, "valid", json_boolean (TRUE));
      json_object_set_new (object, "count", json_integer ((gint64) tally->n));
      json_object_set_new (
          object, "first_sequence", json_integer ((gint64) tally->first));
      json_object_set_new (object,
                           "last_sequence",
                           json_integer ((gint64) tally->chain.sequence));
      json_object_set_new (
          object, "last_digest", apm2_format_json_string (tally->chain.digest));
      json_object_set_new (
          object, "collected_to", json_integer ((gint64) tally->collected_to));
      apm2_format_json_print (call, object);
    }
  else if (tally->n == 0)
    puts (_ ("no receipts, nothing to verify"));
  else if (tally->n == 1)
    printf (_ ("1 receipt is intact: number %" PRIu64 ", %s\n"),
            tally->first,
            last);
  else
    printf (ngettext ("%" PRIu64 " receipt is intact: number %" PRIu64
                      " to %" PRIu64 ", the last is %s\n",
                      "%" PRIu64 " receipts are intact: numbers %" PRIu64
                      " to %" PRIu64 ", the last is %s\n",
                      (gulong) tally->n),
            tally->n,
            tally->first,
            tally->chain.sequence,
            last);
  if (tally->collected_to > 0 && call->globals->json == APM2_JSON_STYLE_OFF)
    printf (ngettext ("it follows number %" PRIu64
                      ", up to which housekeeping has collected them\n",
                      "they follow number %" PRIu64
                      ", up to which housekeeping has collected them\n",
                      (gulong) tally->n),
            tally->collected_to);
  return APM2_EXIT_OK;
}

/* The first bad link: a sentence, or a document, and always status 1. */
static int
tell_fault (const Apm2CommandCall *call,
            const Apm2ReceiptTally *tally,
            const GError *fault)
{
  json_t *object;

  if (call->globals->json == APM2_JSON_STYLE_OFF)
    {
      apm2_command_print_error (fault);
      return APM2_EXIT_FAILURE;
    }
  object = apm2_format_json_new ("apm2.fac.receipts_verified.v1");
  json_object_set_new (object, "valid", json_boolean (FALSE));
  json_object_set_new (object, "count", json_integer ((gint64) tally->n));
  json_object_set_new (
      object, "problem", json_string (tally->chain.fault.problem));
  json_object_set_new (
      object, "sequence", json_integer ((gint64) tally->chain.fault.sequence));
  json_object_set_new (
      object, "job_id", apm2_format_json_string (tally->chain.fault.job_id));
  json_object_set_new (object, "line", json_integer ((gint64) tally->line));
  json_object_set_new (
      object, "message", apm2_format_json_string (fault->message));
  apm2_format_json_print (call, object);
  return APM2_EXIT_FAILURE;
}

static gboolean
verify_page (Apm2ReceiptTally *tally, GVariant *page, GError **error)
{
  for (gsize i = 0; i < g_variant_n_children (page); i++)
    {
      g_autoptr (GVariant) entry = g_variant_get_child_value (page, i);
      const char *text = "";
      const char *digest = NULL;
      guint64 sequence = 0;

      (void) g_variant_lookup (entry, "text", "&s", &text);
      (void) g_variant_lookup (entry, "digest", "&s", &digest);
      /* Also between two pages, if housekeeping runs meanwhile. */
      if (g_variant_lookup (entry, "collected", "b", NULL)
          && g_variant_lookup (entry, "sequence", "t", &sequence)
          && digest != NULL)
        {
          apm2_receipt_tally_begin_after (tally, sequence, digest);
          continue;
        }
      if (!apm2_receipt_tally_add (tally, text, strlen (text), digest, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
verify_chain (const Apm2CommandCall *call,
              Apm2ReceiptTally *tally,
              GError **error)
{
  g_autoptr (Apm2Client) client = apm2_client_open (call->globals, error);
  g_autofree char *cursor = g_strdup ("");

  if (client == NULL)
    return FALSE;
  do
    {
      g_autoptr (GVariant) page = apm2_client_list_receipts (
          client,
          APM2_RECEIPTS_CHAIN | APM2_RECEIPTS_TEXT | APM2_RECEIPTS_COLLECTED,
          TEXT_PAGE_MAX,
          &cursor,
          error);

      if (page == NULL || !verify_page (tally, page, error))
        return FALSE;
    }
  while (cursor[0] != '\0');
  /* Verified from some link on proves nothing about those before it. */
  if (tally->n > 0 && tally->first != 1 && tally->collected_to == 0)
    {
      tally->chain.fault.problem = "sequence";
      tally->chain.fault.sequence = 1;
      g_set_error (error,
                   APM2_ERROR,
                   APM2_ERROR_FAILED,
                   _ ("the chain begins with receipt %" PRIu64
                      ", those before it are missing"),
                   tally->first);
      return FALSE;
    }
  /* The last one is never collected. */
  if (tally->n == 0 && tally->collected_to > 0)
    {
      tally->chain.fault.problem = "sequence";
      tally->chain.fault.sequence = tally->collected_to + 1;
      g_set_error (
          error,
          APM2_ERROR,
          APM2_ERROR_FAILED,
          _ ("after receipt %" PRIu64 ", which was collected, none is left"),
          tally->collected_to);
      return FALSE;
    }
  return TRUE;
}

static gboolean
verify_one (const Apm2CommandCall *call,
            Apm2ReceiptTally *tally,
            GError **error)
{
  g_autoptr (Apm2Client) client = apm2_client_open (call->globals, error);
  g_autofree char *text = NULL;
  g_autofree char *digest = NULL;
  const char *name = call->args[0];

  if (client == NULL)
    return FALSE;
  text = apm2_client_get_receipt (client, name, &digest, error);
  if (text == NULL)
    {
      apm2_hint_add_receipts (call->globals, error);
      return FALSE;
    }
  /* A digest that was typed is the one to hold it against. */
  return apm2_receipt_tally_add (tally,
                                 text,
                                 strlen (text),
                                 apm2_digest_is_valid (name) ? name : digest,
                                 error);
}

static gboolean
is_name (const char *text)
{
  if (g_str_equal (text, "-"))
    return FALSE;
  return (apm2_digest_is_valid (text) || apm2_job_id_is_valid (text))
         && !g_file_test (text, G_FILE_TEST_EXISTS);
}

static int
run (const Apm2CommandCall *call, GError **error)
{
  Apm2ReceiptTally tally = { 0 };
  g_autoptr (GError) local = NULL;
  gboolean good;

  if (call->n_args == 0)
    good = verify_chain (call, &tally, &local);
  else if (is_name (call->args[0]))
    good = verify_one (call, &tally, &local);
  else
    good = apm2_receipt_tally_add_file (&tally, call->args[0], &local);
  if (good)
    return tell (call, &tally);
  if (tally.chain.fault.problem != NULL)
    return tell_fault (call, &tally, local);
  g_propagate_error (error, g_steal_pointer (&local));
  return -1;
}

const Apm2Command apm2_cmd_receipts_verify = {
  .name = "verify",
  .summary = N_ ("Check receipts and the chain they form"),
  .arguments = N_ ("[ID|DIGEST|FILE|-]"),
  .description = N_ (
      "Without an argument all receipts are checked, from the first one on, or "
      "from the\nlast one on that housekeeping has collected. A "
      "FILE is a\nbundle that 'export' wrote, or holds receipts, one a line, "
      "as "
      "'list --text' and\n'show --json=short' print them; it is checked "
      "without the broker. The first bad\nlink is named: its number, its job "
      "and what is wrong; then the exit status is 1.\nA file of that name goes "
      "before a job of that id."),
  .args_max = 1,
  .run = run,
};
