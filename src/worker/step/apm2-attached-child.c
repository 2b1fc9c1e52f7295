/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * From a fork to an attached command.
 *
 * The command gets all that the caller had, as if there were nobody between:
 * directory, environment, descriptors, limits, process group, and the signals
 * that were blocked or ignored. Only the kernel kills it sooner if memory is
 * short. The supervisor blocks signals and ignores none, so that there is
 * little to give back. A terminal sends its signals to the whole process group;
 * one that came before there was a command is passed on.
 */

#include "apm2-attached-child.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "apm2-oom-score.h"
#include "apm2-step-child.h"

static const int of_terminal[] = { SIGINT, SIGQUIT, SIGTSTP, SIGHUP };

/**
 * apm2_attached_child_take_over:
 * @ret_caller: (out): what was changed
 *
 * Blocks all signals of this process, and sees to it that its children can be
 * waited for.
 *
 * Returns: 0, or a negative errno
 */
int
apm2_attached_child_take_over (Apm2AttachedCaller *ret_caller)
{
  const struct sigaction by_default = { .sa_handler = SIG_DFL };
  sigset_t all;

  ret_caller->has_stderr = fcntl (STDERR_FILENO, F_GETFD) >= 0;
  (void) sigfillset (&all);
  if (sigprocmask (SIG_SETMASK, &all, &ret_caller->mask) < 0
      || sigaction (SIGCHLD, &by_default, &ret_caller->on_child) < 0)
    return -errno;
  return 0;
}

/**
 * apm2_attached_child_complain:
 * @caller: what was changed
 * @command: what could not be run
 * @error_number: why
 *
 * Says so where the command would have.
 */
void
apm2_attached_child_complain (const Apm2AttachedCaller *caller,
                              const char *command,
                              int error_number)
{
  if (caller->has_stderr)
    (void) fprintf (stderr,
                    "apm2: cannot run '%s': %s\n",
                    command,
                    strerror (error_number));
}

/* Like env(1), which takes execvp() too: so what that does with a PATH, or with
 * a script that names no interpreter, is the same. */
static _Noreturn void
run_child (const Apm2AttachedCaller *caller,
           char **argv,
           pid_t parent,
           int failure_fd)
{
  Apm2StepFailure failure = { APM2_STEP_STAGE_EXEC, 0 };
  Apm2OomScore score;

  apm2_oom_score_open (&score);
  apm2_oom_score_raise (&score);
  /* For a supervisor that is killed. What the command forks does not inherit
   * it, and a setuid program drops it: their end is that of the scope. */
  (void) prctl (PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (getppid () != parent)
    _exit (126);
  (void) sigaction (SIGCHLD, &caller->on_child, NULL);
  (void) sigprocmask (SIG_SETMASK, &caller->mask, NULL);
  (void) execvp (argv[0], argv);
  failure.error_number = errno;
  (void) !write (failure_fd, &failure, sizeof failure);
  apm2_attached_child_complain (caller, argv[0], failure.error_number);
  _exit (apm2_step_child_get_status (&failure));
}

/* Takes those that a terminal has sent to our group so far; whoever sends one
 * to this process alone does not mean the command. */
static void
take_from_terminal (sigset_t *ret_taken)
{
  const struct timespec now = { 0 };
  siginfo_t info = { 0 };
  sigset_t wanted;

  (void) sigemptyset (ret_taken);
  (void) sigemptyset (&wanted);
  for (size_t i = 0; i < sizeof of_terminal / sizeof *of_terminal; i++)
    (void) sigaddset (&wanted, of_terminal[i]);
  while (sigtimedwait (&wanted, &info, &now) > 0)
    {
      if (info.si_code == SI_KERNEL)
        (void) sigaddset (ret_taken, info.si_signo);
    }
}

/**
 * apm2_attached_child_spawn:
 * @caller: what the child gets back
 * @argv: the command
 * @failure_fd: close-on-exec; gets an #Apm2StepFailure if the command cannot be
 *   run, which is also told on the command's stderr; else its end
 *
 * Returns: the pid of the child, or a negative errno
 */
pid_t
apm2_attached_child_spawn (const Apm2AttachedCaller *caller,
                           char **argv,
                           int failure_fd)
{
  pid_t parent = getpid ();
  pid_t pid = -1;
  sigset_t missed;

  take_from_terminal (&missed);
  pid = fork ();
  if (pid < 0)
    return -errno;
  if (pid == 0)
    run_child (caller, argv, parent, failure_fd);
  for (size_t i = 0; i < sizeof of_terminal / sizeof *of_terminal; i++)
    {
      if (sigismember (&missed, of_terminal[i]) == 1)
        (void) kill (pid, of_terminal[i]);
    }
  return pid;
}
