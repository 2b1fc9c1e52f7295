/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * From a fork to the command of a step.
 *
 * The command gets its argument vector, its environment and its directory as
 * they stand in the message, /dev/null as its input, default signals, a session
 * of its own and no descriptor beyond 2. It cannot gain rights by a setuid
 * program, so that whatever it becomes can be killed.
 *
 * Limits: no core files; memory as RLIMIT_DATA, which counts the private memory
 * that a process can write. RLIMIT_AS is not used: it counts reservations and
 * breaks sanitizers and managed runtimes. Both hold for each process by itself,
 * which is why a receipt of the direct executor claims no containment.
 * RLIMIT_NPROC counts all processes of the user; the worker asks for it only
 * where the user is its own.
 */

#include "apm2-step-child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static int
limit (int resource, rlim_t value)
{
  struct rlimit now = { 0 };
  struct rlimit next = { value, value };

  if (getrlimit (resource, &now) < 0)
    return -errno;
  if (now.rlim_max != RLIM_INFINITY && now.rlim_max < value)
    next = (struct rlimit){ now.rlim_max, now.rlim_max };
  return setrlimit (resource, &next) < 0 ? -errno : 0;
}

static int
apply_limits (const Apm2StepMessage *message)
{
  int r = 0;

  if (message->memory_max_bytes > 0)
    r = limit (RLIMIT_DATA, (rlim_t) message->memory_max_bytes);
  if (r == 0 && message->tasks_max > 0)
    r = limit (RLIMIT_NPROC, (rlim_t) message->tasks_max);
  return r;
}

static void
reset_signals (void)
{
  sigset_t none;

  for (int i = 1; i < NSIG; i++)
    (void) signal (i, SIG_DFL);
  (void) sigemptyset (&none);
  (void) sigprocmask (SIG_SETMASK, &none, NULL);
}

static const char *
find_path (char **env)
{
  const char *path = NULL;

  for (; *env != NULL; env++)
    {
      if (strncmp (*env, "PATH=", 5) == 0)
        path = *env + 5;
    }
  return path != NULL ? path : "";
}

/* execvpe() of the C library looks at the PATH of the caller, and runs a shell
 * for what is no program; this does neither. Returns an errno. */
static int
exec_search (const Apm2StepMessage *message)
{
  const char *name = message->argv[0];
  const char *rest = find_path (message->env);
  int error_number = ENOENT;

  if (strchr (name, '/') != NULL || name[0] == '\0')
    {
      (void) execve (name, message->argv, message->env);
      return errno;
    }
  while (rest != NULL)
    {
      size_t length = strcspn (rest, ":");
      char path[PATH_MAX];
      int n = snprintf (path,
                        sizeof path,
                        "%.*s%s%s",
                        length < PATH_MAX ? (int) length : PATH_MAX,
                        rest,
                        length > 0 ? "/" : "./",
                        name);

      if (n > 0 && n < (int) sizeof path)
        (void) execve (path, message->argv, message->env);
      else
        errno = ENAMETOOLONG;
      /* Like env(1): one that is there but cannot be run beats none at all. */
      if (errno != ENOENT && errno != ENOTDIR && error_number == ENOENT)
        error_number = errno;
      rest = rest[length] == ':' ? rest + length + 1 : NULL;
    }
  return error_number;
}

/**
 * apm2_step_child_prepare:
 *
 * What can be done before the step is known.
 *
 * Returns: 0, or a negative errno
 */
