/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The process of a lane's unit: it is armed, gets one step, supervises it, and
 * ends as the step did, so that the manager of units tells the same.
 *
 * All that takes time is done while nobody waits: the workspace, the
 * namespaces, the way out of reach, the process that becomes the command. What
 * it talks over, and with whom, is in apm2-step-prepare.h. Until it has a step
 * it goes away without a word when the worker does; afterwards nothing that
 * happens to the worker matters.
 */

#include "apm2-lane.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "apm2-lane-cgroup.h"
#include "apm2-lane-host.h"
#include "apm2-lane-namespace.h"
#include "apm2-lane-runner.h"
#include "apm2-lane-workspace.h"
#include "apm2-oom-score.h"
#include "apm2-step-event.h"
#include "apm2-step-message.h"
#include "apm2-step-prepare.h"
#include "apm2-step-progress.h"
#include "apm2-supervisor.h"

#define CGROUP_ROOT "/sys/fs/cgroup"

typedef struct
{
  int signal_fd;
  int null_fd;
  int progress_fd;
  Apm2OomScore oom_score; /* our own */
  pid_t pid1;             /* -1: no namespace */
  int seat;               /* its number among several steps; -1: it is alone */
  Apm2LaneRunner runner;
  Apm2LaneCgroup cgroup;
} Lane;

/* Blocked and not ignored: what we start must not have to undo it, and a write
 * to nobody says so anyhow. */
