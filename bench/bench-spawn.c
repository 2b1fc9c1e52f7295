/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Programs that start a job, and when the job has begun.
 */

#include "bench-spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench-figure.h"

/* A job that never begins is a fault, not a slow machine. */
#define PATIENCE_USEC 30e6
/* Long after a start that is quick, so that looking for it does not slow it. */
#define FIRST_USEC 15000
#define NEXT_USEC  3000
#define OUTPUT_MAX 4096

static void
check (int error_number, const char *what, const char *name)
{
  if (error_number == 0)
    return;
  g_printerr (
      "bench: cannot %s %s: %s\n", what, name, g_strerror (error_number));
  exit (EXIT_FAILURE);
}

static char *
read_output (int fd)
{
  g_autofree char *text = g_malloc0 (OUTPUT_MAX + 1);
  ssize_t n = pread (fd, text, OUTPUT_MAX, 0);

  check (n < 0 ? errno : 0, "read", "the output");
  return g_strchomp (g_steal_pointer (&text));
}

/**
 * bench_spawn:
 * @argv: a program and its arguments
 * @ret_output: (out) (optional): what it said on its standard output
 *
 * Runs it to its end, which must be a success.
 *
 * Returns: when it was started, as bench_now_usec()
 */
double
bench_spawn (const char *const *argv, char **ret_output)
{
  posix_spawn_file_actions_t actions;
  int fd = memfd_create ("output", MFD_CLOEXEC);
  double start = 0;
  pid_t pid = -1;
  int status = 0;

  check (fd < 0 ? errno : 0, "make a file for", argv[0]);
  (void) posix_spawn_file_actions_init (&actions);
  (void) posix_spawn_file_actions_adddup2 (&actions, fd, STDOUT_FILENO);
  (void) posix_spawn_file_actions_addopen (
      &actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  start = bench_now_usec ();
  check (posix_spawnp (
             &pid, argv[0], &actions, NULL, (char *const *) argv, environ),
         "run",
         argv[0]);
  while (waitpid (pid, &status, 0) < 0)
    continue;
  (void) posix_spawn_file_actions_destroy (&actions);
  if (status != 0)
    {
      g_printerr ("bench: %s ended with status %d\n", argv[0], status);
      exit (EXIT_FAILURE);
    }
  if (ret_output != NULL)
    *ret_output = read_output (fd);
  (void) close (fd);
  return start;
}

static gboolean
read_start (const char *file, double *ret_usec)
{
  g_autofree char *text = NULL;

  if (!g_file_get_contents (file, &text, NULL, NULL)
      || !g_str_has_suffix (text, "\n"))
    return FALSE;
  *ret_usec = g_ascii_strtod (text, NULL) * 1e6;
  return TRUE;
}

/**
 * bench_await_start:
 * @file: to which bench-dispatch-job writes
 *
 * Returns: when the job began, as bench_now_usec()
 */
double
bench_await_start (const char *file)
{
  double end = bench_now_usec () + PATIENCE_USEC;
  double usec = 0;

  g_usleep (FIRST_USEC);
  while (!read_start (file, &usec))
    {
      check (bench_now_usec () > end ? ETIMEDOUT : 0, "wait for", file);
      g_usleep (NEXT_USEC);
    }
  return usec;
}
