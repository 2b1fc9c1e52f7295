/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The whole terminal, kept up to date until somebody ends it.
 *
 * What is shown is drawn a moment after it changed, and once a second for the
 * times that are in it.
 */

#include "apm2-live-screen.h"

#include <signal.h>
#include <unistd.h>

#include <glib-unix.h>

#include "apm2-screen.h"

/* No faster than people can see. */
#define DRAW_MSEC 200
/* Ages go on. */
#define TICK_MSEC 1000

struct _Apm2LiveScreen
{
  GMainLoop *loop; /* (owned) */
  const Apm2LiveScreenFuncs *funcs;
  gpointer user_data;
  guint draw_timer;
};

/**
 * apm2_live_screen_new:
 * @loop: (transfer none): runs while there is something to see
 * @funcs: (transfer none): what is shown
 * @user_data: for @funcs
 *
 * Returns: (transfer full): a screen on which nothing is shown yet
 */
Apm2LiveScreen *
apm2_live_screen_new (GMainLoop *loop,
                      const Apm2LiveScreenFuncs *funcs,
                      gpointer user_data)
{
  Apm2LiveScreen *self = g_new0 (Apm2LiveScreen, 1);

  self->loop = g_main_loop_ref (loop);
  self->funcs = funcs;
  self->user_data = user_data;
  return self;
}

/**
 * apm2_live_screen_free:
 * @self: (transfer full): a screen that does not run
 */
void
apm2_live_screen_free (Apm2LiveScreen *self)
{
  g_clear_handle_id (&self->draw_timer, g_source_remove);
  g_main_loop_unref (self->loop);
  g_free (self);
}

static gboolean
draw (gpointer user_data)
{
  Apm2LiveScreen *self = user_data;
  guint columns = 0;
  guint rows = 0;
  g_autofree char *text = NULL;

  self->draw_timer = 0;
  apm2_screen_get_size (&columns, &rows);
  text = self->funcs->format (columns, rows, self->user_data);
  if (!apm2_screen_draw (text))
    g_main_loop_quit (self->loop);
  return G_SOURCE_REMOVE;
}

/**
 * apm2_live_screen_change:
 * @self: a screen
 *
 * Draws soon: what is shown has changed.
 */
void
apm2_live_screen_change (Apm2LiveScreen *self)
{
  if (self->draw_timer == 0)
    self->draw_timer = g_timeout_add (DRAW_MSEC, draw, self);
}

static gboolean
on_tick (gpointer user_data)
{
  Apm2LiveScreen *self = user_data;

  g_clear_handle_id (&self->draw_timer, g_source_remove);
  (void) draw (self);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_end (gpointer user_data)
{
  Apm2LiveScreen *self = user_data;

  g_main_loop_quit (self->loop);
  return G_SOURCE_CONTINUE;
}

static void
take_key (Apm2LiveScreen *self, char key)
{
  switch (key)
    {
    case 'q':
    case 'Q':
    case 4: /* Ctrl-D */
      g_main_loop_quit (self->loop);
      break;
    case ' ':
    case 12: /* Ctrl-L */
      (void) on_tick (self);
      break;
    default:
      if (self->funcs->key == NULL)
        break;
      self->funcs->key (key, self->user_data);
      (void) on_tick (self);
      break;
    }
}

static gboolean
on_key (int fd, GIOCondition condition, gpointer user_data)
{
  Apm2LiveScreen *self = user_data;
  char keys[64];
  gssize n = read (fd, keys, sizeof keys);

  if (n <= 0)
    {
      g_main_loop_quit (self->loop);
      return G_SOURCE_REMOVE;
    }
  for (gssize i = 0; i < n && keys[i] != '\x1b'; i++)
    take_key (self, keys[i]);
  return G_SOURCE_CONTINUE;
}

/**
 * apm2_live_screen_run:
 * @self: a screen
 * @error: why the terminal cannot be had
 *
 * Takes the terminal and runs the main loop until a signal, a q or the end of
 * the terminal ends it, or somebody else does.
 *
 * Returns: %TRUE if it was shown
 */
gboolean
apm2_live_screen_run (Apm2LiveScreen *self, GError **error)
{
  const guint sources[] = {
    g_unix_signal_add (SIGINT, on_end, self),
    g_unix_signal_add (SIGTERM, on_end, self),
    g_unix_signal_add (SIGHUP, on_end, self),
    g_unix_signal_add (SIGWINCH, on_tick, self),
    g_unix_fd_add (STDIN_FILENO, G_IO_IN | G_IO_HUP | G_IO_ERR, on_key, self),
    g_timeout_add (TICK_MSEC, on_tick, self),
  };
  const gboolean entered = apm2_screen_enter (error);

  if (entered)
    {
      (void) draw (self);
      g_main_loop_run (self->loop);
      apm2_screen_leave ();
    }
  for (gsize i = 0; i < G_N_ELEMENTS (sources); i++)
    if (g_main_context_find_source_by_id (NULL, sources[i]) != NULL)
      g_source_remove (sources[i]);
  return entered;
}
