/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What an installation for the whole system needs beside its files: accounts,
 * directories, and a message bus that has read its policy.
 */

#include "apm2-install-host.h"

#include <sys/stat.h>
#include <unistd.h>

#include <glib/gi18n.h>

#include "apm2-bus-address.h"
#include "apm2-error.h"
#include "apm2-names.h"

#define BUS_PATIENCE_MSEC (25 * 1000)
#define LOOK_AGAIN_USEC   (20 * 1000)

/* Root that was lent somebody's HOME would write files there that are not
 * theirs. */
static gboolean
check_owner (GError **error)
{
  struct stat st;

  if (stat (g_get_home_dir (), &st) < 0 || st.st_uid == geteuid ())
    return TRUE;
  g_set_error (error,
               APM2_ERROR,
               APM2_ERROR_NOT_AUTHORIZED,
               _ ("Cannot install units for a user: the home directory %s "
                  "belongs to user %u, but this is user %u; run this as that "
                  "user, without sudo"),
               g_get_home_dir (),
               st.st_uid,
               geteuid ());
  return FALSE;
}

/**
 * apm2_install_host_check_caller:
 * @paths: of the mode to install for
 * @error: NOT_AUTHORIZED if this user cannot install for it; INVALID_ARGUMENT
 *   if the environment asks for what the mode cannot have
 *
 * Returns: %TRUE if the caller can go on
 */
gboolean
apm2_install_host_check_caller (const Apm2Paths *paths, GError **error)
{
  const char *home = g_getenv (APM2_ENV_HOME);

  if (paths->mode == APM2_MODE_USER)
    return check_owner (error);
  if (geteuid () != 0)
    {
      g_set_error_literal (error,
                           APM2_ERROR,
                           APM2_ERROR_NOT_AUTHORIZED,
                           _ ("Only root can install units for the system; put "
                              "'sudo' before the command, or use --user"));
      return FALSE;
    }
  if (home == NULL || home[0] == '\0')
    return TRUE;
  g_set_error (error,
               APM2_ERROR,
               APM2_ERROR_INVALID_ARGUMENT,
               _ ("Cannot install units for the system with %s=%s: accounts "
                  "and directories are made for /var/lib/apm2; unset %s"),
               APM2_ENV_HOME,
               home,
               APM2_ENV_HOME);
  return FALSE;
}

/**
 * apm2_install_host_find_runtime_dir:
 * @patience_sec: how long to wait for the manager, where it is being started
 *
 * With su or cron nobody tells where the user's service manager is, but there
 * is one place: sets XDG_RUNTIME_DIR if it is not set and that place is there.
 */
void
apm2_install_host_find_runtime_dir (guint patience_sec)
{
  g_autofree char *dir = g_strdup_printf ("/run/user/%u", geteuid ());
  g_autofree char *socket = g_build_filename (dir, "systemd", "private", NULL);
  const gint64 end = g_get_monotonic_time () + patience_sec * G_USEC_PER_SEC;

  while (!g_file_test (socket, G_FILE_TEST_EXISTS)
         && g_get_monotonic_time () < end)
    g_usleep (LOOK_AGAIN_USEC);
  if (g_getenv ("XDG_RUNTIME_DIR") == NULL
      && g_file_test (dir, G_FILE_TEST_IS_DIR))
    (void) g_setenv ("XDG_RUNTIME_DIR", dir, TRUE);
}

static gboolean
run_program (const char *const *argv, GError **error)
{
  g_autofree char *said = NULL;
  g_autoptr (GError) local_error = NULL;
  g_autofree char *line = g_strjoinv (" ", (char **) argv);
  int status = 0;

  if (g_spawn_sync (NULL,
                    (char **) argv,
                    NULL,
                    G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL,
                    NULL,
                    NULL,
                    NULL,
                    &said,
                    &status,
                    &local_error)
      && g_spawn_check_wait_status (status, &local_error))
    return TRUE;
  g_set_error (error,
               APM2_ERROR,
               APM2_ERROR_FAILED,
               _ ("Cannot run '%s': %s%s%s"),
               line,
               local_error->message,
               said != NULL && said[0] != '\0' ? ": " : "",
               said != NULL ? g_strchomp (said) : "");
  return FALSE;
}

