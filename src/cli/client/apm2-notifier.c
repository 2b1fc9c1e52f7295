/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A client of org.freedesktop.Notifications.
 *
 * Each thing that is told of has a slot: its newest text, and the number that
 * the notification daemon gave to what it shows of it. While a call is under
 * way the newest text waits, so that a thing that changes quickly never has two
 * notifications. Numbers are worth nothing to another daemon; what nobody
 * showed yet is shown by the next one.
 */

#include "apm2-notifier.h"

#include <glib/gi18n.h>

#define NAME  "org.freedesktop.Notifications"
#define PATH  "/org/freedesktop/Notifications"
#define IFACE NAME

#define SLOTS_MAX 256

/* As long as the daemon likes. */
#define EXPIRE_DEFAULT (-1)

typedef struct
{
  Apm2Notifier *notifier; /* borrowed: owns us */
  Apm2Urgency urgency;
  char *summary; /* (owned) */
  char *body;    /* (owned) */
  guint32 id;    /* of what is shown; 0: nothing is */
  gboolean due;  /* the text was not shown yet */
  gboolean busy; /* a call is under way */
} Slot;

struct _Apm2Notifier
{
  Apm2NotifierFunc func;
  gpointer user_data;
  GHashTable *slots;         /* (owned) (element-type utf8 Slot) */
  GCancellable *cancellable; /* (owned) of all but what comes next */
  GCancellable *asking;      /* (owned) (nullable) what the daemon can do */
  GDBusConnection *bus;      /* (owned) (nullable) */
  guint name_watch;
  char *owner;          /* (owned) (nullable) of the name */
  gboolean has_markup;  /* the daemon reads the body as markup */
  gboolean is_known;    /* whether it does */
  gboolean has_problem; /* and it was told */
};

static void
slot_free (gpointer data)
{
  Slot *self = data;

  g_free (self->summary);
  g_free (self->body);
  g_free (self);
}

static void
tell_problem (Apm2Notifier *self, const char *problem)
{
  if (self->has_problem == (problem != NULL))
    return;
  self->has_problem = problem != NULL;
  self->func (problem, self->user_data);
}

static void send_slot (Slot *slot);

static void
send_all (Apm2Notifier *self)
{
  GHashTableIter iter;
  Slot *slot = NULL;

  g_hash_table_iter_init (&iter, self->slots);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &slot))
    if (slot->due)
      send_slot (slot);
}

