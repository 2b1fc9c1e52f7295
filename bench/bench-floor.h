/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/types.h>

#include <glib.h>

G_BEGIN_DECLS

/**
 * BenchFloor:
 *
 * A file to append to, and another process that sends back what it gets.
 */
typedef struct
{
  char *file;
  int file_fd;
  int echo_fd;
  pid_t echo;
} BenchFloor;

BenchFloor *bench_floor_new (const char *dir);
void bench_floor_free (BenchFloor *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BenchFloor, bench_floor_free)

double bench_floor_append (BenchFloor *self);
double bench_floor_ping (BenchFloor *self);

G_END_DECLS
