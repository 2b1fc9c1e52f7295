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

static void
start_echo (BenchFloor *self)
{
  int fds[2] = { -1, -1 };

  must (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0,
        "make a socket pair");
  self->echo = fork ();
  must (self->echo >= 0, "fork");
  if (self->echo == 0)
    {
      (void) close (fds[0]);
      echo (fds[1]);
    }
  (void) close (fds[1]);
  self->echo_fd = fds[0];
}

/**
 * bench_floor_new:
 * @dir: on the disk in question
 *
 * To be called before the program has threads.
 *
 * Returns: (transfer full): the floors
 */
BenchFloor *
bench_floor_new (const char *dir)
{
  BenchFloor *self = g_new0 (BenchFloor, 1);

  self->file = g_build_filename (dir, "append", NULL);
  self->file_fd = open (
      self->file, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
  must (self->file_fd >= 0, "make the file for appending");
  start_echo (self);
  return self;
}

void
bench_floor_free (BenchFloor *self)
{
  (void) close (self->echo_fd);
  (void) waitpid (self->echo, NULL, 0);
  (void) close (self->file_fd);
  (void) unlink (self->file);
  g_free (self->file);
  g_free (self);
}

/**
 * bench_floor_append:
 * @self: the floors
 *
 * Appends a record of 256 bytes to a file and has it on the disk.
 *
 * Returns: usec that it took
 */
double
bench_floor_append (BenchFloor *self)
{
  static const char record[RECORD_BYTES] = { 0 };
  double start = bench_now_usec ();

  must (write (self->file_fd, record, sizeof record) == sizeof record
            && fdatasync (self->file_fd) == 0,
        "append");
  return bench_now_usec () - start;
}

/**
 * bench_floor_ping:
 * @self: the floors
 *
 * Sends 256 bytes to another process over a unix socket and reads them back.
 *
 * Returns: usec that it took
 */
double
bench_floor_ping (BenchFloor *self)
{
  char record[RECORD_BYTES] = { 0 };
  double start = bench_now_usec ();

  must (write (self->echo_fd, record, sizeof record) == sizeof record
            && read (self->echo_fd, record, sizeof record) == sizeof record,
        "ping");
  return bench_now_usec () - start;
}
