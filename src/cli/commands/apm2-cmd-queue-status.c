/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * apm2 fac queue status: how much waits and runs, lane by lane, and who works.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <glib/gi18n.h>

#include "apm2-client.h"
#include "apm2-commands.h"
#include "apm2-format-json.h"
#include "apm2-format.h"
#include "apm2-names.h"
#include "apm2-size.h"
#include "apm2-table.h"
#include "apm2-time.h"

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

/* The properties of all objects that have @iface, in the order of their paths.
 */
static GPtrArray *
find_all (GVariant *objects, const char *iface)
{
  GPtrArray *found
      = g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);
  GVariantIter iter;
  GVariant *interfaces = NULL;

  g_variant_iter_init (&iter, objects);
  while (g_variant_iter_next (&iter, "{&o@a{sa{sv}}}", NULL, &interfaces))
    {
      GVariant *properties
          = g_variant_lookup_value (interfaces, iface, G_VARIANT_TYPE_VARDICT);

      if (properties != NULL)
        g_ptr_array_add (found, properties);
      g_variant_unref (interfaces);
    }
  return found;
}

static int
compare_names (gconstpointer a, gconstpointer b, gpointer key)
{
  const char *x = "";
  const char *y = "";

  (void) g_variant_lookup (*(GVariant *const *) a, key, "&s", &x);
  (void) g_variant_lookup (*(GVariant *const *) b, key, "&s", &y);
  return strcmp (x, y);
}

static guint64
get_count (GVariant *properties, const char *name)
{
  guint64 value = 0;
  guint32 small = 0;

  if (!g_variant_lookup (properties, name, "t", &value)
      && g_variant_lookup (properties, name, "u", &small))
    value = small;
  return value;
}

static gboolean
get_flag (GVariant *properties, const char *name)
{
  gboolean value = FALSE;

  (void) g_variant_lookup (properties, name, "b", &value);
  return value;
}

static const char *
get_text (GVariant *properties, const char *name)
{
  const char *value = "";

  (void) g_variant_lookup (properties, name, "&s", &value);
  return value;
}

static void
add_count (Apm2Table *table, guint64 count)
{
  g_autofree char *text = g_strdup_printf ("%" PRIu64, count);

  apm2_table_add (table, text, APM2_STYLE_NORMAL);
}

static void
add_limit (Apm2Table *table, char *text, gboolean set)
{
  apm2_table_add (table, set ? text : "-", APM2_STYLE_NORMAL);
  g_free (text);
}

static void
add_lane (Apm2Table *table, GVariant *lane)
{
  const gboolean paused = get_flag (lane, "Paused");
  const guint64 max = get_count (lane, "MaxParallel");
  const guint64 timeout = get_count (lane, "TimeoutSec");
  const guint64 memory = get_count (lane, "MemoryMaxBytes");

  apm2_table_add (table, get_text (lane, "Name"), APM2_STYLE_NORMAL);
  apm2_table_add (table,
                  paused ? _ ("paused") : _ ("open"),
                  paused ? APM2_STYLE_WARN : APM2_STYLE_GOOD);
  add_count (table, get_count (lane, "Pending"));
  add_count (table, get_count (lane, "Running"));
  add_limit (table, g_strdup_printf ("%" PRIu64, max), max > 0);
  add_limit (
      table, apm2_time_format_span (timeout * G_USEC_PER_SEC), timeout > 0);
  add_limit (table, apm2_size_to_string (memory), memory > 0);
}

static void
add_worker (Apm2Table *table, GVariant *worker)
{
  const char *state = get_text (worker, "State");
  g_autoptr (GVariant) jobs = g_variant_lookup_value (
      worker, "CurrentJobs", G_VARIANT_TYPE_STRING_ARRAY);
  g_autofree char *load
      = g_strdup_printf ("%zu/%" PRIu64,
                         jobs != NULL ? g_variant_n_children (jobs) : (gsize) 0,
                         get_count (worker, "Slots"));
  g_autofree char *beat = apm2_format_ago (get_count (worker, "LastCycleAt"),
                                           apm2_time_realtime_usec ());

  apm2_table_add (table, get_text (worker, "Instance"), APM2_STYLE_NORMAL);
  apm2_table_add (table,
                  state,
                  g_str_equal (state, "lost") ? APM2_STYLE_BAD
                                              : APM2_STYLE_NORMAL);
  add_count (table, get_count (worker, "Pid"));
  apm2_table_add (table, load, APM2_STYLE_NORMAL);
  apm2_table_add (table, get_text (worker, "Executor"), APM2_STYLE_NORMAL);
  apm2_table_add (table, beat, APM2_STYLE_NORMAL);
}