/**
 * apm2_install_host_apply:
 * @item: a file that is in place
 * @report: where it is told
 * @error: what could not be run, and what it said
 *
 * Makes the accounts or the directories that @item describes, if it does.
 *
 * Returns: %TRUE if they are there
 */
gboolean
apm2_install_host_apply (const Apm2InstallItem *item,
                         Apm2InstallReport *report,
                         GError **error)
{
  g_autofree char *path = g_build_filename (
      item->elsewhere != NULL ? item->elsewhere : item->file->dir,
      item->file->name,
      NULL);
  const char *const sysusers[] = { "systemd-sysusers", path, NULL };
  const char *const tmpfiles[] = { "systemd-tmpfiles", "--create", path, NULL };
  const char *const *argv = NULL;
  g_autofree char *line = NULL;

  if (item->kind == APM2_INSTALL_SYSUSERS)
    argv = sysusers;
  else if (item->kind == APM2_INSTALL_TMPFILES)
    argv = tmpfiles;
  else
    return TRUE;
  if (!apm2_install_report_is_dry_run (report) && !run_program (argv, error))
    return FALSE;
  line = g_strjoinv (" ", (char **) argv);
  apm2_install_report_add (report, APM2_INSTALL_ACT_RAN, line, NULL);
  return TRUE;
}

static gboolean
reload_bus (const char *address, GError **error)
{
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GDBusConnection) bus = g_dbus_connection_new_for_address_sync (
      address,
      G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT
          | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
      NULL,
      NULL,
      error);

  if (bus == NULL)
    return FALSE;
  reply = g_dbus_connection_call_sync (bus,
                                       "org.freedesktop.DBus",
                                       "/org/freedesktop/DBus",
                                       "org.freedesktop.DBus",
                                       "ReloadConfig",
                                       NULL,
                                       G_VARIANT_TYPE_UNIT,
                                       G_DBUS_CALL_FLAGS_NONE,
                                       BUS_PATIENCE_MSEC,
                                       NULL,
                                       error);
  return reply != NULL;
}

/**
 * apm2_install_host_reload_bus:
 * @mode: whose bus
 * @report: where it is told
 * @error: UNAVAILABLE if the bus cannot be asked
 *
 * Lets the message bus read its policy and its activation files anew. A user
 * may have none; then nothing is said of it.
 *
 * Returns: %TRUE once it has
 */
gboolean
apm2_install_host_reload_bus (Apm2Mode mode,
                              Apm2InstallReport *report,
                              GError **error)
{
  const gboolean is_system = mode == APM2_MODE_SYSTEM;
  g_autofree char *address = apm2_bus_address_find (mode);
  g_autoptr (GError) local_error = NULL;

  if (address == NULL && !is_system)
    return TRUE;
  if (!apm2_install_report_is_dry_run (report)
      && !reload_bus (address != NULL ? address : "", &local_error))
    {
      g_dbus_error_strip_remote_error (local_error);
      g_set_error (error,
                   APM2_ERROR,
                   APM2_ERROR_UNAVAILABLE,
                   is_system
                       ? _ ("Cannot let the system's message bus read its "
                            "policy anew: %s; it does when it starts")
                       : _ ("Cannot let the session bus read anew what it "
                            "can start: %s; it does when it starts"),
                   local_error->message);
      return FALSE;
    }
  apm2_install_report_add (report,
                           APM2_INSTALL_ACT_RELOADED,
                           is_system ? _ ("the system's message bus")
                                     : _ ("the session bus"),
                           NULL);
  return TRUE;
}
