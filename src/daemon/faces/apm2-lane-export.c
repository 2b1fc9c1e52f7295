/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * org.apm2.Services.Lane: every configured lane, as an object. Lanes come and
 * go when the configuration is read anew.
 */

#include "apm2-lane-export.h"

#include "apm2-dbus.h"
#include "apm2-log.h"
#include "apm2-names.h"
#include "apm2-property.h"
#include "apm2-rate.h"

struct _Apm2LaneExport
{
  GObject parent_instance;

  Apm2Tree *tree;
  Apm2Queue *queue;
  Apm2JobTable *table;
  Apm2ActiveConfig *config;
  Apm2Attachments *attachments;
  GHashTable *told; /* set of the lanes that the world knows of */
  Apm2Face face;
  Apm2Folder folder;
  Apm2Rate *rate;
};

G_DEFINE_FINAL_TYPE (Apm2LaneExport, apm2_lane_export, G_TYPE_OBJECT)

static const Apm2Property properties[] = {
  { "Name", 's', G_STRUCT_OFFSET (Apm2LaneConfig, name) },
  { "MaxParallel", 'u', G_STRUCT_OFFSET (Apm2LaneConfig, max_parallel) },
  { "TimeoutSec", 't', G_STRUCT_OFFSET (Apm2LaneConfig, timeout_sec) },
  { "MemoryMaxBytes", 't', G_STRUCT_OFFSET (Apm2LaneConfig, memory_max_bytes) },
  { "TasksMax", 't', G_STRUCT_OFFSET (Apm2LaneConfig, tasks_max) },
  { "CpuQuotaPercent",
    't',
    G_STRUCT_OFFSET (Apm2LaneConfig, cpu_quota_percent) },
  { "BudgetSlots", 'u', G_STRUCT_OFFSET (Apm2LaneConfig, budget_slots) },
  { "BudgetCpuPercent",
    't',
    G_STRUCT_OFFSET (Apm2LaneConfig, budget_cpu_percent) },
  { "BudgetMemoryBytes",
    't',
    G_STRUCT_OFFSET (Apm2LaneConfig, budget_memory_bytes) },
  { "PressurePercent",
    'u',
    G_STRUCT_OFFSET (Apm2LaneConfig, pressure_percent) },
  { "PassesMax", 'u', G_STRUCT_OFFSET (Apm2LaneConfig, passes_max) },
  { NULL },
};

static const char *const load_names[] = {
  "Running",         "Pending", "Paused", "UsedSlots", "UsedCpuPercent",
  "UsedMemoryBytes", "Holders", "Closed", NULL,
};
static const char *const limit_names[] = {
  "MaxParallel",       "TimeoutSec",      "MemoryMaxBytes", "TasksMax",
  "CpuQuotaPercent",   "Network",         "BudgetSlots",    "BudgetCpuPercent",
  "BudgetMemoryBytes", "PressurePercent", "PassesMax",      NULL,
};

static void
apm2_lane_export_finalize (GObject *object)
{
  Apm2LaneExport *self = APM2_LANE_EXPORT (object);

  g_clear_pointer (&self->rate, apm2_rate_free);
  g_hash_table_unref (self->told);
  g_object_unref (self->attachments);
  g_object_unref (self->config);
  g_object_unref (self->table);
  g_object_unref (self->queue);
  g_object_unref (self->tree);
  G_OBJECT_CLASS (apm2_lane_export_parent_class)->finalize (object);
}

static void
apm2_lane_export_class_init (Apm2LaneExportClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = apm2_lane_export_finalize;
}

/* Counted only when asked for: it goes over all worker jobs. */
static GVariant *
get_used (Apm2LaneExport *self, const Apm2LaneConfig *lane, const char *name)
{
  const Apm2BudgetUsage usage
      = apm2_attachments_get_usage (self->attachments, lane->name);

  if (g_str_equal (name, "UsedSlots"))
    return g_variant_new_uint64 (usage.used.slots);
  if (g_str_equal (name, "UsedCpuPercent"))
    return g_variant_new_uint64 (usage.used.cpu_percent);
  return g_variant_new_uint64 (usage.used.memory_bytes);
}

static GVariant *
get_property (gpointer data, gpointer object, const char *name)
{
  Apm2LaneExport *self = data;
  const Apm2LaneConfig *lane = object;
  Apm2LaneLoad load = apm2_job_table_get_lane_load (self->table, lane->name);

  if (g_str_equal (name, "Network"))
    return g_variant_new_boolean (lane->network);
  if (g_str_equal (name, "Running"))
    return g_variant_new_uint64 (load.active);
  if (g_str_equal (name, "Pending"))
    return g_variant_new_uint64 (load.pending);
  if (g_str_has_prefix (name, "Used"))
    return get_used (self, lane, name);
  if (g_str_equal (name, "Holders"))
    return apm2_attachments_list_holders (self->attachments, lane->name);
  if (g_str_equal (name, "Closed"))
    return g_variant_new_string (
        apm2_attachments_get_closed (self->attachments, lane));
  if (g_str_equal (name, "Paused"))
    return g_variant_new_boolean (
        apm2_queue_is_paused (self->queue, lane->name));
  return apm2_property_get (properties, lane, name);
}

