/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Errors of the broker and of the bus, as errors of ours.
 */

#include <gio/gio.h>

#include "apm2-client-private.h"
#include "apm2-error.h"
#include "apm2-phrase.h"
#include "apm2-remote-error.h"

/* Codes of errors that the bus, not the broker, sends. */
static int
code_of_bus_error (const GError *error)
{
  switch (error->code)
    {
    case G_DBUS_ERROR_SERVICE_UNKNOWN:
    case G_DBUS_ERROR_NAME_HAS_NO_OWNER:
    case G_DBUS_ERROR_DISCONNECTED:
    case G_DBUS_ERROR_NO_SERVER:
    case G_DBUS_ERROR_NO_REPLY:
    case G_DBUS_ERROR_TIMEOUT:
    case G_DBUS_ERROR_TIMED_OUT:
      return APM2_ERROR_UNAVAILABLE;
    case G_DBUS_ERROR_ACCESS_DENIED:
    case G_DBUS_ERROR_AUTH_FAILED:
      return APM2_ERROR_NOT_AUTHORIZED;
    case G_DBUS_ERROR_INVALID_ARGS:
      return APM2_ERROR_INVALID_ARGUMENT;
    case G_DBUS_ERROR_UNKNOWN_OBJECT:
      return APM2_ERROR_NOT_FOUND;
    case G_DBUS_ERROR_LIMITS_EXCEEDED:
      return APM2_ERROR_LIMIT_EXCEEDED;
    default:
      return APM2_ERROR_FAILED;
    }
}

static gboolean
wants_password (const GError *error)
{
  g_autofree char *name = g_dbus_error_get_remote_error (error);

  return g_strcmp0 (
             name,
             "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired")
         == 0;
}

/* The call got no answer: what the peer did with it is not known. */
static gboolean
is_silence (const GError *error)
{
  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT)
         || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CLOSED)
         || g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY)
         || g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_TIMEOUT);
}

/**
 * apm2_client_take_error:
 * @error: (transfer full): what a call failed with
 *
 * The one place where errors from outside become ours.
 *
 * Returns: (transfer full): an error of %APM2_ERROR with the words of the peer,
 * in the user's language as far as they are known
 */
GError *
apm2_client_take_error (GError *error)
{
  g_autoptr (GError) foreign = error;
  int code;

  if (wants_password (foreign))
    code = APM2_ERROR_NOT_AUTHORIZED;
  else if (is_silence (foreign))
    return apm2_remote_error_new_silence ();
  else if (foreign->domain == G_DBUS_ERROR)
    code = code_of_bus_error (foreign);
  else
    {
      g_dbus_error_strip_remote_error (foreign);
      return apm2_phrase_take_error (
          apm2_error_normalize (g_steal_pointer (&foreign)));
    }
  g_dbus_error_strip_remote_error (foreign);
  return apm2_phrase_take_error (
      g_error_new_literal (APM2_ERROR, code, foreign->message));
}
