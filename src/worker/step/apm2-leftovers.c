/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The end of what a job has left behind that lost its caller and its supervisor
 * at once, before it was in a scope.
 *
 * The kernel has killed the command then, and given the rest to whoever takes
 * orphans: no list of anybody leads to it. So all processes are looked at. One
 * is the job's if it says so, see apm2-leftover-trace.c, or descends from one
 * that is; what was given the environment by somebody else is not, nor is what
 * descends from that. To know the descendants, their ancestors must not die
 * first: all are stopped until a look finds none that runs, and then killed.
 * That is done again until two looks find nothing.
 *
 * A process may fork the next and die all the time, and be another one at each
 * look. It is among the youngest, so these are looked at first, and whoever
 * says that it is the job's is stopped there and then. A look in which a
 * process went away before it was seen proves nothing.
 */

#include "apm2-leftovers.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <time.h>
#include <unistd.h>

#include "apm2-process-stat.h"

#define USEC_PER_SEC ((uint64_t) 1000000)
/* A broker waits for longer. */
#define BOUND_USEC (3 * USEC_PER_SEC)
/* From one look to the next. */
#define PAUSE_MSEC 2
/* A process may be born while we look, by one that dies. */
#define LOOKS 2
/* Where others come and go all the time. */
#define LOOKS_UNSURE 10
/* Against a job that forks faster than we look. */
#define STOPS_MAX 8
/* More generations than any build has. */
#define DEPTH_MAX 128

#define TRACE_MAX 16384

typedef struct
{
  Apm2ProcessStat stat;
  Apm2LeftoverWord word;
  bool is_dealt_with;
} Process;

typedef struct
{
  Process *list;
  size_t length;
  size_t room;
} Table;

static bool
table_add (Table *table, const Process *process)
{
  if (table->length == table->room)
    {
      size_t room = table->room == 0 ? 256 : table->room * 2;
      Process *list = reallocarray (table->list, room, sizeof *list);

      if (list == NULL)
        return false;
      table->list = list;
      table->room = room;
    }
  table->list[table->length++] = *process;
  return true;
}

static int
compare_pids (const void *a, const void *b)
{
  const Process *left = a;
  const Process *right = b;

  return (left->stat.pid > right->stat.pid)
         - (left->stat.pid < right->stat.pid);
}

static void
table_sort (Table *table)
{
  if (table->length > 0)
    qsort (table->list, table->length, sizeof *table->list, compare_pids);
}

static const Process *
table_find (const Table *table, pid_t pid)
{
  const Process key = { .stat.pid = pid };

  return table->length == 0 ? NULL
                            : bsearch (&key,
                                       table->list,
                                       table->length,
                                       sizeof *table->list,
                                       compare_pids);
}

/* The number may be somebody else's by now: hold the process, then look.
 * Returns: %false if we have no right to end it; one that has died meanwhile
 * may have forked */
static bool
send_signal (const Process *process, int signal_number)
{
  const Apm2ProcessStat *stat = &process->stat;
  Apm2ProcessStat now = { 0 };
  int fd = pidfd_open (stat->pid, 0);
  bool may = true;

  if (fd < 0)
    return true;
  if (apm2_process_stat_read (&now, stat->pid)
      && now.start_time == stat->start_time
      && pidfd_send_signal (fd, signal_number, NULL, 0) < 0)
    may = errno != EPERM;
  (void) close (fd);
  return may;
}

/* Of one that says that it is. The eldest is who knows. */
static bool
is_ours_now (const Apm2LeftoverTrace *trace, const Process *process)
{
  Apm2LeftoverWord word = process->word;
  Apm2ProcessStat up = process->stat;

  for (int i = 0; i < DEPTH_MAX && up.parent > 1; i++)
    {
      Apm2LeftoverWord other = APM2_LEFTOVER_WORD_NONE;

      if (!apm2_process_stat_read (&up, up.parent)
          || up.start_time < trace->since)
        break;
      other = apm2_leftover_trace_ask (trace, up.pid);
      if (other != APM2_LEFTOVER_WORD_NONE)
        word = other;
    }
  return word == APM2_LEFTOVER_WORD_OURS;
}

/* --- a look --- */

typedef struct
{
  const Apm2LeftoverTrace *trace;
  Table *elders; /* who is too old: most are, and read in the first look only */
  bool is_first;
  bool stopping;  /* else it kills */
  Table table;    /* what may be the job's, and much else; by number */
  size_t n_found; /* what had to be dealt with */
  size_t n_gone;  /* before they were looked at */
} Look;

static void
deal_with (Look *look, Process *process)
{
  if (process->is_dealt_with
      || (look->stopping && apm2_process_stat_is_stopped (&process->stat)))
    return;
  process->is_dealt_with = true;
  if (send_signal (process, look->stopping ? SIGSTOP : SIGKILL))
    look->n_found++;
}

static int
look_at (Look *look, pid_t pid)
{
  Process process = { 0 };

  if (pid == getpid ()
      || (!look->is_first && table_find (look->elders, pid) != NULL))
    return 0;
  if (!apm2_process_stat_read (&process.stat, pid))
    {
      look->n_gone++;
      return 0;
    }
  if (apm2_process_stat_is_over (&process.stat))
    return 0;
  if (process.stat.start_time < look->trace->since)
    return !look->is_first || table_add (look->elders, &process) ? 0 : -ENOMEM;
  process.word = apm2_leftover_trace_ask (look->trace, pid);
  if (look->stopping && process.word == APM2_LEFTOVER_WORD_OURS
      && is_ours_now (look->trace, &process))
    deal_with (look, &process);
  return table_add (&look->table, &process) ? 0 : -ENOMEM;
}

