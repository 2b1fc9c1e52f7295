/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The user and pid namespace that the command of a lane runs in.
 *
 * This process stays outside of the pid namespace: what it forks from then on
 * is born inside, as its child. So it can wait for the command and tell its
 * number to others, while in there nobody has a number for this process, or for
 * anything else of the same user. The first process inside is the init: it
 * takes away what is orphaned, and with it everything in there ends. It ends
 * with this process; killed from inside it cannot be.
 *
 * The user namespace only serves to make the other one. It maps the user and
 * group to themselves, and nobody in it has any capability.
 */

#include "apm2-lane-namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int
write_file (const char *path, const char *text)
{
  int fd = open (path, O_WRONLY | O_CLOEXEC);
  int r = 0;

  if (fd < 0)
    return -errno;
  if (write (fd, text, strlen (text)) < 0)
    r = -errno;
  (void) close (fd);
  return r;
}

static int
write_map (const char *path, unsigned id)
{
  char text[40];

  (void) snprintf (text, sizeof text, "%u %u 1", id, id);
  return write_file (path, text);
}

static int
create (void)
{
  uid_t uid = geteuid ();
  gid_t gid = getegid ();
  int r = 0;

  if (unshare (CLONE_NEWUSER | CLONE_NEWPID) < 0)
    return -errno;
  /* Our own files in /proc are root's while we are protected, and the change of
   * credentials has just protected us. Nothing of a job is here yet. */
  (void) prctl (PR_SET_DUMPABLE, 1, 0, 0, 0);
  r = write_file ("/proc/self/setgroups", "deny");
  if (r == 0)
    r = write_map ("/proc/self/uid_map", uid);
  if (r == 0)
    r = write_map ("/proc/self/gid_map", gid);
  return r;
}

/* There is no way back from a namespace that turns out to be of no use: so a
 * child goes first. */
static int
try (void)
{
  int status = 0;
  pid_t pid = fork ();

  if (pid < 0)
    return -errno;
  if (pid == 0)
    _exit (-create ());
  while (waitpid (pid, &status, 0) < 0)
    {
      if (errno != EINTR)
        return -errno;
    }
  /* Killed: by a filter of system calls, say. */
  return WIFEXITED (status) ? -WEXITSTATUS (status) : -EPERM;
}

/* All signals are blocked, and have their default actions. */
static _Noreturn void
run_init (int ready_fd)
{
  sigset_t awaited;

  (void) prctl (PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  (void) prctl (PR_SET_NAME, "apm2-step-init", 0, 0, 0);
  (void) dup2 (ready_fd, STDIN_FILENO);
  (void) close_range (1, ~0U, 0);
  /* Had our parent died before the first line, nobody would read this. */
  if (write (STDIN_FILENO, "", 1) != 1 || chdir ("/") < 0)
    _exit (1);
  (void) close (STDIN_FILENO);

  (void) sigemptyset (&awaited);
  (void) sigaddset (&awaited, SIGCHLD);
  (void) sigaddset (&awaited, APM2_LANE_SIGNAL_TERMINATE);
  for (;;)
    {
      if (sigwaitinfo (&awaited, NULL) == APM2_LANE_SIGNAL_TERMINATE)
        {
          (void) kill (-1, SIGTERM);
          (void) kill (-1, SIGCONT);
        }
      while (waitpid (-1, NULL, WNOHANG) > 0)
        continue;
    }
}

static int
start_init (pid_t *ret_pid1)
{
  int ready[2] = { -1, -1 };
  char byte = 0;
  int r = 0;
  pid_t pid = -1;

  if (pipe2 (ready, O_CLOEXEC) < 0)
    return -errno;
  pid = fork ();
  if (pid < 0)
    r = -errno;
  if (pid == 0)
    {
      (void) close (ready[0]);
      run_init (ready[1]);
    }
  (void) close (ready[1]);
  if (r == 0 && read (ready[0], &byte, 1) != 1)
    {
      r = -ECHILD;
      (void) waitpid (pid, NULL, 0);
    }
  (void) close (ready[0]);
  if (r == 0)
    *ret_pid1 = pid;
  return r;
}

/**
 * apm2_lane_namespace_drop_privileges:
 *
 * Leaves this process, and all that it starts, without capabilities and without
 * a way to any.
 */
void
apm2_lane_namespace_drop_privileges (void)
{
  struct __user_cap_header_struct header
      = { .version = _LINUX_CAPABILITY_VERSION_3 };
  struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { { 0 } };

  /* Without the right to do so there are none either, but for root, who loses
   * the rest below. */
  for (unsigned long i = 0; prctl (PR_CAPBSET_READ, i, 0, 0, 0) >= 0; i++)
    (void) prctl (PR_CAPBSET_DROP, i, 0, 0, 0);
  (void) prctl (PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  (void) syscall (SYS_capset, &header, data);
  (void) prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/**
 * apm2_lane_namespace_enter:
 * @ret_pid1: (out): the first process of the namespace, a child of this one;
 *   set only on success
 *
 * From here on the children of this process are in namespaces of their own. All
 * signals must be blocked.
 *
 * Returns: 0; a negative errno if this machine or this sandbox does not allow
 *   that, and nothing has changed
 */
int
apm2_lane_namespace_enter (pid_t *ret_pid1)
{
  int r = try ();

  if (r == 0)
    r = create ();
  if (r == 0)
    r = start_init (ret_pid1);
  return r;
}
