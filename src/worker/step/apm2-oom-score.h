/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

typedef struct
{
  int fd;        /* of this process; -1: it cannot be set */
  char text[16]; /* as it was */
} Apm2OomScore;

void apm2_oom_score_open (Apm2OomScore *ret_score);

void apm2_oom_score_raise (const Apm2OomScore *score);

void apm2_oom_score_restore (const Apm2OomScore *score);
