/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * apm2 fac lanes: how much of each lane's budget is given away, and who has it.
 */

#include <stdio.h>

#include <glib/gi18n.h>

#include "apm2-client.h"
#include "apm2-commands.h"
#include "apm2-format-json.h"
#include "apm2-lanes-text.h"
#include "apm2-names.h"
#include "apm2-page.h"
#include "apm2-properties.h"
#include "apm2-time.h"

static void
print_json (const Apm2CommandCall *call, GPtrArray *lanes, gboolean all_paused)
{
  json_t *object = apm2_format_json_new (APM2_SCHEMA_LANES);

  json_object_set_new (object, "paused", json_boolean (all_paused));
  json_object_set_new (object, "lanes", apm2_properties_list_to_json (lanes));
  apm2_format_json_print (call, object);
}

static void
print_text (const Apm2CommandCall *call, GPtrArray *lanes, gboolean all_paused)
{
  g_autofree char *text = apm2_lanes_text_format (lanes,
                                                  call->columns,
                                                  all_paused,
                                                  apm2_time_realtime_usec (),
                                                  !call->globals->no_legend,
                                                  apm2_page_get_width (call),
                                                  call->term->utf8,
                                                  call->term->out_color);

  apm2_page_begin (call);
  fputs (text, stdout);
}

static int
run (const Apm2CommandCall *call, GError **error)
{
  g_autoptr (Apm2Client) client = apm2_client_open (call->globals, error);
  g_autoptr (GVariant) objects = NULL;
  g_autoptr (GPtrArray) queues = NULL;
  g_autoptr (GPtrArray) lanes = NULL;
  gboolean all_paused = FALSE;

  if (client == NULL)
    return -1;
  objects = apm2_client_get_objects (client, error);
  if (objects == NULL)
    return -1;

  queues = apm2_properties_find_all (objects, APM2_IFACE_QUEUE, NULL);
  lanes = apm2_properties_find_all (objects, APM2_IFACE_LANE, "Name");
  if (queues->len > 0)
    all_paused
        = apm2_properties_get_flag (g_ptr_array_index (queues, 0), "Paused");
  if (call->globals->json != APM2_JSON_STYLE_OFF)
    print_json (call, lanes, all_paused);
  else
    print_text (call, lanes, all_paused);
  return APM2_EXIT_OK;
}

const Apm2Command apm2_cmd_lanes = {
  .name = "lanes",
  .summary = N_ ("Show the budget of each lane and who holds it"),
  .columns = apm2_lanes_text_columns,
  .n_columns = APM2_LANES_TEXT_N_COLUMNS,
  .run = run,
};
