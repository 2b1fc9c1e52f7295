/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The job of bench-dispatch: says when it began.
 *
 * Linked statically, so that what comes between its exec and its first line is
 * as little as can be.
 */

#include <stdio.h>
#include <time.h>

int
main (int argc, char **argv)
{
  struct timespec now = { 0 };
  FILE *file = NULL;

  (void) clock_gettime (CLOCK_MONOTONIC, &now);
  file = argc > 1 ? fopen (argv[1], "w") : stdout;
  if (file == NULL)
    return 1;
  (void) fprintf (file, "%lld.%09ld\n", (long long) now.tv_sec, now.tv_nsec);
  return fflush (file) == 0 ? 0 : 1;
}