int
apm2_step_child_prepare (void)
{
  (void) umask (022);
  reset_signals ();
  (void) close_range (3, ~0U, CLOSE_RANGE_CLOEXEC);
  if (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
    return -errno;
  return limit (RLIMIT_CORE, 0);
}

/**
 * apm2_step_child_settle:
 * @message: a step
 *
 * Gives this process, which is prepared, the limits and the directory of the
 * step.
 *
 * Returns: why that failed; else its error number is 0
 */
Apm2StepFailure
apm2_step_child_settle (const Apm2StepMessage *message)
{
  int r = apply_limits (message);

  if (r < 0)
    return (Apm2StepFailure){ APM2_STEP_STAGE_LIMITS, -r };
  if (chdir (message->directory) < 0)
    return (Apm2StepFailure){ APM2_STEP_STAGE_DIRECTORY, errno };
  return (Apm2StepFailure){ APM2_STEP_STAGE_EXEC, 0 };
}

/**
 * apm2_step_child_execute:
 * @message: a step
 *
 * Makes this process, which is settled, the command.
 *
 * Returns: only if that failed, why
 */
Apm2StepFailure
apm2_step_child_execute (const Apm2StepMessage *message)
{
  return (Apm2StepFailure){ APM2_STEP_STAGE_EXEC, exec_search (message) };
}

/**
 * apm2_step_child_become:
 * @message: a step
 *
 * Makes this process the command, which inherits descriptors 0 to 2.
 *
 * Returns: only if that failed, why
 */
Apm2StepFailure
apm2_step_child_become (const Apm2StepMessage *message)
{
  Apm2StepFailure failure = { APM2_STEP_STAGE_LIMITS, 0 };

  failure.error_number = -apm2_step_child_prepare ();
  if (failure.error_number == 0)
    failure = apm2_step_child_settle (message);
  return failure.error_number == 0 ? apm2_step_child_execute (message)
                                   : failure;
}

/**
 * apm2_step_child_get_status:
 * @failure: why a command could not be run
 *
 * Returns: the exit status for that, as of env(1): 127 if there is no such
 *   command, else 126
 */
int
apm2_step_child_get_status (const Apm2StepFailure *failure)
{
  return failure->stage == APM2_STEP_STAGE_EXEC
                 && failure->error_number == ENOENT
             ? 127
             : 126;
}

static int
connect_output (int output_fd)
{
  int null_fd = open ("/dev/null", O_RDONLY | O_CLOEXEC);

  if (null_fd < 0 || dup2 (null_fd, STDIN_FILENO) < 0
      || dup2 (output_fd, STDOUT_FILENO) < 0
      || dup2 (output_fd, STDERR_FILENO) < 0)
    return -errno;
  return 0;
}

static void
run_child (const Apm2StepMessage *message,
           pid_t parent,
           int output_fd,
           int failure_fd)
{
  Apm2StepFailure failure = { APM2_STEP_STAGE_FORK, 0 };

  /* The last resort against a supervisor that is killed: what the command forks
   * does not inherit it. */
  (void) prctl (PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (getppid () != parent)
    _exit (126);
  (void) setsid ();
  failure.error_number = -connect_output (output_fd);
  if (failure.error_number == 0)
    failure = apm2_step_child_become (message);
  if (write (failure_fd, &failure, sizeof failure) < 0)
    _exit (125);
  _exit (apm2_step_child_get_status (&failure));
}

/**
 * apm2_step_child_spawn:
 * @message: a step
 * @output_fd: where its output goes
 * @failure_fd: close-on-exec; gets an #Apm2StepFailure if the command cannot be
 *   run, else its end
 *
 * Returns: the pid of the child, which leads its own session; or a negative
 *   errno
 */
pid_t
apm2_step_child_spawn (const Apm2StepMessage *message,
                       int output_fd,
                       int failure_fd)
{
  pid_t parent = getpid ();
  pid_t pid = -1;
  sigset_t all;
  sigset_t before;
  int error_number = 0;

  /* The supervisor ignores signals. Blocked ones wait instead until the child
   * has the default actions back, so that an early SIGTERM is not lost. */
  (void) sigfillset (&all);
  (void) sigprocmask (SIG_SETMASK, &all, &before);
  pid = fork ();
  error_number = errno;
  if (pid == 0)
    run_child (message, parent, output_fd, failure_fd);
  (void) sigprocmask (SIG_SETMASK, &before, NULL);
  return pid < 0 ? -error_number : pid;
}
