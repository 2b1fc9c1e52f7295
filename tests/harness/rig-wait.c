/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Waiting in tests: for a condition, with a deadline, and never for time to
 * pass. The main loop turns meanwhile; a condition outside of the process is
 * looked at again every few milliseconds.
 */

#include "rig-wait.h"

#include <stdlib.h>

#define TICK_MS 2

/**
 * rig_deadline_ms:
 *
 * Returns: how long anything may take, in milliseconds
 */
guint
rig_deadline_ms (void)
{
  const char *text = g_getenv ("APM2_TEST_DEADLINE_SCALE");
  guint64 scale = 1;

  if (text != NULL
      && !g_ascii_string_to_unsigned (text, 10, 1, 100, &scale, NULL))
    rig_fail ("APM2_TEST_DEADLINE_SCALE is '%s', not 1 to 100", text);
  return (guint) (RIG_DEADLINE_SEC * 1000 * scale);
}

static gboolean
on_tick (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

/**
 * rig_wait:
 * @is_true: what to wait for
 * @data: for @is_true
 * @what: names it, for the message of a failure
 *
 * Turns the main loop until the condition holds; fails at the deadline.
 */
void
rig_wait (RigCondition is_true, gpointer data, const char *what)
{
  gint64 end = g_get_monotonic_time () + rig_deadline_ms () * (gint64) 1000;
  guint tick = 0;

  if (is_true (data))
    return;
  tick = g_timeout_add (TICK_MS, on_tick, NULL);
  while (!is_true (data))
    {
      if (g_get_monotonic_time () > end)
        rig_fail ("waited %u ms in vain: %s", rig_deadline_ms (), what);
      (void) g_main_context_iteration (NULL, TRUE);
    }
  (void) g_source_remove (tick);
}

void
rig_fail (const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_printerr ("FAILED: %s\n", text);
  abort ();
}
