/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What the service manager signals, told on as signals of ours.
 *
 * On a bus only the units that somebody read are watched; on its own socket the
 * manager sends everything, and what nobody asked for is dropped here. What
 * comes before the manager is connected is dropped too, because everything is
 * read once it is.
 */

#include "apm2-manager-private.h"

#define DRIVER_NAME "org.freedesktop.DBus"
#define DRIVER_PATH "/org/freedesktop/DBus"

typedef struct
{
  char *name;
  guint subscription; /* 0 unless on a bus */
} Watch;

enum
{
  SIGNAL_CONNECTED,
  SIGNAL_LOST,
  SIGNAL_UNIT_CHANGED,
  SIGNAL_UNIT_LISTED,
  SIGNAL_JOB_REMOVED,
  SIGNAL_RELOADED,
  N_SIGNALS
};
static guint signals[N_SIGNALS];

static void
watch_free (gpointer data)
{
  Watch *watch = data;

  g_free (watch->name);
  g_free (watch);
}

GHashTable *
apm2_manager_new_watches (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, watch_free);
}

static guint
add_signal (GType type, const char *name, guint n_texts)
{
  GType types[3] = { G_TYPE_STRING, G_TYPE_STRING, G_TYPE_STRING };

  return g_signal_newv (name,
                        type,
                        G_SIGNAL_RUN_LAST,
                        NULL,
                        NULL,
                        NULL,
                        NULL,
                        G_TYPE_NONE,
                        n_texts,
                        types);
}

void
apm2_manager_add_signals (GType type)
{
  signals[SIGNAL_CONNECTED] = add_signal (type, "connected", 0);
  signals[SIGNAL_LOST] = add_signal (type, "lost", 1);
  signals[SIGNAL_UNIT_CHANGED] = add_signal (type, "unit-changed", 1);
  signals[SIGNAL_UNIT_LISTED] = add_signal (type, "unit-listed", 1);
  signals[SIGNAL_JOB_REMOVED] = add_signal (type, "job-removed", 3);
  signals[SIGNAL_RELOADED] = add_signal (type, "reloaded", 0);
}

static void
on_properties_changed (GDBusConnection *connection,
                       const char *sender,
                       const char *path,
                       const char *interface,
                       const char *signal,
                       GVariant *parameters,
                       gpointer user_data)
{
  g_autoptr (Apm2Manager) self = g_object_ref (user_data);
  const Watch *watch = g_hash_table_lookup (self->watches, path);
  g_autofree char *name = NULL;

  if (watch == NULL || !self->is_connected)
    return;
  /* A handler may forget the unit. */
  name = g_strdup (watch->name);
  g_signal_emit (self, signals[SIGNAL_UNIT_CHANGED], 0, name);
}

