/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * How gladly the kernel kills this process when memory is short.
 *
 * A child inherits it, and everybody may raise their own. So a command goes
 * before its supervisor, and before all else of its user.
 */

#include "apm2-oom-score.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SCORE_MORE 200
#define SCORE_MAX  1000

static void
write_text (const Apm2OomScore *score, const char *text)
{
  if (score->fd >= 0)
    (void) !pwrite (score->fd, text, strlen (text), 0);
}

/**
 * apm2_oom_score_open:
 * @ret_score: (out): the score of this process; the descriptor in it is
 *   close-on-exec and never closed
 *
 * Reads the score. It can be set through what was opened even when its file
 * would no longer be ours.
 */
void
apm2_oom_score_open (Apm2OomScore *ret_score)
{
  *ret_score = (Apm2OomScore){ .fd = -1 };
  ret_score->fd = open ("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);
  if (ret_score->fd >= 0)
    (void) !read (ret_score->fd, ret_score->text, sizeof ret_score->text - 1);
}

/**
 * apm2_oom_score_raise:
 * @score: the score of this process
 *
 * Makes it one that goes sooner than it was to.
 */
void
apm2_oom_score_raise (const Apm2OomScore *score)
{
  long more = strtol (score->text, NULL, 10) + SCORE_MORE;
  char text[24];

  (void) snprintf (
      text, sizeof text, "%ld", more < SCORE_MAX ? more : SCORE_MAX);
  write_text (score, text);
}

/**
 * apm2_oom_score_restore:
 * @score: the score of this process
 *
 * Makes it what it was when it was opened.
 */
void
apm2_oom_score_restore (const Apm2OomScore *score)
{
  write_text (score, score->text);
}
