/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Timers that wake the machine as seldom as they can.
 */

#include "apm2-timer.h"

/**
 * apm2_timer_add:
 * @msec: interval
 * @func: called at its end, again and again until it returns %G_SOURCE_REMOVE
 * @user_data: for @func
 *
 * An interval of whole seconds ends together with all others of this process
 * and, as far as GLib can see to it, of the session.
 *
 * Returns: the id of the source
 */
guint
apm2_timer_add (guint msec, GSourceFunc func, gpointer user_data)
{
  /* Below that a second more or less counts. */
  if (msec >= 2000 && msec % 1000 == 0)
    return g_timeout_add_seconds (msec / 1000, func, user_data);
  return g_timeout_add (msec, func, user_data);
}
