/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * org.apm2.Services.Unit: every unit of the report on the services, as an
 * object. There are none where no service manager answers.
 */

#include "apm2-unit-export.h"

#include "apm2-dbus.h"
#include "apm2-face.h"
#include "apm2-names.h"
#include "apm2-property.h"

struct _Apm2UnitExport
{
  GObject parent_instance;

  Apm2Tree *tree;
  Apm2Health *health;
  Apm2Face face;
  Apm2Folder folder;
};

G_DEFINE_FINAL_TYPE (Apm2UnitExport, apm2_unit_export, G_TYPE_OBJECT)

/* Members of the unit's state; Name and Scope never change. */
static const Apm2Property properties[] = {
  { "Name", 's', G_STRUCT_OFFSET (Apm2UnitState, name) },
  { "LoadState", 's', G_STRUCT_OFFSET (Apm2UnitState, load_state) },
  { "ActiveState", 's', G_STRUCT_OFFSET (Apm2UnitState, active_state) },
  { "SubState", 's', G_STRUCT_OFFSET (Apm2UnitState, sub_state) },
  { "UnitFileState", 's', G_STRUCT_OFFSET (Apm2UnitState, unit_file_state) },
  { "MainPid", 'u', G_STRUCT_OFFSET (Apm2UnitState, main_pid) },
  { "Restarts", 'u', G_STRUCT_OFFSET (Apm2UnitState, n_restarts) },
  { NULL },
};

static const char *const changing_names[] = {
  "LoadState",   "ActiveState",  "SubState",    "UnitFileState",
  "Health",      "HealthReason", "WatchdogSec", "MainPid",
  "ActiveSince", "Restarts",     NULL,
};

static void
apm2_unit_export_finalize (GObject *object)
{
  Apm2UnitExport *self = APM2_UNIT_EXPORT (object);

  g_object_unref (self->health);
  g_object_unref (self->tree);
  G_OBJECT_CLASS (apm2_unit_export_parent_class)->finalize (object);
}

static void
apm2_unit_export_class_init (Apm2UnitExportClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = apm2_unit_export_finalize;
}

static void
apm2_unit_export_init (Apm2UnitExport *self)
{
}

static GVariant *
get_property (gpointer data, gpointer object, const char *name)
{
  const Apm2ServiceReport *service = object;
  const Apm2UnitState *unit = service->unit;

  if (g_str_equal (name, "Scope"))
    return g_variant_new_string (apm2_mode_to_string (service->scope));
  if (g_str_equal (name, "Health"))
    return g_variant_new_string (apm2_health_level_to_string (service->health));
  if (g_str_equal (name, "HealthReason"))
    return g_variant_new_string (service->reason);
  if (g_str_equal (name, "WatchdogSec"))
    return g_variant_new_uint64 (unit->watchdog_usec / G_USEC_PER_SEC);
  if (g_str_equal (name, "ActiveSince"))
    return g_variant_new_uint64 (g_str_equal (unit->active_state, "active")
                                     ? unit->active_enter_usec
                                     : 0);
  return apm2_property_get (properties, unit, name);
}

/* More moves in a unit than what is shown of it. */
static gboolean
is_shown_the_same (Apm2UnitExport *self,
                   const Apm2ServiceReport *a,
                   const Apm2ServiceReport *b)
{
  g_autoptr (GVariant) x = g_variant_ref_sink (apm2_face_get_some_properties (
      &self->face, (gpointer) a, changing_names));
  g_autoptr (GVariant) y = g_variant_ref_sink (apm2_face_get_some_properties (
      &self->face, (gpointer) b, changing_names));

  return g_variant_equal (x, y);
}

static void
tell_unit (Apm2UnitExport *self,
           const Apm2ServiceReport *before,
           Apm2ServiceReport *now)
{
  g_autofree char *path
      = apm2_tree_element_to_path (APM2_OBJECT_UNITS, now->unit->name);

  /* Its scope may not change: then it is another object. */
  if (before != NULL && before->scope != now->scope)
    {
      apm2_tree_removed (self->tree, path, &self->face);
      before = NULL;
    }
  if (before == NULL)
    apm2_tree_added (self->tree, path, &self->face, now);
  else if (!is_shown_the_same (self, before, now))
    apm2_tree_changed (self->tree, path, &self->face, now, changing_names);
}

static void
on_report (Apm2UnitExport *self,
           const Apm2ServicesReport *before,
           const Apm2ServicesReport *now)
{
  for (guint i = 0; i < before->services->len; i++)
    {
      const Apm2ServiceReport *service
          = g_ptr_array_index (before->services, i);
      g_autofree char *path
          = apm2_tree_element_to_path (APM2_OBJECT_UNITS, service->unit->name);

      if (apm2_services_report_find (now, service->unit->name) == NULL)
        apm2_tree_removed (self->tree, path, &self->face);
    }
  for (guint i = 0; i < now->services->len; i++)
    {
      Apm2ServiceReport *service = g_ptr_array_index (now->services, i);

      tell_unit (self,
                 apm2_services_report_find (before, service->unit->name),
                 service);
    }
}

static gpointer
find_unit (gpointer data, const char *name)
{
  Apm2UnitExport *self = data;

  return (gpointer) apm2_services_report_find (
      apm2_health_get_report (self->health), name);
}

static GPtrArray *
list_units (gpointer data)
{
  Apm2UnitExport *self = data;
  const Apm2ServicesReport *report = apm2_health_get_report (self->health);
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < report->services->len; i++)
    {
      const Apm2ServiceReport *service
          = g_ptr_array_index (report->services, i);

      g_ptr_array_add (names, g_strdup (service->unit->name));
    }
  return names;
}

/**
 * apm2_unit_export_new:
 * @tree: where the units are exported
 * @health: knows them
 *
 * Returns: (transfer full): the exported units
 */
Apm2UnitExport *
apm2_unit_export_new (Apm2Tree *tree, Apm2Health *health)
{
  Apm2UnitExport *self = g_object_new (APM2_TYPE_UNIT_EXPORT, NULL);

  self->tree = g_object_ref (tree);
  self->health = g_object_ref (health);
  self->face.info = apm2_dbus_services_unit_interface_info ();
  self->face.get_property = get_property;
  self->face.data = self;
  self->folder.find = find_unit;
  self->folder.list = list_units;
  self->folder.data = self;

  apm2_tree_add_folder (tree, APM2_OBJECT_UNITS, &self->face, &self->folder);
  g_signal_connect_object (
      health, "report", G_CALLBACK (on_report), self, G_CONNECT_SWAPPED);
  return self;
}