static void
tell_job_removed (Apm2Manager *self, GVariant *parameters)
{
  const char *path = NULL;
  const char *unit = NULL;
  const char *result = NULL;

  if (!g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(uoss)")))
    return;
  g_variant_get (parameters, "(u&o&s&s)", NULL, &path, &unit, &result);
  g_signal_emit (self, signals[SIGNAL_JOB_REMOVED], 0, path, unit, result);
  g_signal_emit (self, signals[SIGNAL_UNIT_CHANGED], 0, unit);
}

static void
tell_unit_listed (Apm2Manager *self, GVariant *parameters)
{
  const char *name = NULL;

  if (!g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(so)")))
    return;
  g_variant_get (parameters, "(&s&o)", &name, NULL);
  g_signal_emit (self, signals[SIGNAL_UNIT_LISTED], 0, name);
}

static void
tell_reloaded (Apm2Manager *self, GVariant *parameters)
{
  gboolean is_under_way = FALSE;

  if (g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(b)")))
    g_variant_get (parameters, "(b)", &is_under_way);
  if (!is_under_way)
    g_signal_emit (self, signals[SIGNAL_RELOADED], 0);
}

static void
on_manager_signal (GDBusConnection *connection,
                   const char *sender,
                   const char *path,
                   const char *interface,
                   const char *signal,
                   GVariant *parameters,
                   gpointer user_data)
{
  g_autoptr (Apm2Manager) self = g_object_ref (user_data);

  if (!self->is_connected)
    return;
  if (g_str_equal (signal, "JobRemoved"))
    tell_job_removed (self, parameters);
  else if (g_str_equal (signal, "UnitNew")
           || g_str_equal (signal, "UnitRemoved"))
    tell_unit_listed (self, parameters);
  else if (g_str_equal (signal, "Reloading")
           || g_str_equal (signal, "UnitFilesChanged"))
    tell_reloaded (self, parameters);
}

/* On a bus: the manager left, or came. */
static void
on_owner_changed (GDBusConnection *connection,
                  const char *sender,
                  const char *path,
                  const char *interface,
                  const char *signal,
                  GVariant *parameters,
                  gpointer user_data)
{
  g_autoptr (Apm2Manager) self = g_object_ref (user_data);
  const char *owner = NULL;

  if (!g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(sss)")))
    return;
  g_variant_get (parameters, "(&s&s&s)", NULL, NULL, &owner);
  apm2_manager_tell_loss (self, "it has left the bus");
  if (*owner != '\0' && self->connection != NULL)
    apm2_manager_subscribe (self);
}

static guint
subscribe (Apm2Manager *self,
           const char *sender,
           const char *interface,
           const char *signal,
           const char *path,
           GDBusSignalCallback func)
{
  return g_dbus_connection_signal_subscribe (self->connection,
                                             sender,
                                             interface,
                                             signal,
                                             path,
                                             NULL,
                                             G_DBUS_SIGNAL_FLAGS_NONE,
                                             func,
                                             self,
                                             NULL);
}

static void
hear_unit (Apm2Manager *self, const char *path, Watch *watch)
{
  if (self->connection != NULL && self->is_bus && watch->subscription == 0)
    watch->subscription = subscribe (self,
                                     APM2_MANAGER_NAME,
                                     APM2_MANAGER_PROPERTIES,
                                     "PropertiesChanged",
                                     path,
                                     on_properties_changed);
}

static void
unhear_unit (Apm2Manager *self, Watch *watch)
{
  if (watch->subscription != 0)
    g_dbus_connection_signal_unsubscribe (self->connection,
                                          watch->subscription);
  watch->subscription = 0;
}

static void
hear_owner (Apm2Manager *self)
{
  guint id = g_dbus_connection_signal_subscribe (self->connection,
                                                 DRIVER_NAME,
                                                 DRIVER_NAME,
                                                 "NameOwnerChanged",
                                                 DRIVER_PATH,
                                                 APM2_MANAGER_NAME,
                                                 G_DBUS_SIGNAL_FLAGS_NONE,
                                                 on_owner_changed,
                                                 self,
                                                 NULL);

  g_array_append_val (self->subscriptions, id);
}

void
apm2_manager_hear (Apm2Manager *self)
{
  const char *sender = self->is_bus ? APM2_MANAGER_NAME : NULL;
  GHashTableIter iter;
  gpointer path = NULL;
  gpointer watch = NULL;
  guint id = 0;

  id = subscribe (self,
                  sender,
                  APM2_MANAGER_IFACE,
                  NULL,
                  APM2_MANAGER_PATH,
                  on_manager_signal);
  g_array_append_val (self->subscriptions, id);
  if (!self->is_bus)
    {
      id = subscribe (self,
                      NULL,
                      APM2_MANAGER_PROPERTIES,
                      "PropertiesChanged",
                      NULL,
                      on_properties_changed);
      g_array_append_val (self->subscriptions, id);
      return;
    }
  hear_owner (self);
  g_hash_table_iter_init (&iter, self->watches);
  while (g_hash_table_iter_next (&iter, &path, &watch))
    hear_unit (self, path, watch);
}

void
apm2_manager_unhear (Apm2Manager *self)
{
  GHashTableIter iter;
  gpointer watch = NULL;

  for (guint i = 0; i < self->subscriptions->len; i++)
    g_dbus_connection_signal_unsubscribe (
        self->connection, g_array_index (self->subscriptions, guint, i));
  g_array_set_size (self->subscriptions, 0);
  g_hash_table_iter_init (&iter, self->watches);
  while (g_hash_table_iter_next (&iter, NULL, &watch))
    unhear_unit (self, watch);
}

void
apm2_manager_watch (Apm2Manager *self, const char *name, const char *path)
{
  Watch *watch = g_hash_table_lookup (self->watches, path);

  if (watch == NULL)
    {
      watch = g_new0 (Watch, 1);
      watch->name = g_strdup (name);
      g_hash_table_insert (self->watches, g_strdup (path), watch);
    }
  hear_unit (self, path, watch);
}

/**
 * apm2_manager_forget_unit:
 * @self: a manager
 * @name: name of a unit
 *
 * Hears no more of what happens to a unit that was read.
 */
void
apm2_manager_forget_unit (Apm2Manager *self, const char *name)
{
  g_autofree char *path = NULL;
  Watch *watch = NULL;

  g_return_if_fail (APM2_IS_MANAGER (self));

  path = apm2_manager_get_unit_path (name);
  watch = g_hash_table_lookup (self->watches, path);
  if (watch == NULL)
    return;
  unhear_unit (self, watch);
  g_hash_table_remove (self->watches, path);
}
