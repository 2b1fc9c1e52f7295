/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The operator socket as GDBus wants it named; apart from the other paths,
 * which are for programs without GIO too.
 */

#include "apm2-paths.h"

#include <gio/gio.h>

/**
 * apm2_paths_get_operator_address:
 * @self: the paths
 *
 * Returns: (transfer full): the D-Bus address of the operator socket
 */
char *
apm2_paths_get_operator_address (const Apm2Paths *self)
{
  g_autofree char *escaped = NULL;

  g_return_val_if_fail (self != NULL, NULL);

  escaped = g_dbus_address_escape_value (self->operator_socket);
  return g_strconcat ("unix:path=", escaped, NULL);
}
