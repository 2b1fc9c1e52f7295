/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The whole terminal: its second screen, without cursor, keys unread by the
 * line discipline.
 *
 * Signals that end or stop a process find it as it was before; handlers do no
 * more than write(), tcsetattr() and raise().
 */

#include "apm2-screen.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <gio/gio.h>
#include <glib/gi18n.h>

#define COLUMNS_DEFAULT 80
#define ROWS_DEFAULT    24

/* Second screen, no cursor, no wrapping at the right edge; and back. */
#define ENTER "\x1b[?1049h\x1b[?25l\x1b[?7l"
#define LEAVE "\x1b[?7h\x1b[?25h\x1b[?1049l"

/* What else would leave the terminal behind. */
static const int fatal_signals[]
    = { SIGQUIT, SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGSYS, SIGTRAP };

static struct termios before;
static struct termios inside;
static volatile sig_atomic_t entered;

static void
put (const char *bytes, gsize length)
{
  while (length > 0)
    {
      gssize n = write (STDOUT_FILENO, bytes, length);

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return;
      bytes += n;
      length -= (gsize) n;
    }
}

static void
take (void)
{
  (void) tcsetattr (STDIN_FILENO, TCSADRAIN, &inside);
  put (ENTER, strlen (ENTER));
}

static void
give_back (void)
{
  put (LEAVE, strlen (LEAVE));
  (void) tcsetattr (STDIN_FILENO, TCSADRAIN, &before);
}

static void
on_fatal (int signal_number)
{
  give_back ();
  (void) raise (signal_number); /* unblocked and as by default when we return */
}

/* Runs on when somebody continues us. */
static void
on_stop (int signal_number)
{
  int saved_errno = errno;

  give_back ();
  /* Somebody may continue us in the background, where the terminal is not ours.
   */
  do
    (void) raise (SIGSTOP);
  while (tcgetpgrp (STDIN_FILENO) != getpgrp ());
  take ();
  errno = saved_errno;
}

static void
set_handlers (gboolean on)
{
  struct sigaction fatal = { .sa_handler = on ? on_fatal : SIG_DFL,
                             .sa_flags = (int) SA_RESETHAND };
  struct sigaction stop
      = { .sa_handler = on ? on_stop : SIG_DFL, .sa_flags = SA_RESTART };

  (void) sigfillset (&stop.sa_mask);
  for (gsize i = 0; i < G_N_ELEMENTS (fatal_signals); i++)
    (void) sigaction (fatal_signals[i], &fatal, NULL);
  (void) sigaction (SIGTSTP, &stop, NULL);
}

/**
 * apm2_screen_is_possible:
 * @term: the streams
 *
 * Returns: %TRUE if stdin and stdout are a terminal that can be drawn upon
 */
gboolean
apm2_screen_is_possible (const Apm2Term *term)
{
  const char *name = g_getenv ("TERM");

  return term->out_tty && isatty (STDIN_FILENO) == 1 && name != NULL
         && name[0] != '\0' && !g_str_equal (name, "dumb");
}

/**
 * apm2_screen_enter:
 * @error: return location
 *
 * Takes the terminal; SIGINT, SIGTERM and SIGHUP are the caller's, who calls
 * apm2_screen_leave() then.
 *
 * Returns: %TRUE if it is ours
 */
gboolean
apm2_screen_enter (GError **error)
{
  g_return_val_if_fail (!entered, FALSE);

  if (tcgetattr (STDIN_FILENO, &before) < 0)
    {
      g_set_error (error,
                   G_IO_ERROR,
                   g_io_error_from_errno (errno),
                   _ ("cannot read the settings of the terminal: %s"),
                   g_strerror (errno));
      return FALSE;
    }
  inside = before;
  inside.c_lflag &= ~(tcflag_t) (ICANON | ECHO);
  inside.c_cc[VMIN] = 1;
  inside.c_cc[VTIME] = 0;
  set_handlers (TRUE);
  entered = 1;
  (void) atexit (apm2_screen_leave);
  take ();
  return TRUE;
}

/**
 * apm2_screen_leave:
 *
 * Gives the terminal back, if it is ours.
 */
void
apm2_screen_leave (void)
{
  if (!entered)
    return;
  entered = 0;
  give_back ();
  set_handlers (FALSE);
}

/**
 * apm2_screen_get_size:
 * @ret_columns: (out): how wide the terminal is now
 * @ret_rows: (out): how high
 */
void
apm2_screen_get_size (guint *ret_columns, guint *ret_rows)
{
  struct winsize size = { 0 };

  (void) ioctl (STDOUT_FILENO, TIOCGWINSZ, &size);
  *ret_columns = size.ws_col > 0 ? size.ws_col : COLUMNS_DEFAULT;
  *ret_rows = size.ws_row > 0 ? size.ws_row : ROWS_DEFAULT;
}

/**
 * apm2_screen_draw:
 * @lines: no more than fit
 *
 * Replaces what is shown, without a flicker.
 *
 * Returns: %FALSE if the terminal is gone
 */
gboolean
apm2_screen_draw (const char *lines)
{
  g_autoptr (GString) out = g_string_new ("\x1b[H");
  const char *line = lines;
  gboolean is_last = FALSE;
  gssize n = 0;
  gsize done = 0;

  /* What is behind a line is erased before it is written: behind one that is as
   * wide as the terminal the cursor is still on its last character. */
  while (!is_last)
    {
      const gsize length = strcspn (line, "\n");

      is_last = line[length] == '\0' || line[length + 1] == '\0';
      g_string_append (out, is_last ? "\x1b[J" : "\x1b[K");
      g_string_append_len (out, line, (gssize) length);
      if (!is_last)
        g_string_append (out, "\r\n");
      line += length + (is_last ? 0 : 1);
    }
  while (done < out->len)
    {
      n = write (STDOUT_FILENO, out->str + done, out->len - done);
      if (n < 0 && errno != EINTR)
        return FALSE;
      done += n > 0 ? (gsize) n : 0;
    }
  return TRUE;
}
