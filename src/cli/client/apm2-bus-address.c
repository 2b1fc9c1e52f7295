/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Where the message bus is, without starting one.
 */

#include "apm2-bus-address.h"

#include <gio/gio.h>

/* GLib would start a bus of its own where there is none. */
static char *
find_session_bus (void)
{
  const char *address = g_getenv ("DBUS_SESSION_BUS_ADDRESS");
  const char *runtime = g_getenv ("XDG_RUNTIME_DIR");
  g_autofree char *path = NULL;
  g_autofree char *escaped = NULL;

  if (address != NULL && address[0] != '\0'
      && !g_str_has_prefix (address, "autolaunch:"))
    return g_strdup (address);
  if (runtime == NULL || runtime[0] != '/')
    return NULL;
  path = g_build_filename (runtime, "bus", NULL);
  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    return NULL;
  escaped = g_dbus_address_escape_value (path);
  return g_strdup_printf ("unix:path=%s", escaped);
}

/**
 * apm2_bus_address_find:
 * @mode: user or system
 *
 * Returns: (transfer full) (nullable): the address of the session bus or of the
 *   system bus; %NULL if there is none
 */
char *
apm2_bus_address_find (Apm2Mode mode)
{
  if (mode == APM2_MODE_USER)
    return find_session_bus ();
  return g_dbus_address_get_for_bus_sync (G_BUS_TYPE_SYSTEM, NULL, NULL);
}
