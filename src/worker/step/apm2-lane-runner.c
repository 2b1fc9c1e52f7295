/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The process that becomes the command of a lane.
 *
 * It is forked ahead, where the command shall be, with its session, its output
 * and its protection, and waits for the message itself: nobody has to wake
 * anybody, and nothing has to be forked, before the command runs. It puts what
 * it read where the supervisor finds it. Should the start hang, on a file
 * system that does not answer, say, the supervisor does not.
 */

#include "apm2-lane-runner.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "apm2-step-child.h"

#define MEMORY (APM2_STEP_MESSAGE_HEAD + APM2_STEP_MESSAGE_MAX)

/* Returns: bytes of the message, -EBADMSG, or -ECANCELED: there will be none */
static ssize_t
read_message (unsigned char *data)
{
  size_t total = APM2_STEP_MESSAGE_HEAD;
  size_t used = 0;

  while (used < total)
    {
      ssize_t n = read (STDIN_FILENO, data + used, MEMORY - used);
      size_t size = 0;

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return n < 0 ? -errno : -ECANCELED;
      used += (size_t) n;
      if (used >= APM2_STEP_MESSAGE_HEAD
          && apm2_step_message_get_body_size (data, &size) < 0)
        return -EBADMSG;
      total = APM2_STEP_MESSAGE_HEAD + size;
    }
  return used > total ? -EBADMSG : (ssize_t) total;
}

static int
decode (unsigned char *data, Apm2StepMessage *ret_message)
{
  size_t size = 0;
  int r = apm2_step_message_get_body_size (data, &size);

  return r < 0 ? r
               : apm2_step_message_decode (
                   ret_message, data + APM2_STEP_MESSAGE_HEAD, size);
}

static _Noreturn void
run (unsigned char *memory, int null_fd, int output_fd, int failure_fd)
{
  Apm2StepMessage message = { 0 };
  Apm2StepFailure failure = { 0 };
  ssize_t n = -1;
  uint8_t told = 0;

  (void) prctl (PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  (void) setsid ();
  if (dup2 (output_fd, STDOUT_FILENO) < 0 || dup2 (output_fd, STDERR_FILENO) < 0
      || apm2_step_child_prepare () < 0)
    _exit (126);
  n = read_message (memory);
  if (n >= 0)
    n = decode (memory, &message);
  /* Numbers of errors that come up here fit into a byte. */
  told = n < 0 ? (uint8_t) -n : 0;
  if (write (failure_fd, &told, 1) != 1 || n < 0)
    _exit (126);

  failure.stage = APM2_STEP_STAGE_FORK;
  if (dup2 (null_fd, STDIN_FILENO) < 0)
    failure.error_number = errno;
  else
    failure = apm2_step_child_execute (&message);
  (void) !write (failure_fd, &failure, sizeof failure);
  _exit (apm2_step_child_get_status (&failure));
}

static int
start (Apm2LaneRunner *self,
       int null_fd,
       const int output[2],
       const int told[2])
{
  self->memory = mmap (
      NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (self->memory == MAP_FAILED)
    return -errno;
  self->pid = fork ();
  if (self->pid < 0)
    return -errno;
  if (self->pid == 0)
    run (self->memory, null_fd, output[1], told[1]);
  return 0;
}

/**
 * apm2_lane_runner_start:
 * @self: (out caller-allocates): a process that waits for a message on the
 *   input of this one, which does not read it any more
 * @null_fd: /dev/null
 *
 * All signals must be blocked, and have their default actions.
 *
 * Returns: 0, or a negative errno
 */
int
apm2_lane_runner_start (Apm2LaneRunner *self, int null_fd)
{
  int output[2] = { -1, -1 };
  int told[2] = { -1, -1 };
  int r = 0;

  self->pid = -1;
  if (pipe2 (output, O_CLOEXEC) < 0)
    return -errno;
  if (pipe2 (told, O_CLOEXEC) < 0)
    {
      r = -errno;
      (void) close (output[0]);
      (void) close (output[1]);
      return r;
    }
  r = start (self, null_fd, output, told);
  (void) close (output[1]);
  (void) close (told[1]);
  self->output_fd = output[0];
  self->failure_fd = told[0];
  if (r == 0
      && (fcntl (output[0], F_SETFL, O_NONBLOCK) < 0
          || fcntl (told[0], F_SETFL, O_NONBLOCK) < 0
          || dup2 (null_fd, STDIN_FILENO) < 0))
    r = -errno;
  return r;
}

/**
 * apm2_lane_runner_take:
 * @self: a runner
 * @ret_message: (out): what it runs; set on success
 *
 * Returns: 0; -EAGAIN if it still waits; -ECANCELED if there will be no
 *   message; -EBADMSG if there was none; -ECHILD if it is no more
 */
int
apm2_lane_runner_take (Apm2LaneRunner *self, Apm2StepMessage *ret_message)
{
  uint8_t told = 0;
  ssize_t n = read (self->failure_fd, &told, 1);

  if (n < 0)
    return errno == EINTR ? -EAGAIN : -errno;
  if (n == 0)
    return -ECHILD;
  return told != 0 ? -told : decode (self->memory, ret_message);
}

/**
 * apm2_lane_runner_kill:
 * @self: a runner that has not become a command
 */
void
apm2_lane_runner_kill (Apm2LaneRunner *self)
{
  if (self->pid <= 0)
    return;
  (void) kill (self->pid, SIGKILL);
  (void) waitpid (self->pid, NULL, 0);
  self->pid = -1;
}