static void
print_table (const Apm2CommandCall *call, const Apm2Table *table)
{
  g_autofree char *text = apm2_table_to_string (
      table,
      !call->globals->no_legend,
      call->term->out_tty ? apm2_term_get_width (STDOUT_FILENO) : 0,
      call->term->utf8,
      call->term->out_color);

  printf ("\n%s", text);
}

static void
print_queue (const Apm2CommandCall *call, GVariant *queue)
{
  const gboolean paused = get_flag (queue, "Paused");
  const Apm2Style style = paused ? APM2_STYLE_WARN : APM2_STYLE_GOOD;

  printf (_ ("Queue:  %s%s%s\n"),
          apm2_term_begin (call->term->out_color, style),
          paused ? _ ("paused") : _ ("open"),
          apm2_term_end (call->term->out_color, style));
  printf (_ ("Now:    %" PRIu64 " pending, %" PRIu64 " leased, %" PRIu64
             " running\n"),
          get_count (queue, "Pending"),
          get_count (queue, "Leased"),
          get_count (queue, "Running"));
  printf (_ ("Ended:  %" PRIu64 " passed, %" PRIu64 " failed, %" PRIu64
             " denied, %" PRIu64 " quarantined, %" PRIu64 " cancelled\n"),
          get_count (queue, "Passed"),
          get_count (queue, "Failed"),
          get_count (queue, "Denied"),
          get_count (queue, "Quarantined"),
          get_count (queue, "Cancelled"));
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

  if (queues->len > 0)
    print_queue (call, g_ptr_array_index (queues, 0));
  for (guint i = 0; i < lanes->len; i++)
    add_lane (lane_table, g_ptr_array_index (lanes, i));
  print_table (call, lane_table);
  for (guint i = 0; i < workers->len; i++)
    add_worker (worker_table, g_ptr_array_index (workers, i));
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

/* CamelCase of properties to snake_case of documents. */
static char *
to_snake (const char *name)
{
  GString *out = g_string_new (NULL);

  for (const char *c = name; *c != '\0'; c++)
    {
      if (g_ascii_isupper (*c) && c > name)
        g_string_append_c (out, '_');
      g_string_append_c (out, g_ascii_tolower (*c));
    }
  return g_string_free (out, FALSE);
}

static void
add_properties (json_t *object, GVariant *properties)
{
  GVariantIter iter;
  const char *key = NULL;
  GVariant *value = NULL;

  g_variant_iter_init (&iter, properties);
  while (g_variant_iter_next (&iter, "{&sv}", &key, &value))
    {
      g_autofree char *name = to_snake (key);

      json_object_set_new (object, name, apm2_format_json_variant (value));
      g_variant_unref (value);
    }
}

static void
add_list (json_t *object, const char *name, GPtrArray *all)
{
  json_t *array = json_array ();

  for (guint i = 0; i < all->len; i++)
    {
      json_t *element = json_object ();

      add_properties (element, g_ptr_array_index (all, i));
      json_array_append_new (array, element);
    }
  json_object_set_new (object, name, array);
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
  queues = find_all (objects, APM2_IFACE_QUEUE);
  lanes = find_all (objects, APM2_IFACE_LANE);
  workers = find_all (objects, APM2_IFACE_WORKER);
  g_ptr_array_sort_with_data (lanes, compare_names, (gpointer) "Name");
  g_ptr_array_sort_with_data (workers, compare_names, (gpointer) "Instance");
  if (call->globals->json != APM2_JSON_STYLE_OFF)
    {
      json_t *object = apm2_format_json_new ("apm2.fac.queue_status.v1");

      if (queues->len > 0)
        add_properties (object, g_ptr_array_index (queues, 0));
      add_list (object, "lanes", lanes);
      add_list (object, "workers", workers);
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
