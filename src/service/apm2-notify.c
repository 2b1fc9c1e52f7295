/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What this process tells the service manager, in the right order.
 *
 * A reload in the middle of the start must not make the service ready, and one
 * in the middle of the stop must not make it look alive again: so what was said
 * is remembered, for the process, as the manager does.
 */

#include "apm2-notify.h"

#include <systemd/sd-daemon.h>

static struct
{
  gboolean ready;
  gboolean stopping;
} said;

/**
 * apm2_notify_is_heard:
 *
 * Returns: whether there is a service manager that listens
 */
gboolean
apm2_notify_is_heard (void)
{
  return g_getenv ("NOTIFY_SOCKET") != NULL;
}

/**
 * apm2_notify_ready:
 *
 * The service is up.
 */
void
apm2_notify_ready (void)
{
  said.ready = TRUE;
  (void) sd_notify (0, "READY=1");
}

/**
 * apm2_notify_reloading:
 *
 * The configuration is being read anew; apm2_notify_reloaded() must follow.
 */
void
apm2_notify_reloading (void)
{
  if (said.ready && !said.stopping)
    (void) sd_notifyf (0,
                       "RELOADING=1\nMONOTONIC_USEC=%" G_GINT64_FORMAT,
                       g_get_monotonic_time ());
}

/**
 * apm2_notify_reloaded:
 *
 * The reload is over, well or not.
 */
void
apm2_notify_reloaded (void)
{
  if (said.ready && !said.stopping)
    (void) sd_notify (0, "READY=1");
}

/**
 * apm2_notify_stopping:
 *
 * The service has begun to stop.
 */
void
apm2_notify_stopping (void)
{
  if (!said.stopping)
    (void) sd_notify (0, "STOPPING=1");
  said.stopping = TRUE;
}

/**
 * apm2_notify_status:
 * @text: one line for people
 */
void
apm2_notify_status (const char *text)
{
  (void) sd_notifyf (0, "STATUS=%s", text);
}

/**
 * apm2_notify_alive:
 *
 * Feeds the watchdog.
 */
void
apm2_notify_alive (void)
{
  (void) sd_notify (0, "WATCHDOG=1");
}

/**
 * apm2_notify_extend:
 * @sec: how long the start or the stop may take from now on
 */
void
apm2_notify_extend (guint sec)
{
  (void) sd_notifyf (0,
                     "EXTEND_TIMEOUT_USEC=%" G_GUINT64_FORMAT,
                     (guint64) sec * G_USEC_PER_SEC);
}

/**
 * apm2_notify_get_watchdog_usec:
 *
 * Returns: within this time the watchdog of this process must be fed; 0 if
 *   there is none
 */
guint64
apm2_notify_get_watchdog_usec (void)
{
  uint64_t usec = 0;

  return sd_watchdog_enabled (0, &usec) > 0 ? usec : 0;
}
