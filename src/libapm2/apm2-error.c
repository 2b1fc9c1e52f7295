/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The one error domain of apm2 and its names on the bus.
 *
 * Callers decide by code, never by text. Needs GLib alone; what GDBus and GIO
 * have to do with errors is in apm2-error-gio.c.
 */

#include "apm2-error.h"

#include <errno.h>

#define PREFIX "org.apm2.Error."

static const char *const names[] = {
  [APM2_ERROR_FAILED] = PREFIX "Failed",
  [APM2_ERROR_INVALID_ARGUMENT] = PREFIX "InvalidArgument",
  [APM2_ERROR_NOT_FOUND] = PREFIX "NotFound",
  [APM2_ERROR_EXISTS] = PREFIX "Exists",
  [APM2_ERROR_BAD_STATE] = PREFIX "BadState",
  [APM2_ERROR_NOT_AUTHORIZED] = PREFIX "NotAuthorized",
  [APM2_ERROR_DENIED] = PREFIX "Denied",
  [APM2_ERROR_LIMIT_EXCEEDED] = PREFIX "LimitExceeded",
  [APM2_ERROR_STALE] = PREFIX "Stale",
  [APM2_ERROR_BUSY] = PREFIX "Busy",
  [APM2_ERROR_CANCELLED] = PREFIX "Cancelled",
  [APM2_ERROR_TIMED_OUT] = PREFIX "TimedOut",
  [APM2_ERROR_UNAVAILABLE] = PREFIX "Unavailable",
};
G_STATIC_ASSERT (G_N_ELEMENTS (names) == APM2_N_ERRORS);

/**
 * apm2_error_quark:
 *
 * Returns: the domain
 */
GQuark
apm2_error_quark (void)
{
  return g_quark_from_static_string ("apm2-error-quark");
}

/**
 * apm2_error_get_dbus_name:
 * @code: a code of %APM2_ERROR
 *
 * Returns: (transfer none): the name under which @code crosses the bus
 */
const char *
apm2_error_get_dbus_name (Apm2Error code)
{
  g_return_val_if_fail ((guint) code < APM2_N_ERRORS, NULL);

  return names[code];
}

/**
 * apm2_error_find_dbus_name:
 * @name: name of an error that came over the bus
 * @ret_code: (out): its code
 *
 * Returns: whether @name is one of ours
 */
gboolean
apm2_error_find_dbus_name (const char *name, Apm2Error *ret_code)
{
  for (guint code = 0; code < APM2_N_ERRORS; code++)
    if (g_strcmp0 (name, names[code]) == 0)
      {
        *ret_code = (Apm2Error) code;
        return TRUE;
      }
  return FALSE;
}

/* As GIO sorts them, and apm2_error_normalize() what GIO makes of them. */
static gint
code_of_errno (int errsv)
{
  switch (errsv)
    {
    case ENOENT:
      return APM2_ERROR_NOT_FOUND;
    case EEXIST:
      return APM2_ERROR_EXISTS;
    case EINVAL:
    case ENOTSOCK:
    case ENAMETOOLONG:
    case EBADMSG:
    case ENODATA:
    case ENOMSG:
      return APM2_ERROR_INVALID_ARGUMENT;
    case EPERM:
    case EACCES:
      return APM2_ERROR_NOT_AUTHORIZED;
    case ECANCELED:
      return APM2_ERROR_CANCELLED;
    case ETIMEDOUT:
      return APM2_ERROR_TIMED_OUT;
    case EBUSY:
    case ETXTBSY:
    case EAGAIN:
      return APM2_ERROR_BUSY;
    case ENOSPC:
    case ENOMEM:
    case EMFILE:
    case ENFILE:
    case EROFS:
    case EPIPE:
    case ENOTCONN:
    case ECONNRESET:
    case ECONNREFUSED:
      return APM2_ERROR_UNAVAILABLE;
    default:
      return APM2_ERROR_FAILED;
    }
}

/**
 * apm2_error_set_errno:
 * @error: (out) (optional): where to put it
 * @errsv: the errno of the call that failed, saved at once
 * @format: what was attempted on what, without the reason
 * @...: its arguments
 *
 * Sets an error of our domain from a failed system call; the reason follows the
 * text after a colon.
 */
void
apm2_error_set_errno (GError **error, int errsv, const char *format, ...)
{
  g_autofree char *what = NULL;
  va_list args;

  va_start (args, format);
  what = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error,
               APM2_ERROR,
               code_of_errno (errsv),
               "%s: %s",
               what,
               g_strerror (errsv));
}
