/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

/* What the supervisor of an attached command has changed for itself, as it was
 * when it was started. */
typedef struct
{
  sigset_t mask;
  struct sigaction on_child; /* of SIGCHLD */
  bool has_stderr;           /* else 2 may become any descriptor of ours */
} Apm2AttachedCaller;

int apm2_attached_child_take_over (Apm2AttachedCaller *ret_caller);
pid_t apm2_attached_child_spawn (const Apm2AttachedCaller *caller,
                                 char **argv,
                                 int failure_fd);
void apm2_attached_child_complain (const Apm2AttachedCaller *caller,
                                   const char *command,
                                   int error_number);
