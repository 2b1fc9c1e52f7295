/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Two threads of two processes that work at the same moment, each on processors
 * of its own.
 *
 * The kernel puts a thread that is woken beside the one that woke it, also
 * where another processor has nothing to do: on a virtual machine, say, one
 * that has been halted does not count as idle. Then the two do in turns what
 * they were meant to do at once.
 *
 * Who cannot go elsewhere would wait where somebody wants all of the processor.
 * So its turns are short, and who has the shorter turn comes first; it gets no
 * more of the processor for that. Where the kernel knows of no such turns,
 * before 6.12, nothing is kept to.
 */

#include "apm2-processor-share.h"

#include <errno.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "apm2-log.h"

/* The shortest that there is. */
#define TURN_NSEC 100000

/* As the kernel has it; the C library has neither the type nor the calls before
 * 2.41. */
typedef struct
{
  guint32 size;
  guint32 policy;
  guint64 flags;
  gint32 nice;
  guint32 priority;
  guint64 runtime;
  guint64 deadline;
  guint64 period;
} Attributes;

typedef struct
{
  cpu_set_t all;
  cpu_set_t share;
  gboolean taken;
} Share;

static _Thread_local Share mine;

static gboolean
read_attributes (Attributes *attributes)
{
  return syscall (SYS_sched_getattr, 0, attributes, sizeof *attributes, 0) == 0;
}

/* 0: as long as those of others. Returns: whether they are */
static gboolean
take_turns_of (guint64 nsec)
{
  Attributes attributes = { 0 };

  if (!read_attributes (&attributes)
      || (attributes.policy != SCHED_OTHER && attributes.policy != SCHED_BATCH))
    return FALSE;
  attributes.runtime = nsec;
  return syscall (SYS_sched_setattr, 0, &attributes, 0) == 0
         && read_attributes (&attributes) && attributes.runtime == nsec;
}

static void
keep_to (const cpu_set_t *set)
{
  if (sched_setaffinity (0, sizeof *set, set) < 0)
    apm2_log (G_LOG_LEVEL_DEBUG,
              NULL,
              "Cannot choose the processors of a thread: %s",
              g_strerror (errno));
}

static void
choose (Share *self, Apm2ProcessorShare share)
{
  gboolean is_odd = FALSE;

  CPU_ZERO (&self->share);
  for (int i = 0; i < CPU_SETSIZE; i++)
    {
      if (!CPU_ISSET (i, &self->all))
        continue;
      if (is_odd == (share == APM2_PROCESSOR_SHARE_ODD))
        CPU_SET (i, &self->share);
      is_odd = !is_odd;
    }
}

/**
 * apm2_processor_share_take:
 * @share: which of the processors
 *
 * Keeps the calling thread, and the threads that it starts, to @share of the
 * processors that it may use, and itself to short turns there; with only one
 * processor it goes on as before. It makes some things faster and nothing
 * possible, so that it cannot fail. A thread takes its share once.
 */
void
apm2_processor_share_take (Apm2ProcessorShare share)
{
  g_return_if_fail (!mine.taken);

  /* Of more than such a set can hold the kernel finds an idle one. */
  if (sched_getaffinity (0, sizeof mine.all, &mine.all) < 0
      || CPU_COUNT (&mine.all) < 2 || !take_turns_of (TURN_NSEC))
    return;
  choose (&mine, share);
  mine.taken = TRUE;
  keep_to (&mine.share);
}

/**
 * apm2_processor_share_suspend:
 *
 * Makes the calling thread like any other, for what it starts now to be so,
 * until apm2_processor_share_resume() is called.
 */
void
apm2_processor_share_suspend (void)
{
  if (!mine.taken)
    return;
  keep_to (&mine.all);
  (void) take_turns_of (0);
}

/**
 * apm2_processor_share_resume:
 *
 * Ends what apm2_processor_share_suspend() began.
 */
void
apm2_processor_share_resume (void)
{
  if (!mine.taken)
    return;
  keep_to (&mine.share);
  (void) take_turns_of (TURN_NSEC);
}
