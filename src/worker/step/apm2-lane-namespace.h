/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <signal.h>
#include <sys/types.h>

/* To the init of a namespace: pass SIGTERM on to everybody else in it. */
#define APM2_LANE_SIGNAL_TERMINATE SIGUSR1

int apm2_lane_namespace_enter (pid_t *ret_pid1);
void apm2_lane_namespace_drop_privileges (void);
