/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The processes below this one, and how to end all of them.
 *
 * This process is a subreaper: whatever the job forks, in whatever session,
 * stays below it or comes back to it as a child when its parent dies. So
 * killing children until there is none left ends everything, and a child that
 * has not been waited for cannot have given its pid to a stranger.
 *
 * Needs /proc. A process that another user's rights protect from us does not
 * exist here: jobs run with no-new-privileges. One that hides from /proc, which
 * some sandboxes allow, is still on the kernel's list of our children.
 */

#include "apm2-process-tree.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "apm2-process-stat.h"

typedef struct
{
  pid_t pid;
  pid_t parent;
  bool ours;
} Process;

typedef struct
{
  Process *list;
  size_t length;
  size_t room;
} Table;

static bool
table_add (Table *table, pid_t pid, pid_t parent)
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
  table->list[table->length++] = (Process){ pid, parent, false };
  return true;
}

static void
table_read (Table *table)
{
  pid_t *pids = NULL;
  ssize_t n = apm2_process_stat_list (&pids);

  for (ssize_t i = 0; i < n; i++)
    {
      Apm2ProcessStat stat;

      if (apm2_process_stat_read (&stat, pids[i]) && stat.parent > 0
          && !table_add (table, stat.pid, stat.parent))
        break;
    }
  free (pids);
}

/* The list of the only thread. It is an option of the kernel, and it may lack
 * some while others die. */
static void
table_read_children (Table *table)
{
  char path[64];
  pid_t self = getpid ();
  long pid = 0;
  FILE *file = NULL;

  (void) snprintf (
      path, sizeof path, "/proc/self/task/%d/children", (int) self);
  file = fopen (path, "re");
  if (file == NULL)
    return;
  while (fscanf (file, "%9ld", &pid) == 1 && pid > 0
         && table_add (table, (pid_t) pid, self))
    continue;
  (void) fclose (file);
}

static int
compare_pids (const void *a, const void *b)
{
  const Process *left = a;
  const Process *right = b;

  return (left->pid > right->pid) - (left->pid < right->pid);
}

/* Marks what descends from this process: a round a generation. */
static void
table_mark (Table *table)
{
  pid_t self = getpid ();
  bool again = true;

  if (table->length > 0)
    qsort (table->list, table->length, sizeof *table->list, compare_pids);
  while (again)
    {
      again = false;
      for (size_t i = 0; i < table->length; i++)
        {
          Process *process = &table->list[i];
          const Process key = { .pid = process->parent };
          const Process *parent = NULL;

          if (process->ours)
            continue;
          parent = bsearch (&key,
                            table->list,
                            table->length,
                            sizeof *table->list,
                            compare_pids);
          process->ours
              = process->parent == self || (parent != NULL && parent->ours);
          again |= process->ours;
        }
    }
}

/* The number may belong to somebody else by now: hold the process, then look
 * whether it is still the one, or one whose parent has died meanwhile. */
static void
signal_process (const Process *process, int signal_number)
{
  int fd = pidfd_open (process->pid, 0);
  Apm2ProcessStat now;

  if (fd < 0)
    return;
  if (apm2_process_stat_read (&now, process->pid)
      && (now.parent == process->parent || now.parent == getpid ()))
    (void) pidfd_send_signal (fd, signal_number, NULL, 0);
  (void) close (fd);
}

/**
 * apm2_process_tree_signal:
 * @signal_number: a signal that ends
 *
 * Sends it to every process below this one, and SIGCONT, so that stopped ones
 * can obey.
 *
 * Returns: how many
 */
size_t
apm2_process_tree_signal (int signal_number)
{
  Table table = { 0 };
  size_t count = 0;

  table_read (&table);
  table_mark (&table);
  for (size_t i = 0; i < table.length; i++)
    {
      if (!table.list[i].ours)
        continue;
      signal_process (&table.list[i], signal_number);
      if (signal_number != SIGKILL)
        signal_process (&table.list[i], SIGCONT);
      count++;
    }
  free (table.list);
  return count;
}

static bool
is_spared (pid_t pid, const pid_t *spared, size_t n_spared)
{
  for (size_t i = 0; i < n_spared; i++)
    {
      if (spared[i] == pid)
        return true;
    }
  return false;
}

static size_t
kill_children (const Table *table, const pid_t *spared, size_t n_spared)
{
  pid_t self = getpid ();
  size_t count = 0;

  for (size_t i = 0; i < table->length; i++)
    {
      pid_t pid = table->list[i].pid;

      if (table->list[i].parent != self || is_spared (pid, spared, n_spared))
        continue;
      count++;
      if (getpgid (pid) == pid)
        (void) kill (-pid, SIGKILL);
      (void) kill (pid, SIGKILL);
      (void) waitpid (pid, NULL, WNOHANG);
    }
  return count;
}

/**
 * apm2_process_tree_kill:
 * @spared: (array length=n_spared): children to leave alone
 * @n_spared: how many
 *
 * Kills the children of this process, with the process groups that they lead,
 * and takes away those that are dead. Their own children become ours, so this
 * is called again, on SIGCHLD or a little later, until nothing is left.
 *
 * Returns: how many children were found
 */
size_t
apm2_process_tree_kill (const pid_t *spared, size_t n_spared)
{
  Table table = { 0 };
  size_t count = 0;

  table_read (&table);
  count = kill_children (&table, spared, n_spared);
  free (table.list);
  return count;
}

/**
 * apm2_process_tree_kill_hidden:
 * @spared: (array length=n_spared): children to leave alone
 * @n_spared: how many
 *
 * Like apm2_process_tree_kill(), in a process of one thread, for when that
 * finds no more although some are left.
 *
 * Returns: how many children were found
 */
size_t
apm2_process_tree_kill_hidden (const pid_t *spared, size_t n_spared)
{
  Table table = { 0 };
  size_t count = 0;

  table_read_children (&table);
  count = kill_children (&table, spared, n_spared);
  free (table.list);
  return count;
}
