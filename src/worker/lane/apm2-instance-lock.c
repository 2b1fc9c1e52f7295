/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * One process of a worker's name at a time touches its units.
 *
 * The broker refuses a second one when it registers. By then it would have
 * stopped the free slots of the first, and followed its jobs.
 */

#include "apm2-instance-lock.h"

#include <errno.h>
#include <fcntl.h>

#include "apm2-error.h"
#include "apm2-fs.h"
#include "apm2-lane-files.h"
#include "apm2-log.h"

/* Before it is looked again whether the other one has ended. */
#define AGAIN_MSEC 1000

/**
 * apm2_instance_lock_try:
 * @paths: the paths, whose directories of lanes are there
 * @instance: name of a worker
 * @error: BUSY if another process has it, with what helps
 *
 * Returns: a descriptor that holds the lock until it is closed, also by the end
 *   of the process; -1 on error
 */
int
apm2_instance_lock_try (const Apm2Paths *paths,
                        const char *instance,
                        GError **error)
{
  g_autofree char *dir = apm2_lane_files_get_directory (paths);
  g_autofree char *path = g_strdup_printf ("%s/%s.lock", dir, instance);
  int fd = apm2_fs_try_lock (AT_FDCWD, path, 0600);

  if (fd >= 0)
    return fd;
  if (fd == -EWOULDBLOCK)
    g_set_error (error,
                 APM2_ERROR,
                 APM2_ERROR_BUSY,
                 "Another process runs as worker \"%s\" here: stop it, or "
                 "choose another name with --instance",
                 instance);
  else
    apm2_error_set_errno (error, -fd, "Cannot lock %s", path);
  return -1;
}

typedef struct
{
  const Apm2Paths *paths;
  char *instance;
  gboolean told; /* that it waits */
} Wait;

static void
wait_free (gpointer data)
{
  Wait *self = data;

  g_free (self->instance);
  g_free (self);
}

/* Returns: whether there is nothing to wait for any more */
static gboolean
look (GTask *task)
{
  Wait *self = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  int fd = apm2_instance_lock_try (self->paths, self->instance, &error);

  if (fd >= 0)
    {
      g_task_return_int (task, fd);
      return TRUE;
    }
  if (!self->told)
    apm2_log (G_LOG_LEVEL_WARNING,
              APM2_LOG_WITH (.worker = self->instance),
              "%s; trying on",
              error->message);
  self->told = TRUE;
  return FALSE;
}

static gboolean
on_again (gpointer user_data)
{
  return look (user_data) ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

/**
 * apm2_instance_lock_take_async:
 * @paths: the paths, whose directories of lanes are there; must outlive the
 * wait
 * @instance: name of a worker
 * @callback: called when no other process runs as that worker
 * @user_data: for @callback
 *
 * What hinders is told in the log, once.
 */
void
apm2_instance_lock_take_async (const Apm2Paths *paths,
                               const char *instance,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  Wait *self = g_new0 (Wait, 1);

  g_task_set_source_tag (task, apm2_instance_lock_take_async);
  self->paths = paths;
  self->instance = g_strdup (instance);
  g_task_set_task_data (task, self, wait_free);
  if (look (task))
    return;
  (void) g_timeout_add_full (G_PRIORITY_DEFAULT,
                             AGAIN_MSEC,
                             on_again,
                             g_steal_pointer (&task),
                             g_object_unref);
}

/**
 * apm2_instance_lock_take_finish:
 * @result: of apm2_instance_lock_take_async()
 *
 * Returns: a descriptor that holds it
 */
int
apm2_instance_lock_take_finish (GAsyncResult *result)
{
  return (int) g_task_propagate_int (G_TASK (result), NULL);
}
