/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What is left of a job that has lost its caller before it got into its scope.
 *
 * Its supervisor ends all that is below it, and itself. If it does not, since
 * somebody has stopped it, that is done here: what descends from it works for
 * the job, and nothing leaves it as long as it lives.
 */

#include "apm2-strays.h"

#include <signal.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "apm2-descendants.h"
#include "apm2-fs.h"

/* From one look to the next. */
#define PAUSE_MSEC 5
/* So long a supervisor has to do it by itself. */
#define WATCHER_USEC (200 * G_TIME_SPAN_MILLISECOND)
/* So long the slot waits at most. */
#define BOUND_USEC (5 * G_TIME_SPAN_SECOND)

typedef struct
{
  Apm2ProcessId watcher;
  gint64 start; /* monotonic */
} Strays;

static gboolean
contains (const GArray *pids, pid_t pid)
{
  for (guint i = 0; i < pids->len; i++)
    if (g_array_index (pids, pid_t, i) == pid)
      return TRUE;
  return FALSE;
}

/* The number may have become another's: hold the process, then look. Returns
 * whether it lived. */
static gboolean
kill_one (const GArray *tree, pid_t pid)
{
  apm2_autofd int fd = pidfd_open (pid, 0);
  Apm2ProcessId process = { 0, 0 };
  Apm2ProcessId parent = { 0, 0 };

  return fd >= 0 && apm2_process_id_read (&process, pid, &parent)
         && contains (tree, parent.pid)
         && pidfd_send_signal (fd, SIGKILL, NULL, 0) == 0;
}

/* Returns: how many lived */
static guint
kill_below (const Apm2ProcessId *watcher)
{
  g_autoptr (GArray) tree = apm2_descendants_list (watcher->pid, NULL);
  guint count = 0;

  for (guint i = 1; i < tree->len; i++)
    if (kill_one (tree, g_array_index (tree, pid_t, i)))
      count++;
  return count;
}

static void
kill_watcher (const Apm2ProcessId *watcher)
{
  apm2_autofd int fd = apm2_process_id_open (watcher);

  if (fd >= 0)
    (void) pidfd_send_signal (fd, SIGKILL, NULL, 0);
}

/* Returns: whether there is no more to do */
static gboolean
look (GTask *task)
{
  const Strays *self = g_task_get_task_data (task);
  const gint64 passed = g_get_monotonic_time () - self->start;

  if (!apm2_process_id_is_alive (&self->watcher) || passed > BOUND_USEC)
    {
      g_task_return_boolean (task, passed <= BOUND_USEC);
      return TRUE;
    }
  if (passed > WATCHER_USEC && kill_below (&self->watcher) == 0)
    kill_watcher (&self->watcher);
  return FALSE;
}

static gboolean
on_pause_over (gpointer user_data)
{
  return look (user_data) ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

/**
 * apm2_strays_end_async:
 * @watcher: what watches over the command of an attached job whose caller is
 *   gone, none if it is not known
 * @callback: called when it has ended, or after 5 s
 * @user_data: for @callback
 *
 * Waits for its end, and ends it with all that is below it if that takes long.
 */
void
apm2_strays_end_async (const Apm2ProcessId *watcher,
                       GAsyncReadyCallback callback,
                       gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  Strays *self = g_new0 (Strays, 1);

  self->watcher = *watcher;
  self->start = g_get_monotonic_time ();
  g_task_set_task_data (task, self, g_free);
  if (!look (task))
    g_timeout_add_full (G_PRIORITY_DEFAULT,
                        PAUSE_MSEC,
                        on_pause_over,
                        g_object_ref (task),
                        g_object_unref);
}

/**
 * apm2_strays_end_finish:
 * @result: what the callback got
 *
 * Returns: whether it has ended
 */
gboolean
apm2_strays_end_finish (GAsyncResult *result)
{
  return g_task_propagate_boolean (G_TASK (result), NULL);
}
