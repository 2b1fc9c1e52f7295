/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Lingering: whether logind keeps this user's service manager running while
 * nobody is logged in.
 */

#include "apm2-linger.h"

#include <unistd.h>

#include <glib/gi18n.h>

#include "apm2-error.h"

/* Where logind keeps it, one file a user. */
#define LINGER_DIR "/var/lib/systemd/linger"

/* As long as somebody may take to type a password. */
#define PATIENCE_MSEC (2 * 60 * 1000)

/**
 * apm2_linger_is_on:
 *
 * Returns: whether this user lingers
 */
gboolean
apm2_linger_is_on (void)
{
  g_autofree char *path
      = g_build_filename (LINGER_DIR, g_get_user_name (), NULL);

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

static gboolean
call_logind (GDBusConnection *bus, gboolean interactive, GError **error)
{
  g_autoptr (GVariant) reply = g_dbus_connection_call_sync (
      bus,
      "org.freedesktop.login1",
      "/org/freedesktop/login1",
      "org.freedesktop.login1.Manager",
      "SetUserLinger",
      g_variant_new ("(ubb)", (guint32) geteuid (), TRUE, interactive),
      G_VARIANT_TYPE_UNIT,
      interactive ? G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION
                  : G_DBUS_CALL_FLAGS_NONE,
      PATIENCE_MSEC,
      NULL,
      error);

  return reply != NULL;
}

/**
 * apm2_linger_enable:
 * @interactive: whether a password may be asked for
 * @error: NOT_AUTHORIZED if the user may not, UNAVAILABLE without logind; with
 *   the command that somebody else can type
 *
 * Returns: %TRUE once this user lingers
 */
gboolean
apm2_linger_enable (gboolean interactive, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GDBusConnection) bus
      = g_bus_get_sync (G_BUS_TYPE_SYSTEM, NULL, &local_error);

  if (bus != NULL)
    {
      g_dbus_connection_set_exit_on_close (bus, FALSE);
      if (call_logind (bus, interactive, &local_error))
        return TRUE;
      g_dbus_error_strip_remote_error (local_error);
    }
  local_error = apm2_error_normalize (g_steal_pointer (&local_error));
  g_set_error (error,
               APM2_ERROR,
               local_error->code,
               _ ("Cannot let user %s linger, so services would end with the "
                  "last logout: %s; as root, run: loginctl enable-linger %s"),
               g_get_user_name (),
               local_error->message,
               g_get_user_name ());
  return FALSE;
}
