/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A thread that waits most of the time, and works for a moment.
 *
 * A kernel from 6.12 on lets a thread with a short time slice have the
 * processor as soon as it can run, and takes it away as soon; over time it gets
 * no more than others. Where that is not known, or not allowed, nothing
 * changes.
 */

#include "apm2-thread-prompt.h"

#include <linux/sched/types.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The least that there is. */
#define SLICE_NSEC 100000

/**
 * apm2_thread_be_prompt:
 *
 * Makes the calling thread one with a short time slice.
 */
void
apm2_thread_be_prompt (void)
{
  struct sched_attr attr;

  (void) memset (&attr, 0, sizeof attr);
  attr.size = sizeof attr;
  /* The sandbox does not let us ask for more: the common policy it is. */
  attr.sched_nice = getpriority (PRIO_PROCESS, 0);
  attr.sched_runtime = SLICE_NSEC;
  (void) syscall (SYS_sched_setattr, 0, &attr, 0);
}
