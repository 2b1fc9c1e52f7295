/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * apm2 fac queue status: how much waits and runs, lane by lane, and who works.
 */

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include <glib/gi18n.h>

#include "apm2-client.h"
#include "apm2-commands.h"
#include "apm2-format-json.h"
#include "apm2-lanes-text.h"
#include "apm2-names.h"
#include "apm2-page.h"
#include "apm2-properties.h"
#include "apm2-size.h"
#include "apm2-table.h"
#include "apm2-time.h"
#include "apm2-timestamp.h"
#include "apm2-word.h"

static const Apm2Column lane_columns[] = {
  { N_ ("LANE"), APM2_COLUMN_LEFT, 0 },
  { N_ ("STATE"), APM2_COLUMN_LEFT, 0 },
  { N_ ("PENDING"), APM2_COLUMN_RIGHT, 0 },
  { N_ ("RUNNING"), APM2_COLUMN_RIGHT, 0 },
  { N_ ("MAX"), APM2_COLUMN_RIGHT, 0 },
  { N_ ("TIMEOUT"), APM2_COLUMN_RIGHT, 0 },
  { N_ ("MEMORY"), APM2_COLUMN_RIGHT, 0 },
};

static const Apm2Column worker_columns[] = {
  { N_ ("WORKER"), APM2_COLUMN_LEFT, 0 },
  { N_ ("STATE"), APM2_COLUMN_LEFT, 0 },
  { N_ ("PID"), APM2_COLUMN_RIGHT, 0 },
  { N_ ("JOBS"), APM2_COLUMN_RIGHT, 0 },
  { N_ ("EXECUTOR"), APM2_COLUMN_LEFT, 0 },
  { N_ ("HEARTBEAT"), APM2_COLUMN_LEFT, 0 },
};

static void
add_limit (Apm2Table *table, char *text, gboolean set)
{
  apm2_table_add (table, set ? text : "-", APM2_STYLE_NORMAL);
  g_free (text);
}

static void
add_lane (Apm2Table *table, GVariant *lane)
{
  const guint64 max = apm2_properties_get_count (lane, "MaxParallel");
  const guint64 timeout = apm2_properties_get_count (lane, "TimeoutSec");
  const guint64 memory = apm2_properties_get_count (lane, "MemoryMaxBytes");

  apm2_table_add (
      table, apm2_properties_get_text (lane, "Name"), APM2_STYLE_NORMAL);
  /* Its own: that of the queue has a line. */
  apm2_lanes_text_add_state (table, lane, FALSE);
  apm2_table_add_count (table, apm2_properties_get_count (lane, "Pending"));
  apm2_table_add_count (table, apm2_properties_get_count (lane, "Running"));
  add_limit (table, g_strdup_printf ("%" PRIu64, max), max > 0);
  add_limit (
      table, apm2_time_format_span (timeout * G_USEC_PER_SEC), timeout > 0);
  add_limit (table, apm2_size_to_string (memory), memory > 0);
}

static void
add_worker (const Apm2CommandCall *call, Apm2Table *table, GVariant *worker)
{
  const char *state = apm2_properties_get_text (worker, "State");
  g_autoptr (GVariant) jobs = g_variant_lookup_value (
      worker, "CurrentJobs", G_VARIANT_TYPE_STRING_ARRAY);
  g_autofree char *load
      = g_strdup_printf ("%zu/%" PRIu64,
                         jobs != NULL ? g_variant_n_children (jobs) : (gsize) 0,
                         apm2_properties_get_count (worker, "Slots"));
  g_autofree char *beat = apm2_timestamp_format_short (
      apm2_properties_get_count (worker, "LastCycleAt"),
      apm2_time_realtime_usec (),
      call->globals->timestamp);

  apm2_table_add (
      table, apm2_properties_get_text (worker, "Instance"), APM2_STYLE_NORMAL);
  apm2_table_add (table,
                  apm2_word_get (state),
                  g_str_equal (state, "lost") ? APM2_STYLE_BAD
                                              : APM2_STYLE_NORMAL);
  apm2_table_add_count (table, apm2_properties_get_count (worker, "Pid"));
  apm2_table_add (table, load, APM2_STYLE_NORMAL);
  apm2_table_add (
      table, apm2_properties_get_text (worker, "Executor"), APM2_STYLE_NORMAL);
  apm2_table_add (table, beat, APM2_STYLE_NORMAL);
}

