/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/* No test takes this long unless it hangs. */
#define WAIT_SEC 60

typedef gboolean (*WaitCondition) (gpointer data);

static inline gboolean
wait_on_deadline (gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
  return G_SOURCE_CONTINUE;
}

/* Turns the main loop until @is_true. */
static inline void
wait_until (WaitCondition is_true, gpointer data)
{
  gboolean is_over = FALSE;
  guint deadline = g_timeout_add_seconds (WAIT_SEC, wait_on_deadline, &is_over);

  while (!is_true (data))
    {
      (void) g_main_context_iteration (NULL, TRUE);
      g_assert_false (is_over);
    }
  g_assert_true (g_source_remove (deadline));
}

static inline gboolean
wait_is_set (gpointer data)
{
  return *(gboolean *) data;
}

/* Until a callback has set @flag. */
static inline void
wait_for_flag (gboolean *flag)
{
  wait_until (wait_is_set, flag);
}