static int
take_signals (Lane *lane)
{
  sigset_t set;

  for (int i = 1; i < NSIG; i++)
    (void) signal (i, SIG_DFL);
  (void) sigfillset (&set);
  if (sigprocmask (SIG_SETMASK, &set, NULL) < 0)
    return -errno;
  (void) sigemptyset (&set);
  (void) sigaddset (&set, SIGCHLD);
  (void) sigaddset (&set, SIGTERM);
  lane->signal_fd = signalfd (-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  return lane->signal_fd < 0 ? -errno : 0;
}

static int
take_signal (Lane *lane)
{
  struct signalfd_siginfo info = { 0 };

  if (read (lane->signal_fd, &info, sizeof info) != (ssize_t) sizeof info)
    return 0;
  if (info.ssi_signo == SIGTERM)
    return -ECANCELED;
  /* Nothing can be started any more in a namespace without it. */
  if (lane->pid1 > 0 && waitpid (lane->pid1, NULL, WNOHANG) == lane->pid1)
    {
      lane->pid1 = -1;
      return -ECHILD;
    }
  return 0;
}

/* Returns: bytes read, at least one; -ECANCELED if there will be no step */
static ssize_t
read_some (Lane *lane, unsigned char *data, size_t room)
{
  struct pollfd fds[] = {
    { .fd = STDIN_FILENO, .events = POLLIN },
    { .fd = lane->signal_fd, .events = POLLIN },
  };
  ssize_t n = -1;
  int r = 0;

  while (n < 0)
    {
      if (poll (fds, 2, -1) < 0)
        continue;
      if (fds[1].revents != 0)
        r = take_signal (lane);
      if (r < 0)
        return r;
      if (fds[0].revents == 0)
        continue;
      n = read (STDIN_FILENO, data, room);
      if (n < 0 && errno != EINTR && errno != EAGAIN)
        return -errno;
    }
  return n > 0 ? n : -ECANCELED;
}

static int
read_record (Lane *lane, Apm2StepPrepare *ret_prepare, unsigned *ret_width)
{
  unsigned char data[APM2_STEP_PREPARE_SIZE];
  size_t used = 0;

  while (used < sizeof data)
    {
      ssize_t n = read_some (lane, data + used, sizeof data - used);

      if (n < 0)
        return (int) n;
      used += (size_t) n;
    }
  return apm2_step_prepare_decode (data, ret_prepare, ret_width);
}

/* Returns: 0 when the step has been read; -ECANCELED if there will be none */
static int
await_message (Lane *lane, Apm2StepMessage *ret_message)
{
  struct pollfd fds[] = {
    { .fd = lane->runner.failure_fd, .events = POLLIN },
    { .fd = lane->signal_fd, .events = POLLIN },
  };
  int r = -EAGAIN;

  while (r == -EAGAIN)
    {
      int by_signal = 0;

      if (poll (fds, 2, -1) < 0)
        continue;
      /* First, so that a signal for the step waits for its supervisor. */
      r = apm2_lane_runner_take (&lane->runner, ret_message);
      if (r == -EAGAIN && fds[1].revents != 0)
        by_signal = take_signal (lane);
      if (by_signal < 0)
        r = by_signal;
    }
  return r;
}

static void
open_progress (Lane *lane, const char *workspace)
{
  char path[PATH_MAX];
  char number[16] = "";
  int n = 0;

  if (lane->seat >= 0)
    (void) snprintf (number, sizeof number, "-%d", lane->seat);
  n = snprintf (path,
                sizeof path,
                "%s/" APM2_STEP_LANE_PROGRESS_FIFO "%s",
                workspace,
                number);
  lane->progress_fd
      = n < (int) sizeof path ? apm2_step_progress_open (path) : -1;
}

/* The kernel shall rather kill the command than its supervisor. */
static int
start_runner (Lane *lane)
{
  int r = 0;

  apm2_oom_score_raise (&lane->oom_score);
  r = apm2_lane_runner_start (&lane->runner, lane->null_fd);
  apm2_oom_score_restore (&lane->oom_score);
  return r;
}

/* Returns: 0 if it is not known. */
static uint64_t
find_network (void)
{
  struct stat st = { 0 };

  return stat ("/proc/self/ns/net", &st) == 0 ? (uint64_t) st.st_ino : 0;
}

static int
arm (Lane *lane, Apm2StepArmed *ret_armed)
{
  lane->null_fd = open ("/dev/null", O_RDONLY | O_CLOEXEC);
  if (lane->null_fd < 0)
    return -errno;
  /* While it is ours: later it is root's. */
  apm2_oom_score_open (&lane->oom_score);
  apm2_lane_cgroup_open (&lane->cgroup, "/proc/self/cgroup", CGROUP_ROOT);
  ret_armed->error_number = -apm2_lane_namespace_enter (&lane->pid1);
  ret_armed->pidns = ret_armed->error_number == 0;
  ret_armed->netns = find_network ();
  apm2_lane_namespace_drop_privileges ();
  if (prctl (PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0
      || prctl (PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
    return -errno;
  return start_runner (lane);
}

static int
tell_armed (const Apm2StepArmed *armed)
{
  char line[APM2_STEP_EVENT_MAX];
  int n = apm2_step_armed_format (armed, line);

  return write (STDOUT_FILENO, line, (size_t) n) == n ? 0 : -EIO;
}

static void
tell_unarmed (int r)
{
  (void) printf (APM2_STEP_EVENT_UNARMED " %d\n", -r);
  (void) fflush (stdout);
}

static int
end_as (Apm2StepMirror mirror)
{
  const struct rlimit none = { 0, 0 };
  sigset_t all;

  if (mirror.code == CLD_EXITED)
    return mirror.status;
  (void) setrlimit (RLIMIT_CORE, &none);
  (void) signal (mirror.status, SIG_DFL);
  (void) sigfillset (&all);
  (void) sigdelset (&all, mirror.status);
  (void) kill (getpid (), mirror.status);
  (void) sigprocmask (SIG_SETMASK, &all, NULL);
  return APM2_STEP_MIRROR_UNKNOWN;
}

static int
run_step (const Lane *lane, const Apm2StepMessage *message)
{
  const Apm2SupervisorLane ready = {
    .event_fd = STDOUT_FILENO,
    .log_fd = STDERR_FILENO,
    .signal_fd = lane->signal_fd,
    .progress_fd = lane->progress_fd,
    .pid1 = lane->pid1,
    .seat = lane->seat,
    .runner = &lane->runner,
    .cgroup = &lane->cgroup,
  };
  Apm2StepExit exit = { 0 };
  int r = apm2_supervisor_run_in_lane (message, &ready, &exit);

  if (r < 0)
    return APM2_STEP_LANE_EXIT_INTERNAL;
  /* One of several has told, and its end is not that of the unit. */
  return lane->seat >= 0 ? EXIT_SUCCESS
                         : end_as (apm2_step_exit_get_mirror (&exit));
}

/* No step has run. What is said here goes into a log that is nobody's yet. */
static int
give_up (Lane *lane, const char *what, int r)
{
  /* A namespace is gone when all in it have been waited for. */
  apm2_lane_runner_kill (&lane->runner);
  if (lane->pid1 > 0 && kill (lane->pid1, SIGKILL) == 0)
    (void) waitpid (lane->pid1, NULL, 0);
  if (r == -ECANCELED)
    return EXIT_SUCCESS;
  (void) fprintf (stderr, "apm2-step: cannot %s: %s\n", what, strerror (-r));
  return r == -EBADMSG ? APM2_STEP_LANE_EXIT_DATA
                       : APM2_STEP_LANE_EXIT_INTERNAL;
}

static int
run_armed (Lane *lane)
{
  Apm2StepMessage message = { 0 };
  int r = await_message (lane, &message);

  if (r < 0)
    return give_up (lane, "read the step", r);
  r = run_step (lane, &message);
  apm2_step_message_clear (&message);
  return r;
}

/* The supervisor of one of several steps. */
static int
run_seat (const char *workspace, int seat, int armed_fd)
{
  Lane lane = { .pid1 = -1, .seat = seat, .runner = { .pid = -1 } };
  Apm2StepArmed armed = { 0 };
  int r = take_signals (&lane);

  if (r < 0)
    return give_up (&lane, "take signals", r);
  open_progress (&lane, workspace);
  r = arm (&lane, &armed);
  if (r == 0
      && write (armed_fd, &armed, sizeof armed) != (ssize_t) sizeof armed)
    r = -EIO;
  (void) close (armed_fd);
  if (r < 0)
    return give_up (&lane, "arm", r);
  return run_armed (&lane);
}

static int
run_wave (Lane *lane, const char *workspace, unsigned width)
{
  Apm2LaneHost host = { .n = 0 };
  Apm2StepArmed armed = { 0 };
  int r = prctl (PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0 ? -errno : 0;

  for (unsigned i = 0; i < width && r == 0; i++)
    {
      int armed_fd = -1;
      pid_t pid = apm2_lane_host_fork (&host, &armed_fd);

      if (pid == 0)
        _exit (run_seat (workspace, (int) i, armed_fd));
      if (pid < 0)
        r = (int) pid;
    }
  apm2_lane_namespace_drop_privileges ();
  (void) prctl (PR_SET_DUMPABLE, 0, 0, 0, 0);
  if (r == 0)
    r = apm2_lane_host_await_armed (&host, &armed);
  if (r == 0)
    r = tell_armed (&armed);
  if (r == 0)
    r = apm2_lane_host_feed (&host, lane->signal_fd);
  if (r == 0)
    return apm2_lane_host_attend (&host, lane->signal_fd)
               ? EXIT_SUCCESS
               : APM2_STEP_LANE_EXIT_INTERNAL;
  apm2_lane_host_kill (&host);
  return give_up (lane, "run several steps", r);
}

static int
run_one (Lane *lane, const char *workspace)
{
  Apm2StepArmed armed = { 0 };
  int r = 0;

  open_progress (lane, workspace);
  r = arm (lane, &armed);
  if (r == 0)
    r = tell_armed (&armed);
  return r < 0 ? give_up (lane, "arm", r) : run_armed (lane);
}

/**
 * apm2_lane_run:
 * @workspace: a directory of ours
 *
 * Returns: the exit status of this process, if it does not die of a signal
 */
int
apm2_lane_run (const char *workspace)
{
  Lane lane = { .pid1 = -1, .seat = -1, .runner = { .pid = -1 } };
  Apm2StepPrepare prepare = APM2_STEP_PREPARE_CLEAN;
  unsigned width = 1;
  int r = take_signals (&lane);

  if (r < 0)
    return give_up (&lane, "take signals", r);
  r = read_record (&lane, &prepare, &width);
  if (r < 0)
    return give_up (&lane, "read what to prepare", r);
  r = apm2_lane_workspace_prepare (workspace, prepare);
  if (r < 0)
    {
      tell_unarmed (r);
      (void) give_up (&lane, "prepare the workspace", r);
      return APM2_STEP_LANE_EXIT_WORKSPACE;
    }
  return width > 1 ? run_wave (&lane, workspace, width)
                   : run_one (&lane, workspace);
}
