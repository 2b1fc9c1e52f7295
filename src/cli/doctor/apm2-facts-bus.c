/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What the message bus says. It is asked who owns the name; the owner is not.
 */

#include "apm2-facts-bus.h"

#include "apm2-bus-address.h"
#include "apm2-dial.h"
#include "apm2-error.h"
#include "apm2-names.h"

static GVariant *
ask (GDBusConnection *bus,
     const char *method,
     const char *reply_type,
     GError **error)
{
  return apm2_dial_call (bus,
                         "org.freedesktop.DBus",
                         "/org/freedesktop/DBus",
                         "org.freedesktop.DBus",
                         method,
                         g_variant_new ("(s)", APM2_BUS_NAME),
                         reply_type,
                         error);
}

static gboolean
read_bus (Apm2BusFacts *self, GError **error)
{
  g_autoptr (GDBusConnection) bus = apm2_dial_bus (self->address, error);
  g_autoptr (GVariant) owned = NULL;
  g_autoptr (GVariant) pid = NULL;

  if (bus == NULL)
    return FALSE;
  owned = ask (bus, "NameHasOwner", "(b)", error);
  if (owned == NULL)
    return FALSE;
  g_variant_get (owned, "(b)", &self->owned);
  if (self->owned)
    pid = ask (bus, "GetConnectionUnixProcessID", "(u)", NULL);
  if (pid != NULL)
    g_variant_get (pid, "(u)", &self->owner_pid);
  return TRUE;
}

/**
 * apm2_bus_facts_new:
 * @mode: user or system
 *
 * Returns: (transfer full): what the bus of @mode says now
 */
Apm2BusFacts *
apm2_bus_facts_new (Apm2Mode mode)
{
  Apm2BusFacts *self = g_new0 (Apm2BusFacts, 1);
  g_autoptr (GError) error = NULL;

  self->address = apm2_bus_address_find (mode);
  if (self->address != NULL && !read_bus (self, &error))
    {
      self->problem = g_strdup (error->message);
      self->hangs = g_error_matches (error, APM2_ERROR, APM2_ERROR_TIMED_OUT);
    }
  return self;
}

/**
 * apm2_bus_facts_free:
 * @self: (transfer full) (nullable): facts
 */
void
apm2_bus_facts_free (Apm2BusFacts *self)
{
  if (self == NULL)
    return;
  g_free (self->address);
  g_free (self->problem);
  g_free (self);
}
