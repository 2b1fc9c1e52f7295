/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The broker: the way to it, and bringing one where nobody else does.
 *
 * A service manager that has the socket unit starts the broker itself; a unit
 * that nobody has enabled is started first, but what an operator has stopped
 * stays stopped. Elsewhere the first "apm2 run" starts one, which leaves when
 * nothing has been asked of it for a while. Of several that come at once one
 * starts it, under a lock, and the others wait for that.
 */

#include "apm2-run-broker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gi18n.h>

#include "apm2-error.h"
#include "apm2-fs.h"
#include "apm2-names.h"
#include "apm2-run-socket-unit.h"
#include "apm2-time.h"

#define IDLE_EXIT          "10min"
#define LOCK_NAME          "start.lock"
#define LOG_NAME           "daemon.log"
#define LOG_SHOWN          4096
#define START_TIMEOUT_USEC (30 * (gint64) G_USEC_PER_SEC)
#define LOOK_MSEC          5
#define LIFE_FD            3

/**
 * apm2_run_broker_connect:
 * @path: path of the operator socket
 *
 * Returns: (transfer full): a connected descriptor, or a negative errno
 */
int
apm2_run_broker_connect (const char *path)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  apm2_autofd int fd = -1;

  if (strlen (path) >= sizeof address.sun_path)
    return -ENAMETOOLONG;
  memcpy (address.sun_path, path, strlen (path));
  fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0
      || connect (fd, (const struct sockaddr *) &address, sizeof address) != 0)
    return -errno;
  return g_steal_fd (&fd);
}

static int
open_lock (const Apm2Paths *paths, int operation, GError **error)
{
  g_autofree char *file = NULL;
  apm2_autofd int fd = -1;

  if (!apm2_paths_ensure (paths, error))
    return -1;
  file = g_build_filename (paths->runtime_dir, LOCK_NAME, NULL);
  fd = open (file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0 || flock (fd, LOCK_EX | operation) != 0)
    {
      apm2_error_set_errno (error, errno, _ ("Cannot lock %s"), file);
      return -1;
    }
  return g_steal_fd (&fd);
}

/* Between fork() and exec(): the broker belongs to nobody. @life is closed when
 * it ends, and never before. */
static void G_GNUC_NORETURN
become_daemon (const char *path, int log, int life)
{
  static const char *const argv[]
      = { "apm2-daemon", "--user", "--idle-exit=" IDLE_EXIT, NULL };
  int null = open ("/dev/null", O_RDWR | O_CLOEXEC);
  sigset_t none;

  if (setsid () < 0 || fork () != 0)
    _exit (0);
  if (chdir ("/") != 0 || null < 0 || dup2 (null, STDIN_FILENO) < 0
      || dup2 (null, STDOUT_FILENO) < 0 || dup2 (log, STDERR_FILENO) < 0
      || (life != LIFE_FD && dup2 (life, LIFE_FD) < 0))
    _exit (1);
  /* What the caller gave to the command is none of the broker's business: a
   * pipe that it held would never end. */
  (void) close_range (LIFE_FD + 1, ~0U, 0);
  (void) fcntl (LIFE_FD, F_SETFD, 0);
  for (int i = 1; i < NSIG; i++)
    (void) signal (i, SIG_DFL);
  (void) sigemptyset (&none);
  (void) sigprocmask (SIG_SETMASK, &none, NULL);
  (void) execv (path, (char *const *) argv);
  _exit (1);
}

static int
open_log (const Apm2Paths *paths)
{
  g_autofree char *file = g_build_filename (paths->runtime_dir, LOG_NAME, NULL);

  return open (file,
               O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW,
               0600);
}

/* Starts it as a child of nobody: we may be the subreaper of the command, whose
 * processes are looked for among our children. Returns a descriptor that ends
 * with the broker. */
static int
spawn (const Apm2Paths *paths, GError **error)
{
  g_autofree char *path = apm2_paths_find_program ("apm2-daemon", error);
  apm2_autofd int log = -1;
  int life[2] = { -1, -1 };
  int was_subreaper = 0;
  pid_t pid;

  if (path == NULL)
    return -1;
  log = open_log (paths);
  if (log < 0 || pipe2 (life, O_CLOEXEC) != 0)
    {
      apm2_error_set_errno (
          error, errno, _ ("Cannot write %s/%s"), paths->runtime_dir, LOG_NAME);
      return -1;
    }
  (void) prctl (PR_GET_CHILD_SUBREAPER, &was_subreaper);
  (void) prctl (PR_SET_CHILD_SUBREAPER, 0);
  pid = fork ();
  if (pid == 0)
    {
      (void) unsetenv (APM2_ENV_JOB_ID);
      become_daemon (path, log, life[1]);
    }
  (void) close (life[1]);
  if (pid < 0)
    {
      apm2_error_set_errno (error, errno, _ ("Cannot start apm2-daemon"));
      (void) close (life[0]);
      return -1;
    }
  (void) waitpid (pid, NULL, 0);
  (void) prctl (PR_SET_CHILD_SUBREAPER, was_subreaper);
  return life[0];
}