static void
on_notified (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Slot *slot = user_data;
  Apm2Notifier *self = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (
      G_DBUS_CONNECTION (source), result, &error);

  if (reply == NULL
      && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return; /* slot is gone */
  self = slot->notifier;
  slot->busy = FALSE;
  if (reply != NULL)
    {
      g_variant_get (reply, "(u)", &slot->id);
      tell_problem (self, NULL);
      if (slot->due)
        send_slot (slot);
      return;
    }
  /* It is kept for the next daemon, unless there is something newer. */
  slot->due = TRUE;
  g_dbus_error_strip_remote_error (error);
  tell_problem (self, error->message);
}

static void
send_slot (Slot *slot)
{
  Apm2Notifier *self = slot->notifier;
  g_autofree char *body = NULL;
  GVariantBuilder hints;

  if (slot->busy || self->bus == NULL || !self->is_known)
    return;
  body = self->has_markup ? g_markup_escape_text (slot->body, -1)
                          : g_strdup (slot->body);
  slot->busy = TRUE;
  slot->due = FALSE;
  g_variant_builder_init (&hints, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (
      &hints, "{sv}", "urgency", g_variant_new_byte ((guchar) slot->urgency));
  g_dbus_connection_call (self->bus,
                          NAME,
                          PATH,
                          IFACE,
                          "Notify",
                          g_variant_new ("(susssasa{sv}i)",
                                         "apm2",
                                         slot->id,
                                         "",
                                         slot->summary,
                                         body,
                                         NULL,
                                         &hints,
                                         EXPIRE_DEFAULT),
                          G_VARIANT_TYPE ("(u)"),
                          G_DBUS_CALL_FLAGS_NONE,
                          -1,
                          self->cancellable,
                          on_notified,
                          slot);
}

static void
on_capabilities (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Apm2Notifier *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree const char **capabilities = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (
      G_DBUS_CONNECTION (source), result, &error);

  if (reply == NULL
      && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return; /* self is gone, or asks another daemon */
  g_clear_object (&self->asking);
  if (reply == NULL)
    {
      g_dbus_error_strip_remote_error (error);
      tell_problem (self, error->message);
      return;
    }
  g_variant_get (reply, "(^a&s)", &capabilities);
  self->has_markup = g_strv_contains (capabilities, "body-markup");
  self->is_known = TRUE;
  tell_problem (self, NULL);
  send_all (self);
}

/* A daemon that can be started by its name is. */
static void
ask_capabilities (Apm2Notifier *self)
{
  g_cancellable_cancel (self->asking);
  g_clear_object (&self->asking);
  self->asking = g_cancellable_new ();
  g_dbus_connection_call (self->bus,
                          NAME,
                          PATH,
                          IFACE,
                          "GetCapabilities",
                          NULL,
                          G_VARIANT_TYPE ("(as)"),
                          G_DBUS_CALL_FLAGS_NONE,
                          -1,
                          self->asking,
                          on_capabilities,
                          self);
}

static void
on_owner (GDBusConnection *bus,
          const char *name,
          const char *owner,
          gpointer user_data)
{
  Apm2Notifier *self = user_data;
  GHashTableIter iter;
  Slot *slot = NULL;

  if (g_strcmp0 (owner, self->owner) == 0)
    return;
  g_free (self->owner);
  self->owner = g_strdup (owner);
  self->is_known = FALSE;
  g_hash_table_iter_init (&iter, self->slots);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &slot))
    slot->id = 0;
  ask_capabilities (self);
}

/* At the beginning: who can be started is. Later, the next text sees whether
 * there is somebody again. */
static void
on_no_owner (GDBusConnection *bus, const char *name, gpointer user_data)
{
  Apm2Notifier *self = user_data;
  const gboolean was_there = self->owner != NULL;

  g_clear_pointer (&self->owner, g_free);
  self->is_known = FALSE;
  if (bus == NULL || g_dbus_connection_is_closed (bus))
    tell_problem (self, _ ("the session bus went away"));
  else if (!was_there)
    ask_capabilities (self);
}

static void
on_bus_open (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Apm2Notifier *self = user_data;
  g_autoptr (GError) error = NULL;
  GDBusConnection *bus
      = g_dbus_connection_new_for_address_finish (result, &error);

  if (bus == NULL && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return; /* self is gone */
  if (bus == NULL)
    {
      tell_problem (self, error->message);
      return;
    }
  self->bus = bus;
  self->name_watch
      = g_bus_watch_name_on_connection (bus,
                                        NAME,
                                        G_BUS_NAME_WATCHER_FLAGS_NONE,
                                        on_owner,
                                        on_no_owner,
                                        self,
                                        NULL);
}

/**
 * apm2_notifier_new:
 * @address: (nullable): of the session bus; %NULL if there is none
 * @func: told, once each time, that nobody shows what is told, and that
 * somebody does again
 * @user_data: for @func
 *
 * Needs a running main loop.
 *
 * Returns: (transfer full): a notifier
 */
Apm2Notifier *
apm2_notifier_new (const char *address,
                   Apm2NotifierFunc func,
                   gpointer user_data)
{
  Apm2Notifier *self = g_new0 (Apm2Notifier, 1);

  self->func = func;
  self->user_data = user_data;
  self->cancellable = g_cancellable_new ();
  self->slots
      = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, slot_free);
  if (address == NULL)
    tell_problem (self, _ ("there is no session bus"));
  else
    g_dbus_connection_new_for_address (
        address,
        G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT
            | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
        NULL,
        self->cancellable,
        on_bus_open,
        self);
  return self;
}

/**
 * apm2_notifier_free:
 * @self: a notifier
 *
 * What is shown stays.
 */
void
apm2_notifier_free (Apm2Notifier *self)
{
  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_cancellable_cancel (self->asking);
  g_clear_object (&self->asking);
  g_clear_handle_id (&self->name_watch, g_bus_unwatch_name);
  g_clear_object (&self->bus);
  g_clear_pointer (&self->slots, g_hash_table_unref);
  g_free (self->owner);
  g_free (self);
}

static gboolean
is_done (gpointer key, gpointer value, gpointer user_data)
{
  const Slot *slot = value;

  return !slot->due && !slot->busy;
}

/* Things that were told of once and never again must not add up. */
static gboolean
make_room (Apm2Notifier *self)
{
  if (g_hash_table_size (self->slots) >= SLOTS_MAX)
    g_hash_table_foreach_remove (self->slots, is_done, NULL);
  return g_hash_table_size (self->slots) < SLOTS_MAX;
}

/**
 * apm2_notifier_tell:
 * @self: a notifier
 * @about: what it is about: one text is shown of each
 * @urgency: how much it matters
 * @summary: a few words, of any origin
 * @body: more, of any origin; no markup
 *
 * Shows it, in place of what is shown of @about. The same text again is not
 * shown again.
 */
void
apm2_notifier_tell (Apm2Notifier *self,
                    const char *about,
                    Apm2Urgency urgency,
                    const char *summary,
                    const char *body)
{
  Slot *slot = g_hash_table_lookup (self->slots, about);

  if (slot != NULL && g_strcmp0 (slot->summary, summary) == 0
      && g_strcmp0 (slot->body, body) == 0)
    return;
  if (slot == NULL)
    {
      if (!make_room (self))
        return;
      slot = g_new0 (Slot, 1);
      slot->notifier = self;
      g_hash_table_insert (self->slots, g_strdup (about), slot);
    }
  g_free (slot->summary);
  g_free (slot->body);
  slot->urgency = urgency;
  slot->summary = g_utf8_make_valid (summary, -1);
  slot->body = g_utf8_make_valid (body, -1);
  slot->due = TRUE;
  if (self->is_known)
    send_slot (slot);
  else if (self->bus != NULL && self->asking == NULL)
    ask_capabilities (self);
}