/* The greatest numbers first, which are mostly those of the youngest. */
static int
read_table (Look *look)
{
  pid_t *pids = NULL;
  ssize_t n = apm2_process_stat_list (&pids);
  int r = n < 0 ? (int) n : 0;

  for (ssize_t i = n - 1; r == 0 && i >= 0; i--)
    r = look_at (look, pids[i]);
  free (pids);
  table_sort (&look->table);
  if (look->is_first)
    table_sort (look->elders);
  return r;
}

static bool
is_ours (const Table *table, const Process *process)
{
  Apm2LeftoverWord word = APM2_LEFTOVER_WORD_NONE;

  /* Read at different times, parents may seem to go round. */
  for (int i = 0; i < DEPTH_MAX && process != NULL; i++)
    {
      if (process->word != APM2_LEFTOVER_WORD_NONE)
        word = process->word;
      process = table_find (table, process->stat.parent);
    }
  return word == APM2_LEFTOVER_WORD_OURS;
}

static void
deal_with_all (Look *look)
{
  for (size_t i = 0; i < look->table.length; i++)
    if (is_ours (&look->table, &look->table.list[i]))
      deal_with (look, &look->table.list[i]);
}

/* Stops what runs; if there is nothing that does, or that has been done too
 * often, kills what is there. */
static int
look_once (Look *look, int *n_stops, bool *ret_killed)
{
  int r = 0;

  look->stopping = *n_stops < STOPS_MAX;
  r = read_table (look);
  if (r < 0)
    return r;
  deal_with_all (look);
  if (look->stopping && look->n_found > 0)
    {
      (*n_stops)++;
      return 0;
    }
  if (look->stopping)
    {
      look->stopping = false;
      deal_with_all (look);
    }
  *n_stops = 0;
  *ret_killed = *ret_killed || look->n_found > 0;
  return 0;
}

static uint64_t
get_monotonic_usec (void)
{
  struct timespec now = { 0 };

  (void) clock_gettime (CLOCK_MONOTONIC, &now);
  return (uint64_t) now.tv_sec * USEC_PER_SEC + (uint64_t) now.tv_nsec / 1000;
}

static void
pause_briefly (void)
{
  (void) poll (NULL, 0, PAUSE_MSEC);
}

/* Consecutive looks that found nothing. */
typedef struct
{
  int n_sure;
  int n_all;
} Silence;

static bool
is_over (Silence *silence, const Look *look)
{
  if (look->n_found > 0)
    *silence = (Silence){ 0 };
  else
    {
      silence->n_all++;
      silence->n_sure += look->n_gone == 0 ? 1 : 0;
    }
  return silence->n_sure >= LOOKS || silence->n_all >= LOOKS_UNSURE;
}

/**
 * apm2_leftovers_end:
 * @trace: what is known of a job
 * @bound_usec: how long it may take at most
 * @ret_killed: (out): whether there was something
 *
 * Kills all that is left of the job, and that this process may kill.
 *
 * Returns: 0 if there is nothing left, -ETIME if there may be, or another
 *   negative errno
 */
int
apm2_leftovers_end (const Apm2LeftoverTrace *trace,
                    uint64_t bound_usec,
                    bool *ret_killed)
{
  const uint64_t end = get_monotonic_usec () + bound_usec;
  Table elders = { 0 };
  Silence silence = { 0 };
  int n_stops = 0;
  int r = 0;

  *ret_killed = false;
  for (bool is_first = true, over = false; r == 0 && !over; is_first = false)
    {
      Look look = { .trace = trace, .elders = &elders, .is_first = is_first };

      r = look_once (&look, &n_stops, ret_killed);
      free (look.table.list);
      over = is_over (&silence, &look);
      if (r == 0 && !over && get_monotonic_usec () >= end)
        r = -ETIME;
      if (!over)
        pause_briefly ();
    }
  free (elders.list);
  return r;
}

static int
read_trace (Apm2LeftoverTrace *ret_trace)
{
  char text[TRACE_MAX];
  size_t length = fread (text, 1, sizeof text - 1, stdin);

  if (ferror (stdin))
    return -EIO;
  text[length] = '\0';
  return apm2_leftover_trace_parse (ret_trace, text);
}

/**
 * apm2_leftovers_run:
 *
 * Does it for the job that the standard input is about, see
 * apm2_leftover_trace_parse().
 *
 * Returns: an exit status
 */
int
apm2_leftovers_run (void)
{
  Apm2LeftoverTrace trace = { 0 };
  bool killed = false;
  int r = read_trace (&trace);

  if (r == 0)
    r = apm2_leftovers_end (&trace, BOUND_USEC, &killed);
  if (killed)
    (void) fprintf (stderr,
                    "apm2-step: killed what a lost job had left behind, with "
                    "%s\n",
                    trace.entry);
  if (r < 0)
    (void) fprintf (stderr,
                    "apm2-step: cannot end what a lost job has left behind: "
                    "%s\n",
                    strerror (-r));
  apm2_leftover_trace_clear (&trace);
  return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
