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
  /* What was signalled last. */
  Apm2HealthLevel overall;
  GStrv reasons;
};

G_DEFINE_FINAL_TYPE (Apm2ServicesExport, apm2_services_export, G_TYPE_OBJECT)

static void
apm2_services_export_finalize (GObject *object)
{
  Apm2ServicesExport *self = APM2_SERVICES_EXPORT (object);

  g_strfreev (self->reasons);
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

static void
add_beat (GVariantDict *dict,
          guint64 pid,
          guint64 cycle_count,
          guint64 timestamp_usec,
          const char *health_status)
{
  g_variant_dict_insert (dict, "instance", "s", "default");
  g_variant_dict_insert (dict, "pid", "t", pid);
  g_variant_dict_insert (dict, "cycle_count", "t", cycle_count);
  g_variant_dict_insert (dict, "timestamp_usec", "t", timestamp_usec);
  g_variant_dict_insert (dict, "health_status", "s", health_status);
}

/* From the file, and newer than that from the worker itself. */
static GVariant *
get_heartbeat (Apm2ServicesExport *self)
{
  const Apm2HeartbeatReport *report = apm2_services_report_find_heartbeat (
      apm2_health_get_report (self->health), "default");
  const Apm2WorkerRecord *worker
      = apm2_worker_registry_find (self->registry, "default");
  const gboolean heard = worker != NULL && worker->last_cycle_at != 0;
  const Apm2Heartbeat *beat = report != NULL ? report->file->heartbeat : NULL;
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "found", "b", heard || beat != NULL);
  if (report != NULL)
    {
      g_variant_dict_insert (&dict, "fresh", "b", report->fresh);
      g_variant_dict_insert (&dict, "path", "s", report->file->path);
    }
  if (heard)
    add_beat (&dict,
              worker->pid,
              worker->cycle_count,
              (guint64) worker->last_cycle_at,
              worker->health_status);
  else if (beat != NULL)
    add_beat (&dict,
              (guint64) beat->pid,
              beat->cycle_count,
              (guint64) beat->timestamp_unix * G_USEC_PER_SEC,
              beat->health_status);
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
tell_health (Apm2ServicesExport *self,
             const char *unit,
             Apm2HealthLevel before,
             Apm2HealthLevel now,
             const char *reason)
{
  apm2_tree_emit (self->tree,
                  APM2_OBJECT_ROOT,
                  APM2_IFACE_SERVICES,
                  "HealthChanged",
                  g_variant_new ("(ssss)",
                                 unit,
                                 apm2_health_level_to_string (before),
                                 apm2_health_level_to_string (now),
                                 reason));
}

/* A unit that comes was unknown, and one that goes is. */
static void
tell_units (Apm2ServicesExport *self,
            const Apm2ServicesReport *before,
            const Apm2ServicesReport *now)
{
  for (guint i = 0; i < now->services->len; i++)
    {
      const Apm2ServiceReport *service = g_ptr_array_index (now->services, i);
      const Apm2ServiceReport *old
          = apm2_services_report_find (before, service->unit->name);
      const Apm2HealthLevel level
          = old != NULL ? old->health : APM2_HEALTH_LEVEL_UNKNOWN;

      if (level != service->health
          || (old != NULL && !g_str_equal (old->reason, service->reason)))
        tell_health (
            self, service->unit->name, level, service->health, service->reason);
    }
  for (guint i = 0; i < before->services->len; i++)
    {
      const Apm2ServiceReport *old = g_ptr_array_index (before->services, i);

      if (apm2_services_report_find (now, old->unit->name) == NULL)
        tell_health (self,
                     old->unit->name,
                     old->health,
                     APM2_HEALTH_LEVEL_UNKNOWN,
                     "not_loaded");
    }
}

static const char *const *
get_reasons (const Apm2ServicesReport *report)
{
  return (const char *const *) report->reasons->pdata;
}

/* All properties first, those of units by their own face before this: whoever
 * reads one in a handler, or keeps them, has the new value. */
static void
on_report (Apm2ServicesExport *self,
           const Apm2ServicesReport *before,
           const Apm2ServicesReport *now)
{
  static const char *const names[]
      = { "OverallHealth", "OverallReasons", NULL };
  const gboolean has_changed
      = now->overall != self->overall
        || !g_strv_equal (get_reasons (now),
                          (const char *const *) self->reasons);
  const Apm2HealthLevel overall = self->overall;

  if (has_changed)
    {
      self->overall = now->overall;
      g_strfreev (self->reasons);
      self->reasons = g_strdupv ((char **) get_reasons (now));
      apm2_tree_changed (
          self->tree, APM2_OBJECT_ROOT, &self->face, self, names);
    }
  tell_units (self, before, now);
  if (has_changed)
    tell_health (self,
                 "",
                 overall,
                 now->overall,
                 self->reasons[0] != NULL ? self->reasons[0] : "");
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
  self->overall = apm2_health_get_report (health)->overall;
  self->reasons = g_strdupv ((char **) apm2_health_get_reasons (health));
  g_signal_connect_object (
      health, "report", G_CALLBACK (on_report), self, G_CONNECT_SWAPPED);
  return self;
}