static void
print_table (const Apm2CommandCall *call, const Apm2Table *table)
{
  puts ("");
  apm2_page_print_table (call, table);
}

static const char *
get_state_word (GVariant *queue)
{
  if (apm2_properties_get_flag (queue, "Draining"))
    return _ ("draining");
  return apm2_properties_get_flag (queue, "Paused") ? _ ("paused") : _ ("open");
}

static void
print_queue (const Apm2CommandCall *call, GVariant *queue)
{
  const gboolean paused = apm2_properties_get_flag (queue, "Paused");
  const Apm2Style style = paused ? APM2_STYLE_WARN : APM2_STYLE_GOOD;

  printf (_ ("Queue:  %s%s%s\n"),
          apm2_term_begin (call->term->out_color, style),
          get_state_word (queue),
          apm2_term_end (call->term->out_color, style));
  printf (_ ("Now:    %" PRIu64 " pending, %" PRIu64 " leased, %" PRIu64
             " running\n"),
          apm2_properties_get_count (queue, "Pending"),
          apm2_properties_get_count (queue, "Leased"),
          apm2_properties_get_count (queue, "Running"));
  printf (_ ("Ended:  %" PRIu64 " passed, %" PRIu64 " failed, %" PRIu64
             " denied, %" PRIu64 " quarantined, %" PRIu64 " cancelled\n"),
          apm2_properties_get_count (queue, "Passed"),
          apm2_properties_get_count (queue, "Failed"),
          apm2_properties_get_count (queue, "Denied"),
          apm2_properties_get_count (queue, "Quarantined"),
          apm2_properties_get_count (queue, "Cancelled"));
}

static void
print_text (const Apm2CommandCall *call,
            GPtrArray *queues,
            GPtrArray *lanes,
            GPtrArray *workers)
{
  g_autoptr (Apm2Table) lane_table
      = apm2_table_new (lane_columns, G_N_ELEMENTS (lane_columns));
  g_autoptr (Apm2Table) worker_table
      = apm2_table_new (worker_columns, G_N_ELEMENTS (worker_columns));

  apm2_page_begin (call);
  if (queues->len > 0)
    print_queue (call, g_ptr_array_index (queues, 0));
  for (guint i = 0; i < lanes->len; i++)
    add_lane (lane_table, g_ptr_array_index (lanes, i));
  print_table (call, lane_table);
  for (guint i = 0; i < workers->len; i++)
    add_worker (call, worker_table, g_ptr_array_index (workers, i));
  if (workers->len > 0)
    print_table (call, worker_table);
  else
    printf (
        _ ("\nNo worker: nothing will start. Run one with 'systemctl%s start "
           "apm2-worker' or '%s fac worker'.\n"),
        getuid () == 0 && call->globals->mode != APM2_MODE_USER ? ""
                                                                : " --user",
        apm2_options_get_program (call->globals));
}

static int
run (const Apm2CommandCall *call, GError **error)
{
  g_autoptr (Apm2Client) client = apm2_client_open (call->globals, error);
  g_autoptr (GVariant) objects = NULL;
  g_autoptr (GPtrArray) queues = NULL;
  g_autoptr (GPtrArray) lanes = NULL;
  g_autoptr (GPtrArray) workers = NULL;

  if (client == NULL)
    return -1;
  objects = apm2_client_get_objects (client, error);
  if (objects == NULL)
    return -1;
  queues = apm2_properties_find_all (objects, APM2_IFACE_QUEUE, NULL);
  lanes = apm2_properties_find_all (objects, APM2_IFACE_LANE, "Name");
  workers = apm2_properties_find_all (objects, APM2_IFACE_WORKER, "Instance");
  if (call->globals->json != APM2_JSON_STYLE_OFF)
    {
      json_t *object = apm2_format_json_new ("apm2.fac.queue_status.v1");

      if (queues->len > 0)
        apm2_properties_put_json (g_ptr_array_index (queues, 0), object);
      json_object_set_new (
          object, "lanes", apm2_properties_list_to_json (lanes));
      json_object_set_new (
          object, "workers", apm2_properties_list_to_json (workers));
      apm2_format_json_print (call, object);
    }
  else
    print_text (call, queues, lanes, workers);
  return APM2_EXIT_OK;
}

const Apm2Command apm2_cmd_queue_status = {
  .name = "status",
  .summary = N_ ("Show what waits and runs, the lanes and the workers"),
  .run = run,
};
