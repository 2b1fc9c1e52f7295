/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The supervisor of an attached command: one that its caller runs in its own
 * terminal and directory, and that shall behave as if nobody stood between.
 *
 * It is started by the caller with all that the command shall have, is put into
 * a scope, and starts the command when it is told to. Signals of the terminal
 * reach the command without its help, it only blocks them; it never touches the
 * terminal. If the caller dies, everything below does. If it dies itself, the
 * command does, and the rest with the scope. Only SIGSTOP to it, or to the
 * whole group, holds it up.
 */

#include "apm2-attached.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "apm2-attached-child.h"
#include "apm2-attached-order.h"
#include "apm2-step-prepare.h"
#include "apm2-supervisor.h"

/* Returns: 1 if the command shall start, 0 if there will be none, or a negative
 * errno */
static int
wait_for_go (int control_fd,
             Apm2AttachedOrders *orders,
             Apm2AttachedOrder *ret_order)
{
  struct pollfd fds = { .fd = control_fd, .events = POLLIN };

  while (true)
    {
      char byte = 0;
      ssize_t n = read (control_fd, &byte, 1);

      if (n < 0 && errno == EAGAIN)
        (void) poll (&fds, 1, -1);
      else if (n < 0 && errno != EINTR)
        return errno == ECONNRESET ? 0 : -errno;
      if (n == 0)
        return 0;
      if (n < 0 || apm2_attached_orders_take (orders, &byte, 1, ret_order) == 0)
        continue;
      if (ret_order->kind != APM2_ATTACHED_ORDER_SIGNAL)
        return ret_order->kind == APM2_ATTACHED_ORDER_GO ? 1 : 0;
    }
}

/* The caller may be gone; nobody else waits for this. */
static void
tell_nothing_was_run (int control_fd)
{
  const Apm2StepExit exit = {
    .cause = APM2_STEP_CAUSE_TERMINATED,
    .exit_status = -1,
  };
  char line[APM2_STEP_EVENT_MAX];
  int n = apm2_step_exit_format (&exit, line);

  (void) send (control_fd, line, (size_t) n, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static int
watch_children (void)
{
  sigset_t children;
  int fd = -1;

  (void) sigemptyset (&children);
  (void) sigaddset (&children, SIGCHLD);
  fd = signalfd (-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
  return fd < 0 ? -errno : fd;
}

static int
supervise (const Apm2AttachedCaller *caller,
           int control_fd,
           bool detach_survivors,
           char **argv)
{
  Apm2AttachedOrders orders = { 0 };
  Apm2AttachedOrder order = { 0 };
  Apm2LaneCgroup scope;
  Apm2SupervisorAttached attached = {
    .caller = caller,
    .orders = &orders,
    .scope = &scope,
    .detach_survivors = detach_survivors,
  };
  Apm2StepMessage message = { .argv = argv };
  int r = wait_for_go (control_fd, &orders, &order);

  if (r <= 0)
    {
      tell_nothing_was_run (control_fd);
      return r;
    }
  message.timeout_usec = order.timeout_usec;
  message.kill_grace_usec = order.grace_usec;
  attached.signal_fd = watch_children ();
  if (attached.signal_fd < 0)
    return attached.signal_fd;
  return apm2_supervisor_run_attached (&message, &attached, control_fd);
}

static int
check_socket (int fd)
{
  int type = 0;
  socklen_t length = sizeof type;
  int flags = fd > STDERR_FILENO ? fcntl (fd, F_GETFD) : -1;

  if (flags < 0)
    return -EBADF;
  if (getsockopt (fd, SOL_SOCKET, SO_TYPE, &type, &length) < 0)
    return -errno;
  if (type != SOCK_STREAM)
    return -EPROTOTYPE;
  return fcntl (fd, F_SETFD, flags | FD_CLOEXEC) < 0 ? -errno : 0;
}

/**
 * apm2_attached_run:
 * @control_fd: a stream socket to the caller, above 2; the command does not get
 *   it
 * @detach_survivors: what the command leaves behind may live on
 * @argv: the command; at least one element
 *
 * Returns: the exit status of apm2-step, which says nothing of the command:
 * that is told over the socket
 */
int
apm2_attached_run (int control_fd, bool detach_survivors, char **argv)
{
  Apm2AttachedCaller caller = { .has_stderr = true };
  int r = check_socket (control_fd);

  /* The command, being of the same user, shall not get at our descriptors. */
  if (r == 0
      && (prctl (PR_SET_DUMPABLE, 0, 0, 0, 0) < 0
          || prctl (PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0))
    r = -errno;
  if (r == 0)
    r = apm2_attached_child_take_over (&caller);
  if (r == 0)
    r = supervise (&caller, control_fd, detach_survivors, argv);
  if (r == 0)
    return EXIT_SUCCESS;
  if (caller.has_stderr)
    (void) fprintf (stderr,
                    "apm2-step: cannot supervise '%s' by descriptor %d: %s\n",
                    argv[0],
                    control_fd,
                    strerror (-r));
  return APM2_STEP_LANE_EXIT_INTERNAL;
}
