/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A supervisor of an attached command: how it starts, what its caller may
 * order, and how it tells that the command was stopped.
 *
 * Output goes where the caller's goes; there is no log and no progress.
 */

#include "apm2-supervisor-private.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "apm2-attached-scope.h"
#include "apm2-process-tree.h"

/* From the end of the terminal to that of those who do not care. */
#define HANGUP_USEC 500000

#define CGROUP_ROOT "/sys/fs/cgroup"

static void
spawn (Apm2Supervisor *self)
{
  int failure[2] = { -1, -1 };
  int r = 0;

  if (pipe2 (failure, O_CLOEXEC | O_NONBLOCK) == 0)
    {
      self->failure_fd = failure[0];
      self->child = apm2_attached_child_spawn (
          self->attached->caller, self->message->argv, failure[1]);
      r = self->child < 0 ? (int) self->child : 0;
      (void) close (failure[1]);
    }
  else
    r = -errno;
  if (r == 0)
    {
      apm2_supervisor_start_timeout (self);
      return;
    }
  apm2_attached_child_complain (
      self->attached->caller, self->message->argv[0], -r);
  apm2_supervisor_fail (self, APM2_STEP_STAGE_FORK, r);
}

/* If this process is in the scope of its job. */
static void
find_scope (Apm2Supervisor *self)
{
  if (apm2_attached_scope_open (self->attached->scope,
                                "/proc/self/cgroup",
                                CGROUP_ROOT,
                                getenv ("APM2_JOB_ID")))
    self->cgroup = self->attached->scope;
}

static void
adopt_scope (Apm2Supervisor *self)
{
  if (self->cgroup != NULL)
    return;
  find_scope (self);
  self->moved = self->cgroup != NULL;
}

/**
 * apm2_supervisor_start_attached:
 * @self: (out caller-allocates): a supervisor
 * @message: (transfer none): the command and its time
 * @attached: (transfer none): what is ready for it
 * @control_fd: (transfer none): the caller
 *
 * That the command cannot be started is an end of it, not an error.
 *
 * Returns: 0, or a negative errno if there can be no supervisor
 */
int
apm2_supervisor_start_attached (Apm2Supervisor *self,
                                const Apm2StepMessage *message,
                                const Apm2SupervisorAttached *attached,
                                int control_fd)
{
  int flags = fcntl (control_fd, F_GETFL);
  int r = 0;

  apm2_supervisor_init (self, message);
  self->attached = attached;
  find_scope (self);
  self->control_fd = control_fd;
  self->event_fd = control_fd;
  self->signal_fd = attached->signal_fd;
  if (flags < 0 || fcntl (control_fd, F_SETFL, flags | O_NONBLOCK) < 0)
    return -errno;
  r = apm2_deadlines_open (&self->deadlines);
  if (r == 0)
    spawn (self);
  return r;
}

static void
hang_up (Apm2Supervisor *self)
{
  if (self->killing || self->ended)
    return;
  if (self->exit.cause == APM2_STEP_CAUSE_NONE)
    self->exit.cause = APM2_STEP_CAUSE_TERMINATED;
  (void) apm2_process_tree_signal (SIGHUP);
  apm2_deadlines_set_in (&self->deadlines, DEADLINE_KILL, HANGUP_USEC);
}

static void
take_order (Apm2Supervisor *self, const Apm2AttachedOrder *order)
{
  switch (order->kind)
    {
    case APM2_ATTACHED_ORDER_SCOPE:
      adopt_scope (self);
      break;
    case APM2_ATTACHED_ORDER_SIGNAL:
      if (self->child > 0)
        (void) kill (self->child, order->signal_number);
      break;
    case APM2_ATTACHED_ORDER_TERM:
      apm2_supervisor_terminate (
          self, APM2_STEP_CAUSE_TERMINATED, order->grace_usec);
      break;
    case APM2_ATTACHED_ORDER_KILL:
      apm2_supervisor_kill (self, APM2_STEP_CAUSE_TERMINATED);
      break;
    case APM2_ATTACHED_ORDER_HANGUP:
      hang_up (self);
      break;
    case APM2_ATTACHED_ORDER_GO:
    default:
      break;
    }
}

/**
 * apm2_supervisor_take_orders:
 * @self: a supervisor of an attached command
 * @data: (array length=length): what its caller has written
 * @length: bytes of it
 */
void
apm2_supervisor_take_orders (Apm2Supervisor *self,
                             const char *data,
                             size_t length)
{
  Apm2AttachedOrders *orders = self->attached->orders;
  Apm2AttachedOrder order = { 0 };
  size_t taken = 0;

  while (length > 0
         && (taken = apm2_attached_orders_take (orders, data, length, &order))
                > 0)
    {
      take_order (self, &order);
      data += taken;
      length -= taken;
    }
}

/**
 * apm2_supervisor_lose_caller:
 * @self: a supervisor of an attached command whose caller is gone
 *
 * Nobody waits for the end any more. Where the kernel can end the scope as a
 * whole, this does not return.
 */
void
apm2_supervisor_lose_caller (Apm2Supervisor *self)
{
  if (self->cgroup != NULL && !self->ended)
    apm2_attached_scope_kill_with_us (self->cgroup);
}

/**
 * apm2_supervisor_watch_stops:
 * @self: a supervisor of an attached command
 *
 * Tells that the command was stopped or goes on. An end is left for
 * apm2_supervisor_reap().
 */
void
apm2_supervisor_watch_stops (Apm2Supervisor *self)
{
  siginfo_t info = { 0 };
  char text[16];

  while (
      self->child > 0
      && waitid (
             P_PID, (id_t) self->child, &info, WSTOPPED | WCONTINUED | WNOHANG)
             == 0
      && info.si_pid == self->child)
    {
      (void) snprintf (text, sizeof text, "%d", info.si_status);
      if (info.si_code == CLD_CONTINUED)
        apm2_supervisor_tell (self, APM2_STEP_EVENT_CONTINUED, NULL);
      else
        apm2_supervisor_tell (self, APM2_STEP_EVENT_STOPPED, text);
      info.si_pid = 0;
    }
}
