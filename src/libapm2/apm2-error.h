/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * Apm2Error:
 * @APM2_ERROR_FAILED: anything that none of the others names
 * @APM2_ERROR_INVALID_ARGUMENT: the caller's input is malformed or out of range
 * @APM2_ERROR_NOT_FOUND: no such job, receipt, lane, worker or file
 * @APM2_ERROR_EXISTS: the id or idempotency key is taken by something different
 * @APM2_ERROR_BAD_STATE: the object is in a state that does not allow the act
 * @APM2_ERROR_NOT_AUTHORIZED: the caller may not do this
 * @APM2_ERROR_DENIED: a rule refuses the job; the message begins with the
 *   reason code and a colon
 * @APM2_ERROR_LIMIT_EXCEEDED: a named limit is reached; try again later
 * @APM2_ERROR_STALE: the lease was given to somebody else; the caller must stop
 * @APM2_ERROR_BUSY: something else holds what is needed
 * @APM2_ERROR_CANCELLED: the operation was called off
 * @APM2_ERROR_TIMED_OUT: the deadline passed
 * @APM2_ERROR_UNAVAILABLE: a peer, the bus or the disk is not there now
 *
 * The kinds of failure, as they cross every interface of apm2.
 */
typedef enum
{
  APM2_ERROR_FAILED,
  APM2_ERROR_INVALID_ARGUMENT,
  APM2_ERROR_NOT_FOUND,
  APM2_ERROR_EXISTS,
  APM2_ERROR_BAD_STATE,
  APM2_ERROR_NOT_AUTHORIZED,
  APM2_ERROR_DENIED,
  APM2_ERROR_LIMIT_EXCEEDED,
  APM2_ERROR_STALE,
  APM2_ERROR_BUSY,
  APM2_ERROR_CANCELLED,
  APM2_ERROR_TIMED_OUT,
  APM2_ERROR_UNAVAILABLE,
} Apm2Error;
#define APM2_N_ERRORS (APM2_ERROR_UNAVAILABLE + 1)

#define APM2_ERROR (apm2_error_quark ())
GQuark apm2_error_quark (void);

const char *apm2_error_get_dbus_name (Apm2Error code);
gboolean apm2_error_find_dbus_name (const char *name, Apm2Error *ret_code);
void apm2_error_register (void);
GError *apm2_error_normalize (GError *error) G_GNUC_WARN_UNUSED_RESULT;
void apm2_error_set_errno (GError **error, int errsv, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

G_END_DECLS
