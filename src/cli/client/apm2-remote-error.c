/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Errors of the broker, by their names on the bus, as errors of ours: for who
 * does without GDBus. apm2-client-error.c judges alike.
 */

#include "apm2-remote-error.h"

#include <glib/gi18n.h>

#include "apm2-error.h"
#include "apm2-phrase.h"

#define PREFIX "org.freedesktop.DBus.Error."

static const struct
{
  const char *name;
  Apm2Error code;
} bus_errors[] = {
  { PREFIX "ServiceUnknown", APM2_ERROR_UNAVAILABLE },
  { PREFIX "NameHasNoOwner", APM2_ERROR_UNAVAILABLE },
  { PREFIX "Disconnected", APM2_ERROR_UNAVAILABLE },
  { PREFIX "NoServer", APM2_ERROR_UNAVAILABLE },
  { PREFIX "TimedOut", APM2_ERROR_UNAVAILABLE },
  { PREFIX "AccessDenied", APM2_ERROR_NOT_AUTHORIZED },
  { PREFIX "AuthFailed", APM2_ERROR_NOT_AUTHORIZED },
  { PREFIX "InteractiveAuthorizationRequired", APM2_ERROR_NOT_AUTHORIZED },
  { PREFIX "InvalidArgs", APM2_ERROR_INVALID_ARGUMENT },
  { PREFIX "UnknownObject", APM2_ERROR_NOT_FOUND },
  { PREFIX "LimitsExceeded", APM2_ERROR_LIMIT_EXCEEDED },
};

/**
 * apm2_remote_error_new_silence:
 *
 * Returns: (transfer full): UNAVAILABLE, as the call got no answer
 */
GError *
apm2_remote_error_new_silence (void)
{
  return g_error_new_literal (
      APM2_ERROR,
      APM2_ERROR_UNAVAILABLE,
      _ ("the broker went away or does not answer; what was asked may or may "
         "not have been done"));
}

/**
 * apm2_remote_error_new:
 * @name: of the error on the bus
 * @message: what the peer says
 *
 * Returns: (transfer full): an error of %APM2_ERROR with the words of the peer,
 * in the user's language as far as they are known
 */
GError *
apm2_remote_error_new (const char *name, const char *message)
{
  Apm2Error code = APM2_ERROR_FAILED;

  if (apm2_error_find_dbus_name (name, &code))
    return apm2_phrase_take_error (
        g_error_new_literal (APM2_ERROR, (gint) code, message));
  if (g_strcmp0 (name, PREFIX "NoReply") == 0
      || g_strcmp0 (name, PREFIX "Timeout") == 0)
    return apm2_remote_error_new_silence ();
  for (gsize i = 0; i < G_N_ELEMENTS (bus_errors); i++)
    if (g_strcmp0 (name, bus_errors[i].name) == 0)
      code = bus_errors[i].code;
  return apm2_phrase_take_error (
      g_error_new_literal (APM2_ERROR, (gint) code, message));
}
