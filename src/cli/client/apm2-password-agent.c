/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The agent that asks for a password: polkit's own for terminals, as a child
 * that lives no longer than we do. A desktop has one already, which goes first.
 */

#include "apm2-password-agent.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <gio/gio.h>

#include "apm2-fs.h"

#define PROGRAM "pkttyagent"
/* Until it has told polkit of itself; a stuck one must not hold us up. */
#define READY_TIMEOUT_MSEC 5000
#define NOTIFY_FD          3

struct _Apm2PasswordAgent
{
  GSubprocess *process; /* (owned) */
};

static void
end_with_parent (gpointer user_data)
{
  (void) prctl (PR_SET_PDEATHSIG, SIGTERM);
}

/* It closes its end once it is registered, and when it cannot be. */
static void
wait_ready (int fd)
{
  struct pollfd ready = { .fd = fd, .events = POLLIN };

  (void) poll (&ready, 1, READY_TIMEOUT_MSEC);
}

/**
 * apm2_password_agent_start:
 *
 * Starts one if there is a person to ask: at a terminal, and not root, who is
 * asked nothing. Waits until polkit knows of it.
 *
 * Returns: (transfer full) (nullable): the agent; %NULL if there is none
 */
Apm2PasswordAgent *
apm2_password_agent_start (void)
{
  g_autoptr (GSubprocessLauncher) launcher = NULL;
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GError) error = NULL;
  apm2_autofd int read_end = -1;
  Apm2PasswordAgent *self = NULL;
  int ends[2];

  if (geteuid () == 0 || isatty (STDIN_FILENO) == 0
      || pipe2 (ends, O_CLOEXEC) < 0)
    return NULL;
  read_end = ends[0];
  launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDIN_INHERIT);
  g_subprocess_launcher_set_child_setup (launcher, end_with_parent, NULL, NULL);
  g_subprocess_launcher_take_fd (launcher, ends[1], NOTIFY_FD);
  process = g_subprocess_launcher_spawn (launcher,
                                         &error,
                                         PROGRAM,
                                         "--notify-fd",
                                         G_STRINGIFY (NOTIFY_FD),
                                         "--fallback",
                                         NULL);
  g_clear_object (&launcher);
  if (process == NULL)
    {
      g_debug ("Nobody can ask for a password here: %s", error->message);
      return NULL;
    }
  wait_ready (read_end);
  self = g_new0 (Apm2PasswordAgent, 1);
  self->process = g_steal_pointer (&process);
  return self;
}

/**
 * apm2_password_agent_stop:
 * @self: (transfer full) (nullable): an agent
 *
 * Ends it; it leaves the terminal as it found it.
 */
void
apm2_password_agent_stop (Apm2PasswordAgent *self)
{
  if (self == NULL)
    return;
  g_subprocess_send_signal (self->process, SIGTERM);
  g_subprocess_send_signal (self->process, SIGCONT);
  (void) g_subprocess_wait (self->process, NULL, NULL);
  g_object_unref (self->process);
  g_free (self);
}