static void
tell_load (gpointer user_data)
{
  Apm2LaneExport *self = user_data;
  const Apm2Config *config = apm2_active_config_get (self->config);

  for (guint i = 0; i < config->lanes->len; i++)
    {
      Apm2LaneConfig *lane = g_ptr_array_index (config->lanes, i);
      g_autofree char *path
          = apm2_tree_element_to_path (APM2_OBJECT_LANES, lane->name);

      apm2_tree_changed (self->tree, path, &self->face, lane, load_names);
    }
}

static void
tell_gone (Apm2LaneExport *self, const char *name)
{
  g_autofree char *path = apm2_tree_element_to_path (APM2_OBJECT_LANES, name);
  Apm2LaneLoad load = apm2_job_table_get_lane_load (self->table, name);

  if (load.pending > 0)
    apm2_log (G_LOG_LEVEL_WARNING,
              APM2_LOG_WITH (.lane = name),
              "Lane %s is no longer configured; %" G_GUINT64_FORMAT
              " jobs wait until it is again or they are cancelled",
              name,
              load.pending);
  apm2_tree_removed (self->tree, path, &self->face);
}

static void
on_config_changed (Apm2LaneExport *self)
{
  const Apm2Config *config = apm2_active_config_get (self->config);
  GHashTableIter iter;
  gpointer name = NULL;

  g_hash_table_iter_init (&iter, self->told);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    {
      if (apm2_config_find_lane (config, name) != NULL)
        continue;
      tell_gone (self, name);
      g_hash_table_iter_remove (&iter);
    }
  for (guint i = 0; i < config->lanes->len; i++)
    {
      Apm2LaneConfig *lane = g_ptr_array_index (config->lanes, i);
      g_autofree char *path
          = apm2_tree_element_to_path (APM2_OBJECT_LANES, lane->name);

      if (g_hash_table_add (self->told, g_strdup (lane->name)))
        apm2_tree_added (self->tree, path, &self->face, lane);
      else
        apm2_tree_changed (self->tree, path, &self->face, lane, limit_names);
    }
}

static void
apm2_lane_export_init (Apm2LaneExport *self)
{
  self->rate = apm2_rate_new (tell_load, self, NULL);
  self->told = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

static void
on_changed (Apm2LaneExport *self)
{
  apm2_rate_touch (self->rate);
}

static void
on_job_changed (Apm2LaneExport *self, Apm2Job *job, guint change)
{
  if ((change & APM2_JOB_CHANGE_STATE) != 0)
    apm2_rate_touch (self->rate);
}

static gpointer
find_lane (gpointer data, const char *name)
{
  Apm2LaneExport *self = data;

  return (gpointer) apm2_config_find_lane (
      apm2_active_config_get (self->config), name);
}

static GPtrArray *
list_lanes (gpointer data)
{
  Apm2LaneExport *self = data;
  const Apm2Config *config = apm2_active_config_get (self->config);
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < config->lanes->len; i++)
    {
      const Apm2LaneConfig *lane = g_ptr_array_index (config->lanes, i);

      g_ptr_array_add (names, g_strdup (lane->name));
    }
  return names;
}

/**
 * apm2_lane_export_new:
 * @tree: where the lanes are exported
 * @queue: knows which lanes are paused
 * @table: knows their load
 * @config: the lanes
 * @attachments: know what is used of their budgets
 *
 * Returns: (transfer full): the exported lanes
 */
Apm2LaneExport *
apm2_lane_export_new (Apm2Tree *tree,
                      Apm2Queue *queue,
                      Apm2JobTable *table,
                      Apm2ActiveConfig *config,
                      Apm2Attachments *attachments)
{
  Apm2LaneExport *self = g_object_new (APM2_TYPE_LANE_EXPORT, NULL);

  self->tree = g_object_ref (tree);
  self->queue = g_object_ref (queue);
  self->table = g_object_ref (table);
  self->config = g_object_ref (config);
  self->attachments = g_object_ref (attachments);
  self->face.info = apm2_dbus_services_lane_interface_info ();
  self->face.get_property = get_property;
  self->face.data = self;
  self->folder.find = find_lane;
  self->folder.list = list_lanes;
  self->folder.data = self;

  apm2_tree_add_folder (tree, APM2_OBJECT_LANES, &self->face, &self->folder);
  on_config_changed (self);
  g_signal_connect_object (config,
                           "changed",
                           G_CALLBACK (on_config_changed),
                           self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (
      queue, "paused", G_CALLBACK (on_changed), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (
      table, "added", G_CALLBACK (on_changed), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (
      table, "changed", G_CALLBACK (on_job_changed), self, G_CONNECT_SWAPPED);
  return self;
}
