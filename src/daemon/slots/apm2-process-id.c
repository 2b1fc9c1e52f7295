/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Which process is which.
 *
 * All that is read is of the kernel's making and in memory, so that it may be
 * read in the main loop.
 */

#include "apm2-process-id.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "apm2-fs.h"

#define WORKER_PREFIX "run-"

/* The longest of the files: a control group's path of PATH_MAX. */
#define FILE_MAX 8192

/* The fields of /proc/PID/stat behind the name, counted from the state. */
enum
{
  FIELD_STATE = 0,
  FIELD_PARENT = 1,
  FIELD_START_TIME = 19,
};

static char *
read_file (pid_t pid, const char *name)
{
  g_autofree char *file = g_strdup_printf ("/proc/%d/%s", (int) pid, name);
  g_autofree char *text = g_malloc (FILE_MAX);
  apm2_autofd int fd = open (file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  gsize length = 0;

  if (fd < 0)
    return NULL;
  while (length < FILE_MAX - 1)
    {
      ssize_t n = read (fd, text + length, FILE_MAX - 1 - length);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return NULL;
      if (n == 0)
        break;
      length += (gsize) n;
    }
  text[length] = '\0';
  return g_steal_pointer (&text);
}

/* Returns the fields from the state on; the name before them may hold anything.
 */
static GStrv
read_stat (pid_t pid)
{
  g_autofree char *text = read_file (pid, "stat");
  const char *end = text != NULL ? strrchr (text, ')') : NULL;
  g_auto (GStrv) fields = NULL;

  if (end == NULL || end[1] != ' ')
    return NULL;
  fields = g_strsplit (end + 2, " ", FIELD_START_TIME + 2);
  return g_strv_length (fields) > FIELD_START_TIME ? g_steal_pointer (&fields)
                                                   : NULL;
}

static gboolean
is_over (GStrv stat)
{
  return strchr ("ZXx", stat[FIELD_STATE][0]) != NULL;
}

/**
 * apm2_process_id_read:
 * @self: (out): the process
 * @pid: its number
 * @ret_parent: (out) (optional): its parent, of which only the number is known
 *
 * Returns: %FALSE if there is no process with that number, or it has ended
 */
gboolean
apm2_process_id_read (Apm2ProcessId *self, pid_t pid, Apm2ProcessId *ret_parent)
{
  g_auto (GStrv) stat = pid > 0 ? read_stat (pid) : NULL;

  if (stat == NULL || is_over (stat))
    return FALSE;
  self->pid = pid;
  self->start_time = g_ascii_strtoull (stat[FIELD_START_TIME], NULL, 10);
  if (ret_parent != NULL)
    *ret_parent = (Apm2ProcessId){
      (pid_t) g_ascii_strtoll (stat[FIELD_PARENT], NULL, 10), 0
    };
  return TRUE;
}

gboolean
apm2_process_id_equal (const Apm2ProcessId *self, const Apm2ProcessId *other)
{
  return self->pid != 0 && self->pid == other->pid
         && self->start_time == other->start_time;
}

/**
 * apm2_process_id_is_alive:
 * @self: a process
 *
 * Returns: whether it has not ended; one that nobody waits for has
 */
gboolean
apm2_process_id_is_alive (const Apm2ProcessId *self)
{
  Apm2ProcessId now = { 0 };

  return apm2_process_id_read (&now, self->pid, NULL)
         && apm2_process_id_equal (self, &now);
}

/**
 * apm2_process_id_has_ended:
 * @pid: number of a process, which may be hidden from us
 *
 * Returns: whether the kernel says that it has ended
 */
gboolean
apm2_process_id_has_ended (pid_t pid)
{
  apm2_autofd int fd = (int) syscall (SYS_pidfd_open, pid, 0);
  struct pollfd fds = { .fd = fd, .events = POLLIN };

  if (fd < 0)
    return errno == ESRCH;
  return poll (&fds, 1, 0) > 0;
}

/**
 * apm2_process_id_open:
 * @self: a process
 *
 * Returns: a file descriptor that is readable once it has ended, or -1 if it
 *   has already
 */
int
apm2_process_id_open (const Apm2ProcessId *self)
{
  apm2_autofd int fd = -1;

  if (self->pid <= 0)
    return -1;
  fd = (int) syscall (SYS_pidfd_open, self->pid, 0);
  /* Afterwards: now the number cannot become another's any more. */
  if (fd < 0 || !apm2_process_id_is_alive (self))
    return -1;
  return g_steal_fd (&fd);
}

/**
 * apm2_process_id_get_cgroup:
 * @self: a process
 *
 * Returns: (transfer full) (nullable): path of its control group from the root
 *   of the one hierarchy, %NULL if it has ended or there is no such hierarchy
 */
char *
apm2_process_id_get_cgroup (const Apm2ProcessId *self)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  if (self->pid <= 0)
    return NULL;
  text = read_file (self->pid, "cgroup");
  if (text == NULL || !apm2_process_id_is_alive (self))
    return NULL;
  lines = g_strsplit (text, "\n", -1);
  for (gsize i = 0; lines[i] != NULL; i++)
    if (g_str_has_prefix (lines[i], "0::/"))
      return g_strdup (lines[i] + strlen ("0::"));
  return NULL;
}

/**
 * apm2_process_id_to_worker:
 * @self: the process of a caller
 *
 * Returns: (transfer full): what the store keeps as the worker of its job
 */
char *
apm2_process_id_to_worker (const Apm2ProcessId *self)
{
  return g_strdup_printf (
      WORKER_PREFIX "%d-%" G_GUINT64_FORMAT, (int) self->pid, self->start_time);
}

/**
 * apm2_process_id_from_worker:
 * @self: (out): the process
 * @worker: (nullable): what the store kept
 *
 * Returns: %FALSE if @worker is no such name; @self is none then
 */
gboolean
apm2_process_id_from_worker (Apm2ProcessId *self, const char *worker)
{
  g_auto (GStrv) parts = NULL;
  guint64 pid = 0;

  *self = (Apm2ProcessId){ 0, 0 };
  if (worker == NULL || !g_str_has_prefix (worker, WORKER_PREFIX))
    return FALSE;
  parts = g_strsplit (worker + strlen (WORKER_PREFIX), "-", 3);
  if (g_strv_length (parts) != 2
      || !g_ascii_string_to_unsigned (parts[0], 10, 1, G_MAXINT, &pid, NULL)
      || !g_ascii_string_to_unsigned (
          parts[1], 10, 0, G_MAXUINT64, &self->start_time, NULL))
    {
      self->start_time = 0;
      return FALSE;
    }
  self->pid = (pid_t) pid;
  return TRUE;
}
