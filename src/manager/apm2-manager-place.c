/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Where the service manager of a mode listens: on a socket of its own, which
 * works without any message bus, and on the bus.
 *
 * A user's manager serves its user on its own socket, the system's only root;
 * an address of a bus that the environment gives goes before the latter, so
 * that whoever gives one is not answered by the machine behind it.
 */

#include "apm2-manager-place.h"

#include <unistd.h>

#include <gio/gio.h>

#define SYSTEM_SOCKET "/run/systemd/private"
#define SYSTEM_BUS    "/run/dbus/system_bus_socket"

static Apm2ManagerPlace *
place_at_path (const char *path, gboolean is_bus)
{
  Apm2ManagerPlace *self = NULL;
  g_autofree char *escaped = NULL;

  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    return NULL;
  self = g_new0 (Apm2ManagerPlace, 1);
  escaped = g_dbus_address_escape_value (path);
  if (is_bus)
    self->bus_address = g_strconcat ("unix:path=", escaped, NULL);
  else
    self->socket_path = g_strdup (path);
  return self;
}

static Apm2ManagerPlace *
place_in_variable (const char *variable)
{
  const char *address = g_getenv (variable);
  Apm2ManagerPlace *self = NULL;

  /* "autolaunch:" would start a bus that no manager is on. */
  if (address == NULL || *address == '\0'
      || g_str_has_prefix (address, "autolaunch:"))
    return NULL;
  self = g_new0 (Apm2ManagerPlace, 1);
  self->bus_address = g_strdup (address);
  return self;
}

static Apm2ManagerPlace *
find_of_user (void)
{
  const char *runtime_dir = g_getenv ("XDG_RUNTIME_DIR");
  g_autofree char *socket = NULL;
  g_autofree char *bus = NULL;
  Apm2ManagerPlace *self = NULL;

  if (runtime_dir != NULL && g_path_is_absolute (runtime_dir))
    {
      socket = g_build_filename (runtime_dir, "systemd", "private", NULL);
      bus = g_build_filename (runtime_dir, "bus", NULL);
      self = place_at_path (socket, FALSE);
    }
  if (self == NULL)
    self = place_in_variable ("DBUS_SESSION_BUS_ADDRESS");
  if (self == NULL && bus != NULL)
    self = place_at_path (bus, TRUE);
  return self;
}

static Apm2ManagerPlace *
find_of_system (void)
{
  Apm2ManagerPlace *self = place_in_variable ("DBUS_SYSTEM_BUS_ADDRESS");

  if (self == NULL && geteuid () == 0)
    self = place_at_path (SYSTEM_SOCKET, FALSE);
  if (self == NULL)
    self = place_at_path (SYSTEM_BUS, TRUE);
  return self;
}

/**
 * apm2_manager_place_find:
 * @mode: USER or SYSTEM
 *
 * Returns: (transfer full) (nullable): where to look for the manager now; %NULL
 *   if there is nothing to be looked for
 */
Apm2ManagerPlace *
apm2_manager_place_find (Apm2Mode mode)
{
  return mode == APM2_MODE_SYSTEM ? find_of_system () : find_of_user ();
}

/**
 * apm2_manager_place_free:
 * @self: (transfer full) (nullable): a place
 */
void
apm2_manager_place_free (Apm2ManagerPlace *self)
{
  if (self == NULL)
    return;
  g_free (self->socket_path);
  g_free (self->bus_address);
  g_free (self);
}
