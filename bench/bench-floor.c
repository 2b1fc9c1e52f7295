/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The floors: what the disk and the kernel take for the least that the same
 * promise needs, without any broker.
 */

#include "bench-floor.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "apm2-fs.h"

#include "bench-figure.h"

#define RECORD_BYTES 256

static void
must (gboolean ok, const char *what)
{
  if (ok)
    return;
  g_printerr ("bench: cannot %s: %s\n", what, g_strerror (errno));
  exit (EXIT_FAILURE);
}

/**
 * bench_floor_append:
 * @dir: on the disk in question
 * @n: how often
 *
 * Appends a record of 256 bytes to a file and has it on the disk.
 *
 * Returns: (transfer full) (element-type double): usec of each
 */
GArray *
bench_floor_append (const char *dir, guint n)
{
  static const char record[RECORD_BYTES] = { 0 };
  g_autofree char *file = g_build_filename (dir, "append", NULL);
  apm2_autofd int fd
      = open (file, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
  GArray *samples = g_array_new (FALSE, FALSE, sizeof (double));

  must (fd >= 0, "make the file for appending");
  for (guint i = 0; i < n; i++)
    {
      double start = bench_now_usec ();
      double usec;

      must (write (fd, record, sizeof record) == sizeof record
                && fdatasync (fd) == 0,
            "append");
      usec = bench_now_usec () - start;
      g_array_append_val (samples, usec);
    }
  (void) unlink (file);
  return samples;
}

static void
echo (int fd)
{
  char record[RECORD_BYTES];
  ssize_t n;

  while ((n = read (fd, record, sizeof record)) > 0)
    if (write (fd, record, (size_t) n) != n)
      break;
  _exit (0);
}

/**
 * bench_floor_ping:
 * @n: how often
 *
 * Sends 256 bytes to another process over a unix socket and reads them back.
 *
 * Returns: (transfer full) (element-type double): usec of each
 */
GArray *
bench_floor_ping (guint n)
{
  GArray *samples = g_array_new (FALSE, FALSE, sizeof (double));
  char record[RECORD_BYTES] = { 0 };
  int fds[2] = { -1, -1 };
  pid_t child;

  must (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0,
        "make a socket pair");
  child = fork ();
  must (child >= 0, "fork");
  if (child == 0)
    {
      (void) close (fds[0]);
      echo (fds[1]);
    }
  (void) close (fds[1]);

  for (guint i = 0; i < n; i++)
    {
      double start = bench_now_usec ();
      double usec;

      must (write (fds[0], record, sizeof record) == sizeof record
                && read (fds[0], record, sizeof record) == sizeof record,
            "ping");
      usec = bench_now_usec () - start;
      g_array_append_val (samples, usec);
    }
  (void) close (fds[0]);
  (void) waitpid (child, NULL, 0);
  return samples;
}
