/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * org.apm2.Services.Worker: every worker of the registry, as an object.
 */

#include "apm2-worker-export.h"

#include "apm2-dbus.h"
#include "apm2-names.h"
#include "apm2-property.h"
#include "apm2-rate.h"

struct _Apm2WorkerExport
{
  GObject parent_instance;

  Apm2Tree *tree;
  Apm2WorkerRegistry *registry;
  Apm2Face face;
  Apm2Folder folder;
  GHashTable *rates; /* (element-type utf8 Apm2Rate) */
};

G_DEFINE_FINAL_TYPE (Apm2WorkerExport, apm2_worker_export, G_TYPE_OBJECT)

static const Apm2Property properties[] = {
  { "Instance", 's', G_STRUCT_OFFSET (Apm2WorkerRecord, instance) },
  { "Pid", 'u', G_STRUCT_OFFSET (Apm2WorkerRecord, pid) },
  { "State", 's', G_STRUCT_OFFSET (Apm2WorkerRecord, state) },
  { "Executor", 's', G_STRUCT_OFFSET (Apm2WorkerRecord, executor) },
  { "Slots", 'u', G_STRUCT_OFFSET (Apm2WorkerRecord, slots) },
  { "CycleCount", 't', G_STRUCT_OFFSET (Apm2WorkerRecord, cycle_count) },
  { "LastCycleAt", 't', G_STRUCT_OFFSET (Apm2WorkerRecord, last_cycle_at) },
  { "JobsCompleted", 't', G_STRUCT_OFFSET (Apm2WorkerRecord, jobs_completed) },
  { "JobsFailed", 't', G_STRUCT_OFFSET (Apm2WorkerRecord, jobs_failed) },
  { "JobsDenied", 't', G_STRUCT_OFFSET (Apm2WorkerRecord, jobs_denied) },
  { "JobsQuarantined",
    't',
    G_STRUCT_OFFSET (Apm2WorkerRecord, jobs_quarantined) },
  { "JobsCancelled", 't', G_STRUCT_OFFSET (Apm2WorkerRecord, jobs_cancelled) },
  { "HealthStatus", 's', G_STRUCT_OFFSET (Apm2WorkerRecord, health_status) },
  { "HeartbeatPath", 's', G_STRUCT_OFFSET (Apm2WorkerRecord, heartbeat_path) },
  { NULL },
};

static const char *const changing_names[] = {
  "Pid",           "State",        "Executor",
  "Slots",         "CurrentJobs",  "JobsCompleted",
  "JobsFailed",    "JobsDenied",   "JobsQuarantined",
  "JobsCancelled", "HealthStatus", NULL,
};

static void
apm2_worker_export_finalize (GObject *object)
{
  Apm2WorkerExport *self = APM2_WORKER_EXPORT (object);

  g_hash_table_unref (self->rates);
  g_object_unref (self->registry);
  g_object_unref (self->tree);
  G_OBJECT_CLASS (apm2_worker_export_parent_class)->finalize (object);
}

static void
apm2_worker_export_class_init (Apm2WorkerExportClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = apm2_worker_export_finalize;
}

static void
apm2_worker_export_init (Apm2WorkerExport *self)
{
  self->rates = g_hash_table_new_full (
      g_str_hash, g_str_equal, g_free, (GDestroyNotify) apm2_rate_free);
}

static GVariant *
get_property (gpointer data, gpointer object, const char *name)
{
  const Apm2WorkerRecord *worker = object;
  GVariantBuilder jobs;

  if (!g_str_equal (name, "CurrentJobs"))
    return apm2_property_get (properties, worker, name);

  g_variant_builder_init (&jobs, G_VARIANT_TYPE_STRING_ARRAY);
  for (guint i = 0; i < worker->leases->len; i++)
    {
      const Apm2Job *job = g_ptr_array_index (worker->leases, i);

      g_variant_builder_add (&jobs, "s", job->stored->id);
    }
  return g_variant_builder_end (&jobs);
}

static char *
worker_path (const Apm2WorkerRecord *worker)
{
  return apm2_tree_element_to_path (APM2_OBJECT_WORKERS, worker->instance);
}

typedef struct
{
  Apm2WorkerExport *self;
  char *instance;
} ChangeTeller;

static void
change_teller_free (gpointer data)
{
  ChangeTeller *teller = data;

  g_free (teller->instance);
  g_free (teller);
}

static void
tell_change (gpointer user_data)
{
  const ChangeTeller *teller = user_data;
  Apm2WorkerExport *self = teller->self;
  Apm2WorkerRecord *worker
      = apm2_worker_registry_find (self->registry, teller->instance);
  g_autofree char *path = NULL;

  if (worker == NULL)
    return;
  path = worker_path (worker);
  apm2_tree_changed (self->tree, path, &self->face, worker, changing_names);
}

static void
on_added (Apm2WorkerExport *self, Apm2WorkerRecord *worker)
{
  g_autofree char *path = worker_path (worker);
  ChangeTeller *teller = g_new0 (ChangeTeller, 1);

  teller->self = self;
  teller->instance = g_strdup (worker->instance);
  g_hash_table_insert (self->rates,
                       g_strdup (worker->instance),
                       apm2_rate_new (tell_change, teller, change_teller_free));
  apm2_tree_added (self->tree, path, &self->face, worker);
}

static void
on_changed (Apm2WorkerExport *self, Apm2WorkerRecord *worker)
{
  Apm2Rate *rate = g_hash_table_lookup (self->rates, worker->instance);

  if (rate != NULL)
    apm2_rate_touch (rate);
}

static void
on_removed (Apm2WorkerExport *self, Apm2WorkerRecord *worker)
{
  g_autofree char *path = worker_path (worker);

  g_hash_table_remove (self->rates, worker->instance);
  apm2_tree_removed (self->tree, path, &self->face);
}

static gpointer
find_worker (gpointer data, const char *name)
{
  Apm2WorkerExport *self = data;

  return apm2_worker_registry_find (self->registry, name);
}

static GPtrArray *
list_workers (gpointer data)
{
  Apm2WorkerExport *self = data;
  g_autoptr (GPtrArray) workers = apm2_worker_registry_list (self->registry);
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < workers->len; i++)
    {
      const Apm2WorkerRecord *worker = g_ptr_array_index (workers, i);

      g_ptr_array_add (names, g_strdup (worker->instance));
    }
  return names;
}

/**
 * apm2_worker_export_new:
 * @tree: where the workers are exported
 * @registry: the workers; still empty
 *
 * Returns: (transfer full): the exported workers
 */
Apm2WorkerExport *
apm2_worker_export_new (Apm2Tree *tree, Apm2WorkerRegistry *registry)
{
  Apm2WorkerExport *self = g_object_new (APM2_TYPE_WORKER_EXPORT, NULL);

  self->tree = g_object_ref (tree);
  self->registry = g_object_ref (registry);
  self->face.info = apm2_dbus_services_worker_interface_info ();
  self->face.get_property = get_property;
  self->face.data = self;
  self->folder.find = find_worker;
  self->folder.list = list_workers;
  self->folder.data = self;

  apm2_tree_add_folder (tree, APM2_OBJECT_WORKERS, &self->face, &self->folder);
  g_signal_connect_object (
      registry, "added", G_CALLBACK (on_added), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (
      registry, "changed", G_CALLBACK (on_changed), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (
      registry, "removed", G_CALLBACK (on_removed), self, G_CONNECT_SWAPPED);
  return self;
}
