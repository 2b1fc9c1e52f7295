/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The process that becomes the command of a lane.
 *
 * It is forked ahead, where the command shall be, with its session, its output
 * and its protection, and waits for the message itself: nobody has to wake
 * anybody, and nothing has to be forked, before the command runs. It puts what
 * it read where the supervisor finds it, makes itself ready, and waits to be
 * told to go: until then there is no step. That it goes it writes down there,
 * too, and wakes nobody, as the command would wait for that: the supervisor
 * sees it when the command runs or cannot be run. Should the start hang, on a
 * file system that does not answer, say, the supervisor does not.
 */

#include "apm2-lane-runner.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "apm2-step-child.h"
#include "apm2-step-prepare.h"

/* And the byte that follows. */
#define INPUT_MAX (APM2_STEP_MESSAGE_HEAD + APM2_STEP_MESSAGE_MAX + 1)

/* Else a negative errno: there will be no step. */
#define WAITS 0
#define GOES  1

struct _Apm2LaneRunnerMemory
{
  atomic_int state;
  unsigned char input[INPUT_MAX];
};

typedef struct
{
  unsigned char *data;
  size_t used;
} Input;

/* Returns: 0, or -ECANCELED: there is no more */
static int
read_more (Input *input)
{
  ssize_t n = -1;

  do
    n = read (STDIN_FILENO, input->data + input->used, INPUT_MAX - input->used);
  while (n < 0 && errno == EINTR);
  if (n <= 0)
    return n < 0 ? -errno : -ECANCELED;
  input->used += (size_t) n;
  return 0;
}

/* Returns: bytes of the message, -EBADMSG, or -ECANCELED: there will be none */
static ssize_t
read_message (Input *input)
{
  size_t total = APM2_STEP_MESSAGE_HEAD;

  while (input->used < total)
    {
      size_t size = 0;
      int r = read_more (input);

      if (r == 0 && input->used >= APM2_STEP_MESSAGE_HEAD)
        r = apm2_step_message_get_body_size (input->data, &size);
      if (r < 0)
        return r;
      total = APM2_STEP_MESSAGE_HEAD + size;
    }
  return (ssize_t) total;
}

static int
await_go (Input *input, size_t total)
{
  int r = 0;

  while (r == 0 && input->used == total)
    r = read_more (input);
  if (r < 0)
    return r;
  return input->used == total + 1 && input->data[total] == APM2_STEP_LANE_GO
             ? 0
             : -EBADMSG;
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
run (Apm2LaneRunnerMemory *memory, int null_fd, int output_fd, int failure_fd)
{
  Input input = { memory->input, 0 };
  Apm2StepMessage message = { 0 };
  Apm2StepFailure failure = { 0 };
  ssize_t n = -1;
  int r = 0;

  (void) prctl (PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  (void) setsid ();
  if (dup2 (output_fd, STDOUT_FILENO) < 0 || dup2 (output_fd, STDERR_FILENO) < 0
      || apm2_step_child_prepare () < 0)
    _exit (126);
  n = read_message (&input);
  r = n < 0 ? (int) n : decode (memory->input, &message);
  if (r == 0)
    {
      failure = apm2_step_child_settle (&message);
      r = await_go (&input, (size_t) n);
    }
  atomic_store (&memory->state, r < 0 ? r : GOES);
  if (r < 0)
    _exit (126);

  if (failure.error_number == 0 && dup2 (null_fd, STDIN_FILENO) < 0)
    failure = (Apm2StepFailure){ APM2_STEP_STAGE_FORK, errno };
  if (failure.error_number == 0)
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
  self->memory = mmap (NULL,
                       sizeof *self->memory,
                       PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS,
                       -1,
                       0);
  if (self->memory == MAP_FAILED)
    return -errno;
  self->pid = fork ();
  if (self->pid < 0)
    return -errno;
  if (self->pid == 0)
    run (self->memory, null_fd, output[1], told[1]);
  return 0;
}

/* What wakes us is the command, or what becomes it, and that is to go on where
 * both are on one processor; we come when it waits, or has had its turn. What
 * has been started before keeps its own class. */
static void
stand_back (void)
{
  const struct sched_param none = { 0 };

  (void) sched_setscheduler (0, SCHED_BATCH, &none);
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
  if (r == 0)
    stand_back ();
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
  struct pollfd fd = { .fd = self->failure_fd, .events = POLLIN };
  int state = atomic_load (&self->memory->state);

  /* It says how it stands before it ends, or tells of a failure. */
  if (state == WAITS && poll (&fd, 1, 0) > 0)
    {
      state = atomic_load (&self->memory->state);
      if (state == WAITS)
        return -ECHILD;
    }
  if (state == WAITS)
    return -EAGAIN;
  return state < 0 ? state : decode (self->memory->input, ret_message);
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
