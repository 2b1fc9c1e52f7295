/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Who calls, and whether they may change anything.
 *
 * The operator socket admits only those who may use it, so its peers may; but a
 * worker, in whose hands the jobs are, must be the user that workers run as. On
 * the session bus every caller is the owner. On the system bus anybody may
 * call: what changes something or shows a log needs a permit there.
 */

#include "apm2-caller.h"

#include <unistd.h>

#include "apm2-error.h"
#include "apm2-invocation.h"
#include "apm2-text.h"

#define CANCEL_REASON_MAX 512

static gboolean is_system_mode = TRUE;
static uid_t worker_uid = 0;

/**
 * apm2_caller_set_system_mode:
 * @system_mode: whether the message bus is the system bus
 * @worker: as which user workers run
 *
 * Once, before the first call is served; until then calls on a bus need
 * permits.
 */
void
apm2_caller_set_system_mode (gboolean system_mode, uid_t worker)
{
  is_system_mode = system_mode;
  worker_uid = worker;
}

/**
 * apm2_caller_may_work:
 * @caller: who calls
 * @error: return location
 *
 * Returns: %FALSE with %APM2_ERROR_NOT_AUTHORIZED if @caller may be no worker
 */
gboolean
apm2_caller_may_work (const Apm2Caller *caller, GError **error)
{
  if (!caller->on_bus
      && (!is_system_mode || caller->uid == worker_uid || caller->uid == 0
          || caller->uid == geteuid ()))
    return TRUE;

  g_set_error (error,
               APM2_ERROR,
               APM2_ERROR_NOT_AUTHORIZED,
               "User %u may be no worker here: workers run as user %u",
               caller->uid,
               worker_uid);
  return FALSE;
}

/**
 * apm2_caller_needs_permit:
 * @caller: who calls
 *
 * Returns: whether @caller may only look without an #Apm2Permit
 */
gboolean
apm2_caller_needs_permit (const Apm2Caller *caller)
{
  return caller->on_bus && is_system_mode;
}

/**
 * apm2_caller_get_uid:
 * @caller: who calls
 *
 * Returns: the user id to record; on the session bus, where only the owner can
 *   call, the owner's
 */
guint32
apm2_caller_get_uid (const Apm2Caller *caller)
{
  return caller->on_bus && !is_system_mode ? (guint32) geteuid () : caller->uid;
}

/**
 * apm2_cancel_options_read:
 * @options: a{sv} of a Cancel call
 * @ret_reason: (out): words for the receipt, "" if none
 * @error: return location
 *
 * Returns: %FALSE if a key or the reason is not valid
 */
gboolean
apm2_cancel_options_read (GVariant *options, char **ret_reason, GError **error)
{
  static const char *const keys[] = { "reason:s", NULL };
  const char *reason = "";

  if (!apm2_options_check (options, keys, error))
    return FALSE;
  (void) g_variant_lookup (options, "reason", "&s", &reason);
  if (strlen (reason) > CANCEL_REASON_MAX)
    {
      g_set_error (error,
                   APM2_ERROR,
                   APM2_ERROR_INVALID_ARGUMENT,
                   "The reason to cancel is longer than %d bytes",
                   CANCEL_REASON_MAX);
      return FALSE;
    }
  *ret_reason = apm2_text_clean (reason, CANCEL_REASON_MAX);
  return TRUE;
}
