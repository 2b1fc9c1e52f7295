/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * apm2 fac quarantine show: one entry and what is in it.
 */

#include <stdio.h>

#include <glib/gi18n.h>

#include "apm2-client.h"
#include "apm2-commands.h"
#include "apm2-display.h"
#include "apm2-format-json.h"
#include "apm2-format.h"
#include "apm2-hint.h"
#include "apm2-page.h"
#include "apm2-properties.h"
#include "apm2-time.h"
#include "apm2-timestamp.h"
#include "apm2-word.h"

static GBytes *
get_content (GVariant *record)
{
  g_autoptr (GVariant) content
      = g_variant_lookup_value (record, "content", G_VARIANT_TYPE_BYTESTRING);

  return content != NULL ? g_variant_get_data_as_bytes (content) : NULL;
}

static void
print_json (const Apm2CommandCall *call, GVariant *record)
{
  g_autoptr (GBytes) content = get_content (record);
  g_autofree char *text = NULL;
  json_t *object
      = apm2_format_json_new_from_dict ("apm2.fac.quarantine_entry.v1", record);

  /* As text, for people; what is no UTF-8 in it is replaced. */
  json_object_del (object, "content");
  if (content != NULL)
    {
      text = g_utf8_make_valid (g_bytes_get_data (content, NULL),
                                (gssize) g_bytes_get_size (content));
      json_object_set_new (object, "content", json_string (text));
    }
  apm2_format_json_print (call, object);
}

static void
print_line (const Apm2CommandCall *call, const char *title, const char *value)
{
  g_autofree char *text = apm2_display_escape_line (value, call->term->utf8);

  if (text[0] != '\0')
    printf ("%s: %s\n", title, text);
}

static void
print_content (const Apm2CommandCall *call, GBytes *content)
{
  Apm2DisplayFilter filter = { 0 };
  g_autoptr (GString) out = g_string_new (NULL);
  gsize length = 0;
  const guint8 *data = g_bytes_get_data (content, &length);

  apm2_display_filter_push (
      &filter, data, length, call->term->utf8, FALSE, out);
  apm2_display_filter_end (&filter, call->term->utf8, out);
  if (out->len > 0 && out->str[out->len - 1] != '\n')
    g_string_append_c (out, '\n');
  fputs ("\n", stdout);
  fwrite (out->str, 1, out->len, stdout);
}

static void
print_text (const Apm2CommandCall *call, GVariant *record)
{
  g_autoptr (GBytes) content = get_content (record);
  g_autofree char *since
      = apm2_timestamp_format_long (apm2_properties_get_count (record, "since"),
                                    apm2_time_realtime_usec (),
                                    call->globals->timestamp);

  apm2_page_begin (call);
  print_line (call, _ ("Entry"), apm2_properties_get_text (record, "entry"));
  print_line (call, _ ("Since"), since);
  print_line (call,
              _ ("Reason"),
              apm2_word_get (apm2_properties_get_text (record, "reason")));
  print_line (
      call, _ ("Message"), apm2_properties_get_text (record, "message"));
  print_line (call, _ ("Job"), apm2_properties_get_text (record, "name"));
  print_line (call, _ ("Lane"), apm2_properties_get_text (record, "lane"));
  if (content != NULL)
    print_content (call, content);
  else
    puts (_ ("\nIt is not shown: it is no regular file, belongs to somebody "
             "else, or is larger\nthan a spec may be."));
}

static int
run (const Apm2CommandCall *call, GError **error)
{
  g_autoptr (Apm2Client) client = apm2_client_open (call->globals, error);
  g_autoptr (GVariant) record = NULL;

  if (client == NULL)
    return -1;
  record = apm2_client_show_quarantine (client, call->args[0], error);
  if (record == NULL)
    {
      apm2_hint_add_quarantine (call->globals, error);
      return -1;
    }
  if (call->globals->json != APM2_JSON_STYLE_OFF)
    print_json (call, record);
  else
    print_text (call, record);
  return APM2_EXIT_OK;
}

const Apm2Command apm2_cmd_quarantine_show = {
  .name = "show",
  .summary = N_ ("Show one entry and what is in it"),
  .arguments = N_ ("ENTRY"),
  .args_min = 1,
  .args_max = 1,
  .args_missing = N_ ("no entry given; 'apm2 fac quarantine list' lists them"),
  .run = run,
};
