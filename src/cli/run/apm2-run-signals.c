/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Signals, so that the command seems to be there in our place.
 *
 * We are in one process group with it. What the terminal sends has reached the
 * command already; what somebody sends to us alone has not.
 */

#include "apm2-run-signals.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "apm2-fs.h"

static const int caught[] = {
  SIGHUP,  SIGINT,  SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2,
  SIGALRM, SIGTSTP, SIGTTIN, SIGTTOU, SIGCONT, SIGWINCH,
};

struct _Apm2RunSignals
{
  Apm2RunSignalFunc func;
  gpointer data;
  sigset_t caller_mask;
  gboolean had_terminal;
  sd_event_source *sources[G_N_ELEMENTS (caught)]; /* (nullable) */
};

static gboolean
has_terminal (void)
{
  apm2_autofd int fd
      = open ("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);

  return fd >= 0;
}

static int
on_signal (sd_event_source *source,
           const struct signalfd_siginfo *info,
           void *data)
{
  Apm2RunSignals *self = data;

  self->func (self->data, (int) info->ssi_signo, info->ssi_code == SI_KERNEL);
  return 0;
}

static gboolean
is_ignored (int signal_number)
{
  struct sigaction action;

  return sigaction (signal_number, NULL, &action) == 0
         && action.sa_handler == SIG_IGN;
}

/**
 * apm2_run_signals_new:
 * @event: the loop
 * @func: called for each signal
 * @data: for @func
 *
 * Blocks the signals; to be called before anything is started.
 *
 * Returns: (transfer full): the signals
 */
Apm2RunSignals *
apm2_run_signals_new (sd_event *event, Apm2RunSignalFunc func, gpointer data)
{
  Apm2RunSignals *self = g_new0 (Apm2RunSignals, 1);
  sigset_t mask;

  self->func = func;
  self->data = data;
  self->had_terminal = has_terminal ();
  (void) sigprocmask (SIG_SETMASK, NULL, &self->caller_mask);
  mask = self->caller_mask;
  /* A reader of our stderr that is gone is no reason to leave the command. */
  (void) sigaddset (&mask, SIGPIPE);
  for (gsize i = 0; i < G_N_ELEMENTS (caught); i++)
    if (!is_ignored (caught[i]))
      (void) sigaddset (&mask, caught[i]);
  (void) sigprocmask (SIG_SETMASK, &mask, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (caught); i++)
    if (sigismember (&self->caller_mask, caught[i]) == 0
        && sigismember (&mask, caught[i]) == 1)
      (void) sd_event_add_signal (
          event, &self->sources[i], caught[i], on_signal, self);
  return self;
}

/**
 * apm2_run_signals_free:
 * @self: (transfer full) (nullable): signals, which stay blocked
 */
void
apm2_run_signals_free (Apm2RunSignals *self)
{
  if (self == NULL)
    return;
  for (gsize i = 0; i < G_N_ELEMENTS (caught); i++)
    self->sources[i] = sd_event_source_disable_unref (self->sources[i]);
  g_free (self);
}

/**
 * apm2_run_signals_get_caller_mask:
 * @self: signals
 *
 * Returns: (transfer none): what was blocked before
 */
const sigset_t *
apm2_run_signals_get_caller_mask (const Apm2RunSignals *self)
{
  return &self->caller_mask;
}

/**
 * apm2_run_signals_is_terminal_gone:
 * @self: signals
 *
 * Returns: %TRUE if there was a controlling terminal and it has hung up
 */
gboolean
apm2_run_signals_is_terminal_gone (const Apm2RunSignals *self)
{
  return self->had_terminal && !has_terminal ();
}

/* Lets a signal do to us what it does to everybody. */
static void
suffer (int signal_number)
{
  sigset_t one;

  (void) sigemptyset (&one);
  (void) sigaddset (&one, signal_number);
  (void) raise (signal_number);
  (void) sigprocmask (SIG_UNBLOCK, &one, NULL);
  (void) sigprocmask (SIG_BLOCK, &one, NULL);
}

/**
 * apm2_run_signals_stop:
 * @signal_number: what stopped the command
 *
 * Stops us too, so that the shell sees it; returns when we go on.
 */
void
apm2_run_signals_stop (int signal_number)
{
  suffer (signal_number);
}

/**
 * apm2_run_signals_is_deadly:
 * @signal_number: what the command died of
 *
 * Returns: whether we die of it too: shells end their loops and scripts if a
 *   command died of a signal that they also got, and an exit status is not
 *   enough for that
 */
gboolean
apm2_run_signals_is_deadly (int signal_number)
{
  return signal_number == SIGINT || signal_number == SIGQUIT
         || signal_number == SIGTERM || signal_number == SIGHUP;
}

/**
 * apm2_run_signals_die:
 * @signal_number: a signal
 *
 * Dies of it, without a core file. Returns only if our caller ignores or blocks
 * it.
 */
void
apm2_run_signals_die (int signal_number)
{
  const struct rlimit none = { 0, 0 };

  if (is_ignored (signal_number))
    return;
  (void) setrlimit (RLIMIT_CORE, &none);
  suffer (signal_number);
}
