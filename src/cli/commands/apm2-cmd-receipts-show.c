/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * apm2 fac receipts show: one receipt. In its short form it is the very text
 * that was hashed, so that sha256sum gives its digest.
 */

#include <stdio.h>
#include <string.h>

#include <glib/gi18n.h>

#include "apm2-client.h"
#include "apm2-commands.h"
#include "apm2-format-json.h"
#include "apm2-hint.h"
#include "apm2-page.h"
#include "apm2-receipt-json.h"
#include "apm2-receipt-text.h"

static gboolean
print_text (const Apm2CommandCall *call,
            const char *text,
            const char *digest,
            GError **error)
{
  g_autofree char *out = apm2_receipt_text_format (text,
                                                   digest,
                                                   call->globals->timestamp,
                                                   call->term->utf8,
                                                   call->term->out_color,
                                                   error);

  if (out == NULL)
    return FALSE;
  apm2_page_begin (call);
  fputs (out, stdout);
  return TRUE;
}

static gboolean
print_pretty (const Apm2CommandCall *call, const char *text, GError **error)
{
  g_autoptr (Apm2Receipt) receipt
      = apm2_receipt_from_json (text, strlen (text), error);

  if (receipt == NULL)
    return FALSE;
  apm2_format_json_print (call,
                          apm2_format_json_text (text, APM2_RECEIPT_BYTES_MAX));
  return TRUE;
}

static int
run (const Apm2CommandCall *call, GError **error)
{
  g_autoptr (Apm2Client) client = apm2_client_open (call->globals, error);
  g_autofree char *text = NULL;
  g_autofree char *digest = NULL;

  if (client == NULL)
    return -1;
  text = apm2_client_get_receipt (client, call->args[0], &digest, error);
  if (text == NULL)
    {
      apm2_hint_add_receipts (call->globals, error);
      return -1;
    }
  switch (call->globals->json)
    {
    case APM2_JSON_STYLE_SHORT:
      puts (text);
      return APM2_EXIT_OK;
    case APM2_JSON_STYLE_PRETTY:
      return print_pretty (call, text, error) ? APM2_EXIT_OK : -1;
    case APM2_JSON_STYLE_OFF:
    default:
      return print_text (call, text, digest, error) ? APM2_EXIT_OK : -1;
    }
}

const Apm2Command apm2_cmd_receipts_show = {
  .name = "show",
  .summary = N_ ("Show the receipt of a job"),
  .arguments = N_ ("ID|DIGEST"),
  .description
  = N_ ("With --json=short prints the very bytes that were hashed, "
        "and a line end."),
  .args_min = 1,
  .args_max = 1,
  .args_missing
  = N_ ("no job id or digest given; 'apm2 fac receipts list' lists "
        "them"),
  .run = run,
};
