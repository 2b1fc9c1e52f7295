/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * org.apm2.Services.Housekeeping: what is removed when it is old, many or
 * large.
 */

#include "apm2-housekeeping-export.h"

#include "apm2-authority.h"
#include "apm2-dbus.h"
#include "apm2-gc-log.h"
#include "apm2-invocation.h"
#include "apm2-names.h"
#include "apm2-permit.h"
#include "apm2-property.h"

struct _Apm2HousekeepingExport
{
  GObject parent_instance;

  Apm2Tree *tree;
  Apm2Janitor *janitor;
  const Apm2Paths *paths; /* borrowed: outlives the faces */
  Apm2Face face;
};

G_DEFINE_FINAL_TYPE (Apm2HousekeepingExport,
                     apm2_housekeeping_export,
                     G_TYPE_OBJECT)

static void
apm2_housekeeping_export_finalize (GObject *object)
{
  Apm2HousekeepingExport *self = APM2_HOUSEKEEPING_EXPORT (object);

  g_object_unref (self->janitor);
  g_object_unref (self->tree);
  G_OBJECT_CLASS (apm2_housekeeping_export_parent_class)->finalize (object);
}

static void
apm2_housekeeping_export_class_init (Apm2HousekeepingExportClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = apm2_housekeeping_export_finalize;
}

static void
apm2_housekeeping_export_init (Apm2HousekeepingExport *self)
{
}

static GVariant *
get_property (gpointer data, gpointer object, const char *name)
{
  Apm2HousekeepingExport *self = data;

  if (g_str_equal (name, "Running"))
    return g_variant_new_boolean (apm2_janitor_is_running (self->janitor));
  if (g_str_equal (name, "LastRun"))
    return g_variant_new_string (apm2_janitor_get_last_run (self->janitor));
  return g_variant_new_uint64 (
      (guint64) apm2_janitor_get_next_run_at (self->janitor));
}

/* --- methods --- */

static void
on_collected (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GDBusMethodInvocation *invocation = user_data;
  g_autofree char *run = NULL;
  g_autoptr (GError) error = NULL;

  run = apm2_janitor_collect_finish (APM2_JANITOR (source), result, &error);
  if (run == NULL)
    apm2_invocation_take_error (invocation, g_steal_pointer (&error));
  else
    g_dbus_method_invocation_return_value (invocation,
                                           g_variant_new ("(s)", run));
}

static void
handle_collect (gpointer data,
                gpointer object,
                const Apm2Caller *caller,
                GVariant *parameters,
                GDBusMethodInvocation *invocation)
{
  static const char *const keys[]
      = { "dry_run:b", "receipts_older_usec:t", NULL };
  Apm2HousekeepingExport *self = data;
  g_autoptr (GVariant) options = g_variant_get_child_value (parameters, 0);
  g_autoptr (GError) error = NULL;
  gboolean dry_run = FALSE;
  guint64 receipts_older = 0;

  if (!apm2_options_check (options, keys, &error))
    {
      apm2_invocation_take_error (invocation, g_steal_pointer (&error));
      return;
    }
  (void) g_variant_lookup (options, "dry_run", "b", &dry_run);
  (void) g_variant_lookup (
      options, "receipts_older_usec", "t", &receipts_older);
  apm2_janitor_collect_async (
      self->janitor, dry_run, receipts_older, on_collected, invocation);
}

static void
on_runs (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GDBusMethodInvocation *invocation = user_data;
  g_autoptr (GPtrArray) runs = NULL;
  g_autoptr (GError) error = NULL;
  GVariantBuilder list;

  runs = apm2_gc_log_read_runs_finish (result, &error);
  if (runs == NULL)
    {
      apm2_invocation_take_error (invocation, g_steal_pointer (&error));
      return;
    }
  g_variant_builder_init (&list, G_VARIANT_TYPE_STRING_ARRAY);
  for (guint i = 0; i < runs->len; i++)
    g_variant_builder_add (&list, "s", g_ptr_array_index (runs, i));
  g_dbus_method_invocation_return_value (invocation,
                                         g_variant_new ("(as)", &list));
}

static void
handle_history (gpointer data,
                gpointer object,
                const Apm2Caller *caller,
                GVariant *parameters,
                GDBusMethodInvocation *invocation)
{
  static const char *const no_keys[] = { NULL };
  Apm2HousekeepingExport *self = data;
  g_autoptr (GVariant) options = NULL;
  g_autoptr (GError) error = NULL;
  guint32 limit = 0;

  g_variant_get (parameters, "(u@a{sv})", &limit, &options);
  if (!apm2_options_check (options, no_keys, &error))
    apm2_invocation_take_error (invocation, g_steal_pointer (&error));
  else if (limit < 1 || limit > APM2_GC_HISTORY_MAX)
    apm2_invocation_fail (invocation,
                          APM2_ERROR_INVALID_ARGUMENT,
                          "The limit must be 1 to %d",
                          APM2_GC_HISTORY_MAX);
  else
    apm2_gc_log_read_runs_async (self->paths, limit, on_runs, invocation);
}

static const Apm2Method methods[] = {
  { "Collect", handle_collect, apm2_permit_managers },
  { "History", handle_history, apm2_permit_anybody },
  { NULL },
};

/* --- signals --- */

static void
on_changed (Apm2HousekeepingExport *self)
{
  static const char *const names[]
      = { "Running", "LastRun", "NextRunAt", NULL };

  apm2_tree_changed (
      self->tree, APM2_OBJECT_HOUSEKEEPING, &self->face, self, names);
}

static void
on_run_over (Apm2HousekeepingExport *self)
{
  apm2_tree_emit (
      self->tree,
      APM2_OBJECT_HOUSEKEEPING,
      APM2_IFACE_HOUSEKEEPING,
      "Collected",
      g_variant_new ("(s)", apm2_janitor_get_last_run (self->janitor)));
}

/**
 * apm2_housekeeping_export_new:
 * @tree: where it is exported
 * @janitor: does it
 * @paths: (transfer none): where the record is; must outlive the export
 *
 * Returns: (transfer full): the exported interface
 */
Apm2HousekeepingExport *
apm2_housekeeping_export_new (Apm2Tree *tree,
                              Apm2Janitor *janitor,
                              const Apm2Paths *paths)
{
  Apm2HousekeepingExport *self
      = g_object_new (APM2_TYPE_HOUSEKEEPING_EXPORT, NULL);

  self->tree = g_object_ref (tree);
  self->janitor = g_object_ref (janitor);
  self->paths = paths;
  self->face.info = apm2_dbus_services_housekeeping_interface_info ();
  self->face.methods = methods;
  self->face.get_property = get_property;
  self->face.data = self;

  apm2_tree_add_object (
      tree, APM2_OBJECT_HOUSEKEEPING, &self->face, self, FALSE);
  g_signal_connect_object (
      janitor, "changed", G_CALLBACK (on_changed), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (
      janitor, "collected", G_CALLBACK (on_run_over), self, G_CONNECT_SWAPPED);
  return self;
}
