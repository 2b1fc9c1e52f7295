/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The end of a step: when its command is dead, nothing of it may live.
 *
 * The first cause is the one that counts. The process group of the command is
 * killed before the command is waited for, while its number cannot be anybody
 * else's; what is left then is killed child by child, see apm2-process-tree.c.
 */

#include "apm2-supervisor-private.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "apm2-attached-scope.h"
#include "apm2-lane-namespace.h"
#include "apm2-process-tree.h"

#define USEC_PER_MSEC 1000
#define SWEEP_USEC    (2 * USEC_PER_MSEC)
/* When that has not helped for long: a program with another user's rights, say.
 */
#define SWEEP_STUCK_USEC (250 * USEC_PER_MSEC)
#define STUCK_USEC       (10 * 1000 * USEC_PER_MSEC)
/* Sweeps without a pause: against a job that forks faster than we look. */
#define ROUNDS_MAX 16
/* Dead children taken away in one turn: against one whose children die as fast
 * as they are counted. */
#define REAPS_MAX 1000

static void
set_cause (Apm2Supervisor *self, Apm2StepCause cause)
{
  if (self->exit.cause == APM2_STEP_CAUSE_NONE)
    self->exit.cause = cause;
}

/**
 * apm2_supervisor_terminate:
 * @self: a supervisor
 * @cause: why
 * @grace_usec: how long the processes have until they are killed
 */
void
apm2_supervisor_terminate (Apm2Supervisor *self,
                           Apm2StepCause cause,
                           uint64_t grace_usec)
{
  if (self->killing || self->ended)
    return;
  set_cause (self, cause);
  /* To each of them once: to some programs a second one means something else.
   */
  if (self->deadlines.at[DEADLINE_KILL] == 0 && self->pid1 > 0)
    (void) kill (self->pid1, APM2_LANE_SIGNAL_TERMINATE);
  else if (self->deadlines.at[DEADLINE_KILL] == 0)
    (void) apm2_process_tree_signal (SIGTERM);
  apm2_deadlines_set_in (&self->deadlines, DEADLINE_KILL, grace_usec);
}

/**
 * apm2_supervisor_kill:
 * @self: a supervisor
 * @cause: why
 */
void
apm2_supervisor_kill (Apm2Supervisor *self, Apm2StepCause cause)
{
  if (self->killing || self->ended)
    return;
  set_cause (self, cause);
  self->killing = true;
  self->deadlines.at[DEADLINE_STEP] = 0;
  self->deadlines.at[DEADLINE_KILL] = 0;
  self->deadlines.at[DEADLINE_FENCE] = 0;
  apm2_deadlines_set_in (&self->deadlines, DEADLINE_STUCK, STUCK_USEC);
  apm2_supervisor_sweep (self);
}

