/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * org.apm2.Services: the root object, the health of the whole.
 */

#include "apm2-services-export.h"

#include <systemd/sd-id128.h>

#include "config.h"

#include "apm2-dbus.h"
#include "apm2-names.h"
#include "apm2-property.h"

/* Names this use of the machine id, so that HostId does not disclose it. */
#define APP_ID                                                                 \
  SD_ID128_MAKE (57, 4f, ca, 22, 18, a9, 4e, 0d, 95, 6b, 1e, 6c, 3d, 50, 97, e4)

struct _Apm2ServicesExport
{
  GObject parent_instance;

  Apm2Tree *tree;
  Apm2Health *health;
  Apm2WorkerRegistry *registry;
  Apm2Mode mode;
  Apm2Face face;
};

G_DEFINE_FINAL_TYPE (Apm2ServicesExport, apm2_services_export, G_TYPE_OBJECT)

static void
apm2_services_export_finalize (GObject *object)
{
  Apm2ServicesExport *self = APM2_SERVICES_EXPORT (object);

  g_object_unref (self->registry);
  g_object_unref (self->health);
  g_object_unref (self->tree);
  G_OBJECT_CLASS (apm2_services_export_parent_class)->finalize (object);
}

static void
apm2_services_export_class_init (Apm2ServicesExportClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = apm2_services_export_finalize;
}

static void
apm2_services_export_init (Apm2ServicesExport *self)
{
}

static GVariant *
get_host_id (void)
{
  sd_id128_t id;
  char text[SD_ID128_STRING_MAX] = "";

  if (sd_id128_get_machine_app_specific (APP_ID, &id) >= 0)
    (void) sd_id128_to_string (id, text);
  return g_variant_new_string (text);
}

static GVariant *
get_heartbeat (Apm2ServicesExport *self)
{
  const Apm2WorkerRecord *worker
      = apm2_worker_registry_find (self->registry, "default");
  gboolean found = worker != NULL && worker->last_cycle_at != 0;
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "found", "b", found);
  if (found)
    {
      g_variant_dict_insert (&dict, "instance", "s", worker->instance);
      g_variant_dict_insert (&dict, "pid", "t", (guint64) worker->pid);
      g_variant_dict_insert (&dict, "cycle_count", "t", worker->cycle_count);
      g_variant_dict_insert (
          &dict, "timestamp_usec", "t", (guint64) worker->last_cycle_at);
      g_variant_dict_insert (
          &dict, "health_status", "s", worker->health_status);
    }
  return g_variant_dict_end (&dict);
}

static GVariant *
get_property (gpointer data, gpointer object, const char *name)
{
  Apm2ServicesExport *self = data;

  if (g_str_equal (name, "ApiVersion"))
    return g_variant_new_uint32 (APM2_API_VERSION);
  if (g_str_equal (name, "Version"))
    return g_variant_new_string (APM2_VERSION);
  if (g_str_equal (name, "Mode"))
    return g_variant_new_string (apm2_mode_to_string (self->mode));
  if (g_str_equal (name, "HostId"))
    return get_host_id ();
  if (g_str_equal (name, "OverallHealth"))
    return g_variant_new_string (apm2_health_get_overall (self->health));
  if (g_str_equal (name, "OverallReasons"))
    return apm2_property_strv (apm2_health_get_reasons (self->health));
  if (g_str_equal (name, "WorkerHeartbeat"))
    return get_heartbeat (self);
  g_return_val_if_reached (NULL);
}

static void
on_health_changed (Apm2ServicesExport *self,
                   const char *old_health,
                   const char *new_health,
                   const char *reason)
{
  static const char *const names[]
      = { "OverallHealth", "OverallReasons", NULL };

  apm2_tree_changed (self->tree, APM2_OBJECT_ROOT, &self->face, self, names);
  apm2_tree_emit (self->tree,
                  APM2_OBJECT_ROOT,
                  APM2_IFACE_SERVICES,
                  "HealthChanged",
                  g_variant_new ("(ssss)", "", old_health, new_health, reason));
}

/**
 * apm2_services_export_new:
 * @tree: where it is exported
 * @health: the health of the whole
 * @registry: the workers, for the heartbeat
 * @mode: user or system
 *
 * Returns: (transfer full): the exported root object
 */
Apm2ServicesExport *
apm2_services_export_new (Apm2Tree *tree,
                          Apm2Health *health,
                          Apm2WorkerRegistry *registry,
                          Apm2Mode mode)
{
  Apm2ServicesExport *self = g_object_new (APM2_TYPE_SERVICES_EXPORT, NULL);

  self->tree = g_object_ref (tree);
  self->health = g_object_ref (health);
  self->registry = g_object_ref (registry);
  self->mode = mode;
  self->face.info = apm2_dbus_services_interface_info ();
  self->face.get_property = get_property;
  self->face.data = self;

  apm2_tree_add_object (tree, APM2_OBJECT_ROOT, &self->face, self, FALSE);
  g_signal_connect_object (health,
                           "changed",
                           G_CALLBACK (on_health_changed),
                           self,
                           G_CONNECT_SWAPPED);
  return self;
}
