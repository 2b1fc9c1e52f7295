/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The socket unit of the user's manager, if there is one.
 *
 * Asked only where nobody listens, before anything runs: so these calls wait.
 */

#include "apm2-run-socket-unit.h"

#include <stdlib.h>
#include <unistd.h>

#include <glib/gi18n.h>
#include <systemd/sd-bus.h>

#include "apm2-error.h"
#include "apm2-names.h"
#include "apm2-paths.h"

#define MANAGER_PATH  "/org/freedesktop/systemd1"
#define MANAGER_IFACE "org.freedesktop.systemd1.Manager"
#define TIMEOUT_USEC  (5 * (guint64) G_USEC_PER_SEC)

static sd_bus *
connect_manager (void)
{
  g_autofree char *runtime = apm2_paths_find_user_runtime ();
  g_autofree char *path = NULL;
  g_autofree char *address = NULL;
  sd_bus *bus = NULL;

  if (runtime == NULL)
    return NULL;
  path = g_build_filename (runtime, "systemd", "private", NULL);
  address = g_strconcat ("unix:path=", path, NULL);
  if (access (path, F_OK) != 0 || sd_bus_new (&bus) < 0)
    return NULL;
  if (sd_bus_set_address (bus, address) < 0 || sd_bus_start (bus) < 0
      || sd_bus_set_method_call_timeout (bus, TIMEOUT_USEC) < 0)
    bus = sd_bus_close_unref (bus);
  return bus;
}

static char *
get_property (sd_bus *bus, const char *unit, const char *name)
{
  char *value = NULL;
  char *copy = NULL;

  if (sd_bus_get_property_string (
          bus, NULL, unit, "org.freedesktop.systemd1.Unit", name, NULL, &value)
      >= 0)
    copy = g_strdup (value);
  free (value);
  return copy;
}

static Apm2RunSocketUnit
judge (sd_bus *bus, const char *unit)
{
  g_autofree char *load = get_property (bus, unit, "LoadState");
  g_autofree char *file = get_property (bus, unit, "UnitFileState");

  if (g_strcmp0 (load, "masked") == 0)
    return APM2_RUN_SOCKET_UNIT_MANAGED;
  if (g_strcmp0 (load, "loaded") != 0)
    return APM2_RUN_SOCKET_UNIT_NONE;
  return g_strcmp0 (file, "disabled") == 0 ? APM2_RUN_SOCKET_UNIT_UNUSED
                                           : APM2_RUN_SOCKET_UNIT_MANAGED;
}

/**
 * apm2_run_socket_unit_look:
 *
 * Returns: what the manager of this user says of the unit
 */
Apm2RunSocketUnit
apm2_run_socket_unit_look (void)
{
  sd_bus *bus = connect_manager ();
  sd_bus_message *reply = NULL;
  const char *unit = NULL;
  Apm2RunSocketUnit found = APM2_RUN_SOCKET_UNIT_NONE;

  if (bus != NULL
      && sd_bus_call_method (bus,
                             NULL,
                             MANAGER_PATH,
                             MANAGER_IFACE,
                             "LoadUnit",
                             NULL,
                             &reply,
                             "s",
                             APM2_UNIT_SOCKET)
             >= 0
      && sd_bus_message_read (reply, "o", &unit) >= 0)
    found = judge (bus, unit);
  sd_bus_message_unref (reply);
  sd_bus_close_unref (bus);
  return found;
}

/**
 * apm2_run_socket_unit_start:
 * @error: what the manager said
 *
 * Has the manager start the unit; does not wait until it listens.
 *
 * Returns: %FALSE with @error set
 */
gboolean
apm2_run_socket_unit_start (GError **error)
{
  sd_bus *bus = connect_manager ();
  sd_bus_error refusal = SD_BUS_ERROR_NULL;
  gboolean is_asked = FALSE;

  is_asked = bus != NULL
             && sd_bus_call_method (bus,
                                    NULL,
                                    MANAGER_PATH,
                                    MANAGER_IFACE,
                                    "StartUnit",
                                    &refusal,
                                    NULL,
                                    "ss",
                                    APM2_UNIT_SOCKET,
                                    "fail")
                    >= 0;
  if (!is_asked)
    g_set_error (error,
                 APM2_ERROR,
                 APM2_ERROR_UNAVAILABLE,
                 _ ("cannot start %s: %s"),
                 APM2_UNIT_SOCKET,
                 refusal.message != NULL ? refusal.message
                                         : _ ("there is no service manager"));
  sd_bus_error_free (&refusal);
  sd_bus_close_unref (bus);
  return is_asked;
}
