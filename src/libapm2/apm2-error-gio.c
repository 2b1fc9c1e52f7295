/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Our error domain and those of GIO.
 *
 * Errors of other domains are allowed inside; apm2_error_normalize() turns them
 * into ours where they leave. It stands apart from apm2-error.c for the sake of
 * programs that do without GIO.
 */

#include "apm2-error.h"

#include <gio/gio.h>

/**
 * apm2_error_register:
 *
 * Tells GDBus of the domain, so that errors cross the bus under their names.
 * Programs that use GDBus call it before their first call.
 */
void
apm2_error_register (void)
{
  for (guint code = 0; code < APM2_N_ERRORS; code++)
    (void) g_dbus_error_register_error (
        APM2_ERROR, (gint) code, apm2_error_get_dbus_name ((Apm2Error) code));
}

static int
code_of_io_error (int code)
{
  switch (code)
    {
    case G_IO_ERROR_NOT_FOUND:
      return APM2_ERROR_NOT_FOUND;
    case G_IO_ERROR_EXISTS:
      return APM2_ERROR_EXISTS;
    case G_IO_ERROR_INVALID_ARGUMENT:
    case G_IO_ERROR_INVALID_DATA:
    case G_IO_ERROR_FILENAME_TOO_LONG:
      return APM2_ERROR_INVALID_ARGUMENT;
    case G_IO_ERROR_PERMISSION_DENIED:
      return APM2_ERROR_NOT_AUTHORIZED;
    case G_IO_ERROR_CANCELLED:
      return APM2_ERROR_CANCELLED;
    case G_IO_ERROR_TIMED_OUT:
      return APM2_ERROR_TIMED_OUT;
    case G_IO_ERROR_BUSY:
    case G_IO_ERROR_WOULD_BLOCK:
      return APM2_ERROR_BUSY;
    case G_IO_ERROR_NO_SPACE:
    case G_IO_ERROR_TOO_MANY_OPEN_FILES:
    case G_IO_ERROR_READ_ONLY:
    case G_IO_ERROR_CLOSED:
    case G_IO_ERROR_NOT_CONNECTED:
    case G_IO_ERROR_BROKEN_PIPE:
    case G_IO_ERROR_CONNECTION_REFUSED:
      return APM2_ERROR_UNAVAILABLE;
    default:
      return APM2_ERROR_FAILED;
    }
}

static int
code_of_dbus_error (int code)
{
  switch (code)
    {
    case G_DBUS_ERROR_SERVICE_UNKNOWN:
    case G_DBUS_ERROR_NAME_HAS_NO_OWNER:
    case G_DBUS_ERROR_NO_REPLY:
    case G_DBUS_ERROR_NO_SERVER:
    case G_DBUS_ERROR_NO_NETWORK:
    case G_DBUS_ERROR_DISCONNECTED:
      return APM2_ERROR_UNAVAILABLE;
    case G_DBUS_ERROR_TIMEOUT:
    case G_DBUS_ERROR_TIMED_OUT:
      return APM2_ERROR_TIMED_OUT;
    case G_DBUS_ERROR_ACCESS_DENIED:
    case G_DBUS_ERROR_AUTH_FAILED:
      return APM2_ERROR_NOT_AUTHORIZED;
    case G_DBUS_ERROR_LIMITS_EXCEEDED:
      return APM2_ERROR_LIMIT_EXCEEDED;
    case G_DBUS_ERROR_UNKNOWN_OBJECT:
    case G_DBUS_ERROR_FILE_NOT_FOUND:
      return APM2_ERROR_NOT_FOUND;
    case G_DBUS_ERROR_INVALID_ARGS:
    case G_DBUS_ERROR_INVALID_SIGNATURE:
    case G_DBUS_ERROR_UNKNOWN_METHOD:
    case G_DBUS_ERROR_UNKNOWN_INTERFACE:
    case G_DBUS_ERROR_UNKNOWN_PROPERTY:
    case G_DBUS_ERROR_PROPERTY_READ_ONLY:
      return APM2_ERROR_INVALID_ARGUMENT;
    default:
      return APM2_ERROR_FAILED;
    }
}

static int
code_of_foreign (const GError *error)
{
  if (error->domain == G_IO_ERROR)
    return code_of_io_error (error->code);
  if (error->domain == G_DBUS_ERROR)
    return code_of_dbus_error (error->code);
  if (error->domain == G_FILE_ERROR)
    return code_of_io_error (
        g_io_error_from_file_error ((GFileError) error->code));
  if (error->domain == G_KEY_FILE_ERROR || error->domain == G_OPTION_ERROR)
    return APM2_ERROR_INVALID_ARGUMENT;
  return APM2_ERROR_FAILED;
}

/**
 * apm2_error_normalize:
 * @error: (transfer full): an error of any domain
 *
 * The one exit: what leaves a process passes here, so that no foreign domain is
 * ever seen by a caller. The message stays as it is.
 *
 * Returns: (transfer full): @error itself if it is ours, else its like in ours
 */
GError *
apm2_error_normalize (GError *error)
{
  g_autoptr (GError) foreign = NULL;

  g_return_val_if_fail (error != NULL, NULL);

  if (error->domain == APM2_ERROR)
    return error;

  foreign = error;
  return g_error_new_literal (
      APM2_ERROR, code_of_foreign (foreign), foreign->message);
}