/* The last line that the broker wrote. */
static void
set_failure (const Apm2Paths *paths, GError **error)
{
  g_autofree char *text = NULL;
  apm2_autofd int dirfd = apm2_fs_open_dir (paths->runtime_dir, NULL);
  char *line = NULL;

  if (dirfd >= 0)
    text = apm2_fs_read_file (dirfd, LOG_NAME, LOG_SHOWN, NULL, NULL);
  if (text != NULL)
    {
      g_strchomp (text);
      line = strrchr (text, '\n');
      line = line != NULL ? line + 1 : text;
    }
  g_set_error (error,
               APM2_ERROR,
               APM2_ERROR_UNAVAILABLE,
               _ ("there was no broker, and the one that was started ended: "
                  "%s; see %s/%s"),
               line != NULL && line[0] != '\0' ? line
                                               : _ ("it did not say why"),
               paths->runtime_dir,
               LOG_NAME);
}

static gboolean
is_answered (const Apm2Paths *paths)
{
  apm2_autofd int fd = apm2_run_broker_connect (paths->operator_socket);

  return fd >= 0 || fd == -EAGAIN;
}

/* @life: ends with the broker; -1 if that is not our child */
static gboolean
await (const Apm2Paths *paths, int life, GError **error)
{
  const gint64 deadline = apm2_time_boottime_usec () + START_TIMEOUT_USEC;
  struct pollfd look = { .fd = life, .events = POLLIN };

  while (!is_answered (paths))
    {
      /* It ended; but somebody else's may have been quicker. */
      if (poll (&look, 1, LOOK_MSEC) > 0 && !is_answered (paths))
        {
          set_failure (paths, error);
          return FALSE;
        }
      if (apm2_time_boottime_usec () > deadline)
        {
          g_set_error (error,
                       APM2_ERROR,
                       APM2_ERROR_TIMED_OUT,
                       _ ("the broker that was started does not answer; see "
                          "%s/%s"),
                       paths->runtime_dir,
                       LOG_NAME);
          return FALSE;
        }
    }
  return TRUE;
}

static void
set_stopped_error (const Apm2Paths *paths, GError **error)
{
  g_set_error (error,
               APM2_ERROR,
               APM2_ERROR_UNAVAILABLE,
               _ ("nobody listens on %s; start the broker with '%s "
                  "start %s', or say --no-broker=run"),
               paths->operator_socket,
               paths->mode == APM2_MODE_SYSTEM ? "systemctl"
                                               : "systemctl --user",
               APM2_UNIT_SOCKET);
}

/**
 * apm2_run_broker_start:
 * @paths: where nobody listens
 * @error: why no broker can be had
 *
 * Starts a broker, or waits for the one that somebody else is starting.
 *
 * Returns: %TRUE if there is one now
 */
gboolean
apm2_run_broker_start (const Apm2Paths *paths, GError **error)
{
  apm2_autofd int lock = -1;
  apm2_autofd int life = -1;
  Apm2RunSocketUnit unit = APM2_RUN_SOCKET_UNIT_MANAGED;

  if (paths->mode == APM2_MODE_USER)
    unit = apm2_run_socket_unit_look ();
  if (unit == APM2_RUN_SOCKET_UNIT_MANAGED)
    {
      set_stopped_error (paths, error);
      return FALSE;
    }
  lock = open_lock (paths, 0, error);
  if (lock < 0)
    {
      g_prefix_error (error,
                      _ ("nobody listens on %s, and no broker can be started "
                         "here: "),
                      paths->operator_socket);
      return FALSE;
    }
  if (is_answered (paths))
    return TRUE;
  if (unit == APM2_RUN_SOCKET_UNIT_UNUSED)
    return apm2_run_socket_unit_start (error) && await (paths, -1, error);
  life = spawn (paths, error);
  return life >= 0 && await (paths, life, error);
}

/**
 * apm2_run_broker_revive:
 * @paths: where a broker was, and nobody listens now
 *
 * Starts another, unless that is somebody else's business; waits for nothing.
 */
void
apm2_run_broker_revive (const Apm2Paths *paths)
{
  apm2_autofd int lock = -1;

  if (paths->mode == APM2_MODE_SYSTEM
      || apm2_run_socket_unit_look () != APM2_RUN_SOCKET_UNIT_NONE)
    return;
  lock = open_lock (paths, LOCK_NB, NULL);
  if (lock >= 0 && !is_answered (paths))
    {
      apm2_autofd int life G_GNUC_UNUSED = spawn (paths, NULL);
    }
}