static bool
is_alone (void)
{
  siginfo_t info = { 0 };

  return waitid (P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0
         && errno == ECHILD;
}

static void
take_usage (Apm2Supervisor *self)
{
  struct rusage usage = { 0 };
  Apm2StepExit processes;

  /* All that ever lived below us has been waited for, by us or by its parent.
   */
  if (getrusage (RUSAGE_CHILDREN, &usage) < 0)
    return;
  self->exit.cpu_usec
      = (uint64_t) (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000
        + (uint64_t) (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
  self->exit.memory_peak_bytes = (uint64_t) usage.ru_maxrss * 1024;
  processes = self->exit;
  if (self->lane != NULL && self->lane->seat >= 0)
    apm2_lane_cgroup_take_kills (self->cgroup, &self->exit);
  else if (self->cgroup != NULL)
    apm2_lane_cgroup_take (self->cgroup, &self->exit);
  /* A group knows nothing of the time before. */
  if (self->moved && self->exit.cpu_usec < processes.cpu_usec)
    self->exit.cpu_usec = processes.cpu_usec;
  if (self->moved && self->exit.memory_peak_bytes < processes.memory_peak_bytes)
    self->exit.memory_peak_bytes = processes.memory_peak_bytes;
}

/* What an attached command leaves behind may live on, but not if it was ended.
 */
static bool
is_left_alone (const Apm2Supervisor *self)
{
  return self->attached != NULL && self->attached->detach_survivors
         && self->exit.cause == APM2_STEP_CAUSE_NONE;
}

static void
end (Apm2Supervisor *self)
{
  take_usage (self);
  self->ended = true;
}

static void
take_child (Apm2Supervisor *self)
{
  bool alone = is_left_alone (self);
  int status = 0;

  if (!alone)
    (void) kill (-self->child, SIGKILL);
  if (waitpid (self->child, &status, 0) < 0)
    return;
  self->child = -1;
  if (WIFEXITED (status))
    self->exit.exit_status = WEXITSTATUS (status);
  else if (WIFSIGNALED (status))
    self->exit.term_signal = WTERMSIG (status);
  set_cause (self, APM2_STEP_CAUSE_EXITED);
  if (alone)
    end (self);
  else
    apm2_supervisor_kill (self, APM2_STEP_CAUSE_EXITED);
}

static void
take_other (Apm2Supervisor *self, pid_t pid)
{
  if (waitpid (pid, NULL, WNOHANG) != pid || pid != self->pid1)
    return;
  /* Somebody else's doing, or ours: the namespace is dead. */
  self->pid1 = -1;
  apm2_supervisor_kill (self, APM2_STEP_CAUSE_EXITED);
}

/**
 * apm2_supervisor_reap:
 * @self: a supervisor
 *
 * Takes away the children that are dead. If the command is one of them, the
 * rest is killed.
 */
void
apm2_supervisor_reap (Apm2Supervisor *self)
{
  if (self->attached != NULL)
    apm2_supervisor_watch_stops (self);
  for (int i = 0; i < REAPS_MAX; i++)
    {
      siginfo_t info = { 0 };

      if (waitid (P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0
          || info.si_pid == 0)
        return;
      if (info.si_pid == self->child)
        take_child (self);
      else
        take_other (self, info.si_pid);
    }
  apm2_deadlines_set_in (&self->deadlines, DEADLINE_REAP, 0);
}

/* Kills what has got out of our sight too. */
static bool
is_over (const Apm2Supervisor *self)
{
  return self->child < 0 && is_alone ()
         && (self->attached == NULL || self->cgroup == NULL
             || apm2_attached_scope_kill (self->cgroup) == 0);
}

/* Returns: how many processes may be left */
static size_t
kill_all (Apm2Supervisor *self)
{
  size_t n_spared = self->child > 0 ? 1 : 0;
  size_t left = 0;

  /* With it the kernel kills all that is in its namespace, and SIGCHLD says
   * when that is done. */
  if (self->pid1 > 0)
    return kill (self->pid1, SIGKILL) == 0 ? 1 : 0;
  /* Nothing bounds how fast an attached command may fork: first those whose
   * list is short, then all generations. */
  if (self->attached != NULL)
    {
      left = apm2_process_tree_kill_hidden (&self->child, n_spared);
      return left + apm2_process_tree_signal (SIGKILL);
    }
  left = apm2_process_tree_kill (&self->child, n_spared);
  return left > 0 ? left
                  : apm2_process_tree_kill_hidden (&self->child, n_spared);
}

/**
 * apm2_supervisor_sweep:
 * @self: a supervisor that is killing
 *
 * Kills what is left, and notices when that is nothing.
 */
void
apm2_supervisor_sweep (Apm2Supervisor *self)
{
  size_t left = 0;

  if (self->child > 0)
    {
      (void) kill (-self->child, SIGKILL);
      (void) kill (self->child, SIGKILL);
    }
  for (int round = 0; round < ROUNDS_MAX; round++)
    {
      /* The dead are looked at as long as the living. */
      apm2_supervisor_reap (self);
      if (is_over (self))
        {
          end (self);
          return;
        }
      left = kill_all (self);
      if (left == 0 || self->pid1 > 0)
        break;
    }
  apm2_deadlines_set_in (&self->deadlines,
                         DEADLINE_SWEEP,
                         self->stuck ? SWEEP_STUCK_USEC : SWEEP_USEC);
  if (apm2_deadlines_take (&self->deadlines, DEADLINE_STUCK))
    {
      char text[24];

      self->stuck = true;
      (void) snprintf (text, sizeof text, "%zu", left);
      apm2_supervisor_tell (self, APM2_STEP_EVENT_STUCK, text);
    }
}
