/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Several steps at once in the unit of a lane.
 *
 * Each has a supervisor of its own, which is armed as that of a single step is,
 * with namespaces, deadlines and a part of the log. This process is their
 * parent and the unit's: it gives each its message, passes SIGTERM on, and ends
 * when the last of them has. If it dies the kernel ends them. Nothing has begun
 * before all messages are here.
 */

#include "apm2-lane-host.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "apm2-step-message.h"
#include "apm2-step-prepare.h"

/* And the byte that follows. */
#define MESSAGE_SIZE (APM2_STEP_MESSAGE_HEAD + APM2_STEP_MESSAGE_MAX + 1)

static void
close_fd (int *fd)
{
  if (*fd >= 0)
    (void) close (*fd);
  *fd = -1;
}

/* The other supervisors are none of its business. */
static void
become_seat (Apm2LaneHost *self, pid_t parent, int message_fd)
{
  (void) prctl (PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (getppid () != parent || dup2 (message_fd, STDIN_FILENO) < 0)
    _exit (APM2_STEP_LANE_EXIT_INTERNAL);
  (void) close (message_fd);
  for (unsigned i = 0; i < self->n; i++)
    {
      close_fd (&self->message_fds[i]);
      close_fd (&self->armed_fds[i]);
    }
}

static int
open_pipes (int message[2], int armed[2])
{
  int r = 0;

  if (pipe2 (message, O_CLOEXEC) < 0)
    return -errno;
  if (pipe2 (armed, O_CLOEXEC) == 0)
    return 0;
  r = -errno;
  (void) close (message[0]);
  (void) close (message[1]);
  return r;
}

/**
 * apm2_lane_host_fork:
 * @self: supervisors, at first none
 * @ret_armed_fd: (out): in the child, where it says how far it is armed
 *
 * Adds a supervisor. All signals must be blocked. The child has its message as
 * its input, and dies with this process.
 *
 * Returns: the pid of the child, 0 in it; or a negative errno
 */
pid_t
apm2_lane_host_fork (Apm2LaneHost *self, int *ret_armed_fd)
{
  int message[2] = { -1, -1 };
  int armed[2] = { -1, -1 };
  pid_t parent = getpid ();
  pid_t pid = -1;
  int r = open_pipes (message, armed);

  if (r < 0)
    return r;
  pid = fork ();
  r = -errno;
  if (pid == 0)
    {
      (void) close (message[1]);
      (void) close (armed[0]);
      become_seat (self, parent, message[0]);
      *ret_armed_fd = armed[1];
      return 0;
    }
  (void) close (message[0]);
  (void) close (armed[1]);
  self->message_fds[self->n] = message[1];
  self->armed_fds[self->n] = armed[0];
  self->pids[self->n] = pid;
  self->n++;
  return pid < 0 ? r : pid;
}

/**
 * apm2_lane_host_await_armed:
 * @self: supervisors
 * @ret_armed: (out): what holds of all of them
 *
 * Returns: 0, or -ECHILD if one of them could not be armed
 */
int
apm2_lane_host_await_armed (Apm2LaneHost *self, Apm2StepArmed *ret_armed)
{
  *ret_armed = (Apm2StepArmed){ .pidns = true };
  for (unsigned i = 0; i < self->n; i++)
    {
      Apm2StepArmed armed = { 0 };
      ssize_t n = read (self->armed_fds[i], &armed, sizeof armed);

      close_fd (&self->armed_fds[i]);
      if (n != (ssize_t) sizeof armed)
        return -ECHILD;
      ret_armed->pidns = ret_armed->pidns && armed.pidns;
      if (ret_armed->error_number == 0)
        ret_armed->error_number = armed.error_number;
      ret_armed->netns = armed.netns;
    }
  return 0;
}

/* Of supervisors that died what they had falls to us. */
static bool
take_dead (Apm2LaneHost *self)
{
  bool found = false;
  int status = 0;
  pid_t pid = -1;

  while ((pid = waitpid (-1, &status, WNOHANG)) > 0)
    {
      for (unsigned i = 0; i < self->n; i++)
        {
          if (self->pids[i] != pid)
            continue;
          found = true;
          self->pids[i] = -1;
          if (!WIFEXITED (status) || WEXITSTATUS (status) != EXIT_SUCCESS)
            self->broken = true;
        }
    }
  return found;
}

static void
send_signal (const Apm2LaneHost *self, int signal_number)
{
  for (unsigned i = 0; i < self->n; i++)
    {
      if (self->pids[i] > 0)
        (void) kill (self->pids[i], signal_number);
    }
}

static bool
is_term (int signal_fd)
{
  struct signalfd_siginfo info = { 0 };

  return read (signal_fd, &info, sizeof info) == (ssize_t) sizeof info
         && info.ssi_signo == SIGTERM;
}

/* Returns: bytes read, at least one; -ECANCELED if there will be no more,
 * -ECHILD if there is nobody any more to give them to */
static ssize_t
read_some (Apm2LaneHost *self, int signal_fd, unsigned char *data, size_t room)
{
  struct pollfd fds[] = {
    { .fd = STDIN_FILENO, .events = POLLIN },
    { .fd = signal_fd, .events = POLLIN },
  };
  ssize_t n = -1;

  while (n < 0)
    {
      if (poll (fds, 2, -1) < 0)
        continue;
      if (fds[1].revents != 0 && is_term (signal_fd))
        return -ECANCELED;
      if (fds[1].revents != 0 && take_dead (self))
        return -ECHILD;
      if (fds[0].revents == 0)
        continue;
      n = read (STDIN_FILENO, data, room);
      if (n < 0 && errno != EINTR && errno != EAGAIN)
        return -errno;
    }
  return n > 0 ? n : -ECANCELED;
}

static int
read_all (Apm2LaneHost *self, int signal_fd, unsigned char *data, size_t size)
{
  size_t used = 0;

  while (used < size)
    {
      ssize_t n = read_some (self, signal_fd, data + used, size - used);

      if (n < 0)
        return (int) n;
      used += (size_t) n;
    }
  return 0;
}

static int
read_message (Apm2LaneHost *self,
              int signal_fd,
              unsigned char *data,
              size_t *ret_size)
{
  size_t body = 0;
  int r = read_all (self, signal_fd, data, APM2_STEP_MESSAGE_HEAD);

  if (r == 0)
    r = apm2_step_message_get_body_size (data, &body);
  if (r == 0)
    r = read_all (self, signal_fd, data + APM2_STEP_MESSAGE_HEAD, body);
  *ret_size = APM2_STEP_MESSAGE_HEAD + body;
  return r;
}

static int
await_go (Apm2LaneHost *self, int signal_fd)
{
  unsigned char go = 0;
  int r = read_all (self, signal_fd, &go, 1);

  return r == 0 && go != APM2_STEP_LANE_GO ? -EBADMSG : r;
}

/* One that has died reads no more: its end is taken later. */
static void
write_message (Apm2LaneHost *self,
               unsigned i,
               const unsigned char *data,
               size_t size)
{
  size_t used = 0;

  while (used < size)
    {
      ssize_t n = write (self->message_fds[i], data + used, size - used);

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        break;
      used += (size_t) n;
    }
  close_fd (&self->message_fds[i]);
}

/**
 * apm2_lane_host_feed:
 * @self: supervisors that are armed
 * @signal_fd: of SIGCHLD and SIGTERM
 *
 * Reads the messages on the input of this process, and gives each supervisor
 * its own when all are here.
 *
 * Returns: 0; -ECANCELED if there will be none; -EBADMSG; -ECHILD if one of the
 *   supervisors is no more; another negative errno. If it is not 0 nothing has
 *   run
 */
int
apm2_lane_host_feed (Apm2LaneHost *self, int signal_fd)
{
  unsigned char *data = malloc (self->n * (size_t) MESSAGE_SIZE);
  size_t sizes[APM2_STEP_WAVE_MAX] = { 0 };
  int flags = fcntl (STDERR_FILENO, F_GETFL);
  int r = data == NULL ? -ENOMEM : 0;

  /* Each writes its own part, wherever the end of the file is. */
  if (flags < 0 || fcntl (STDERR_FILENO, F_SETFL, flags & ~O_APPEND) < 0)
    r = -errno;
  for (unsigned i = 0; i < self->n && r == 0; i++)
    r = read_message (
        self, signal_fd, data + i * (size_t) MESSAGE_SIZE, &sizes[i]);
  if (r == 0)
    r = await_go (self, signal_fd);
  for (unsigned i = 0; i < self->n && r == 0; i++)
    {
      unsigned char *message = data + i * (size_t) MESSAGE_SIZE;

      message[sizes[i]] = APM2_STEP_LANE_GO;
      write_message (self, i, message, sizes[i] + 1);
    }
  free (data);
  return r;
}

static bool
has_ended (const Apm2LaneHost *self)
{
  for (unsigned i = 0; i < self->n; i++)
    {
      if (self->pids[i] > 0)
        return false;
    }
  return true;
}

/**
 * apm2_lane_host_attend:
 * @self: supervisors that have their messages
 * @signal_fd: of SIGCHLD and SIGTERM
 *
 * Waits until all have ended.
 *
 * Returns: whether each of them has told how its step ended
 */
bool
apm2_lane_host_attend (Apm2LaneHost *self, int signal_fd)
{
  struct pollfd fds = { .fd = signal_fd, .events = POLLIN };

  (void) take_dead (self);
  while (!has_ended (self))
    {
      if (poll (&fds, 1, -1) < 0)
        continue;
      if (is_term (signal_fd))
        send_signal (self, SIGTERM);
      (void) take_dead (self);
    }
  return !self->broken;
}

/**
 * apm2_lane_host_kill:
 * @self: supervisors without a step
 */
void
apm2_lane_host_kill (Apm2LaneHost *self)
{
  send_signal (self, SIGKILL);
  /* What they had made ready dies with them. */
  while (waitpid (-1, NULL, 0) > 0 || errno == EINTR)
    continue;
  for (unsigned i = 0; i < self->n; i++)
    self->pids[i] = -1;
}
