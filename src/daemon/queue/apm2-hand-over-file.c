/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The files of hand-overs: what a caller writes into a socket becomes
 * private/fac/handover/NAME.bundle, in full or not at all.
 *
 * The bytes are copied rather than written by the caller, since only so a bound
 * on them holds, and nobody can change them afterwards. Each copy has a thread
 * of its own: it waits for a stranger, and the threads that others share must
 * not. The answer goes to the caller over the same socket, when the file is on
 * the disk.
 */

#include "apm2-hand-over-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "apm2-disk-floor.h"
#include "apm2-error.h"
#include "apm2-fs.h"
#include "apm2-job-id.h"

#define SUFFIX       ".bundle"
#define DRAFT_SUFFIX ".part"
#define CHUNK        (256 * 1024)

typedef struct
{
  char *dir;
  char *name;
  gboolean shared; /* with the worker's user, by the group */
  int fd;          /* (owned) */
  Apm2HandOverBounds bounds;
} TakeCall;

static void
take_call_free (gpointer data)
{
  TakeCall *call = data;

  apm2_fd_clear (&call->fd);
  g_free (call->dir);
  g_free (call->name);
  g_free (call);
}

static gboolean
write_all (int fd, const char *data, gsize length, GError **error)
{
  while (length > 0)
    {
      gssize n = write (fd, data, length);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        {
          apm2_error_set_errno (
              error, errno, "Cannot keep what is handed over");
          return FALSE;
        }
      data += n;
      length -= (gsize) n;
    }
  return TRUE;
}

/* Returns: bytes read, 0 at the end, -1 with an error. */
static gssize
read_some (const TakeCall *call, char *buffer, GError **error)
{
  gssize n = -1;

  do
    n = recv (call->fd, buffer, CHUNK, 0);
  while (n < 0 && errno == EINTR);
  if (n < 0 && errno == EAGAIN)
    g_set_error (error,
                 APM2_ERROR,
                 APM2_ERROR_TIMED_OUT,
                 "Nothing came for %u s",
                 call->bounds.idle_sec);
  else if (n < 0)
    apm2_error_set_errno (error, errno, "Cannot read what is handed over");
  return n;
}

static gboolean
copy (const TakeCall *call, int file, GError **error)
{
  g_autofree char *buffer = g_malloc (CHUNK);
  guint64 total = 0;
  gssize n = 0;

  while ((n = read_some (call, buffer, error)) > 0)
    {
      total += (guint64) n;
      if (total > call->bounds.bytes_max)
        {
          g_set_error (error,
                       APM2_ERROR,
                       APM2_ERROR_LIMIT_EXCEEDED,
                       "It has more than the %" G_GUINT64_FORMAT
                       " bytes of handover-max= in [source]",
                       call->bounds.bytes_max);
          return FALSE;
        }
      if (!write_all (file, buffer, (gsize) n, error))
        return FALSE;
    }
  if (n == 0 && total == 0)
    g_set_error_literal (error,
                         APM2_ERROR,
                         APM2_ERROR_INVALID_ARGUMENT,
                         "Nothing was handed over");
  return n == 0 && total > 0;
}

static gboolean
give_name (int dir, const char *draft, const char *name, GError **error)
{
  if (renameat (dir, draft, dir, name) == 0 && fsync (dir) == 0)
    return TRUE;
  apm2_error_set_errno (error, errno, "Cannot keep what was handed over");
  return FALSE;
}

static gboolean
take_into (const TakeCall *call, int dir, GError **error)
{
  g_autofree char *draft = g_strconcat (call->name, DRAFT_SUFFIX, NULL);
  g_autofree char *name = g_strconcat (call->name, SUFFIX, NULL);
  apm2_autofd int file = openat (
      dir, draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  gboolean done = FALSE;

  if (file < 0)
    {
      apm2_error_set_errno (
          error, errno, "Cannot make %s/%s", call->dir, draft);
      return FALSE;
    }
  done = copy (call, file, error);
  if (done && call->shared && fchmod (file, 0640) < 0)
    {
      apm2_error_set_errno (error, errno, "Cannot share what was handed over");
      done = FALSE;
    }
  if (done && fsync (file) < 0)
    {
      apm2_error_set_errno (error, errno, "Cannot keep what was handed over");
      done = FALSE;
    }
  done = done && give_name (dir, draft, name, error);
  if (!done)
    (void) unlinkat (dir, draft, 0);
  return done;
}

static gboolean
take (const TakeCall *call, GError **error)
{
  const Apm2DiskFloor floor
      = { call->bounds.disk_floor, call->bounds.disk_floor_percent };
  const struct timeval idle = { .tv_sec = call->bounds.idle_sec };
  apm2_autofd int dir = -1;

  if (!apm2_fs_ensure_dir (call->dir, call->shared ? 0750 : 0700, error)
      || !apm2_disk_floor_check (&floor, call->dir, NULL, error))
    return FALSE;
  if (setsockopt (call->fd, SOL_SOCKET, SO_RCVTIMEO, &idle, sizeof idle) < 0
      || setsockopt (call->fd, SOL_SOCKET, SO_SNDTIMEO, &idle, sizeof idle) < 0)
    {
      apm2_error_set_errno (error, errno, "Cannot bound the wait");
      return FALSE;
    }
  dir = apm2_fs_open_dir (call->dir, error);
  return dir >= 0 && take_into (call, dir, error);
}

/* Who still writes hears it by the end of the way there. */
static void
answer (const TakeCall *call, const GError *error)
{
  g_autofree char *text = error != NULL
                              ? g_strdup_printf ("error: %s\n", error->message)
                              : g_strdup ("ok\n");

  (void) shutdown (call->fd, SHUT_RD);
  (void) send (call->fd, text, strlen (text), MSG_NOSIGNAL);
}

static gpointer
take_thread (gpointer data)
{
  g_autoptr (GTask) task = data;
  const TakeCall *call = g_task_get_task_data (task);
  GError *error = NULL;

  (void) take (call, &error);
  answer (call, error);
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
  return NULL;
}

static char *
get_dir (const Apm2Paths *paths)
{
  return g_build_filename (paths->fac_dir, "handover", NULL);
}

/**
 * apm2_hand_over_file_take_async:
 * @paths: where it goes
 * @name: what it shall be called; a valid job id
 * @fd: (transfer full): a stream socket; its peer writes, ends that way, and
 *   reads the answer: "ok", or "error: " and why, and a line feed
 * @bounds: how much, and how slowly
 * @callback: called when it is there, or will never be
 * @user_data: for @callback
 */
void
apm2_hand_over_file_take_async (const Apm2Paths *paths,
                                const char *name,
                                int fd,
                                const Apm2HandOverBounds *bounds,
                                GAsyncReadyCallback callback,
                                gpointer user_data)
{
  GTask *task = g_task_new (NULL, NULL, callback, user_data);
  TakeCall *call = g_new0 (TakeCall, 1);
  GThread *thread = NULL;
  GError *error = NULL;

  call->dir = get_dir (paths);
  call->name = g_strdup (name);
  call->shared = paths->mode == APM2_MODE_SYSTEM;
  call->fd = fd;
  call->bounds = *bounds;
  g_task_set_source_tag (task, apm2_hand_over_file_take_async);
  g_task_set_task_data (task, call, take_call_free);
  thread = g_thread_try_new ("hand-over", take_thread, task, &error);
  if (thread != NULL)
    {
      g_thread_unref (thread);
      return;
    }
  g_task_return_error (task, error);
  g_object_unref (task);
}

gboolean
apm2_hand_over_file_take_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
list_file (GHashTable *ages, int dir, const char *file)
{
  g_autofree char *name = NULL;
  struct stat st = { 0 };

  /* What an earlier broker did not see the end of. */
  if (g_str_has_suffix (file, DRAFT_SUFFIX))
    (void) unlinkat (dir, file, 0);
  if (!g_str_has_suffix (file, SUFFIX)
      || fstatat (dir, file, &st, AT_SYMLINK_NOFOLLOW) < 0)
    return;
  name = g_strndup (file, strlen (file) - strlen (SUFFIX));
  if (apm2_job_id_is_valid (name))
    {
      gint64 *age = g_new (gint64, 1);

      *age = MAX (g_get_real_time () / G_USEC_PER_SEC - st.st_mtime, 0);
      g_hash_table_insert (ages, g_steal_pointer (&name), age);
    }
}

static void
list_in_thread (GTask *task,
                gpointer source,
                gpointer data,
                GCancellable *cancellable)
{
  const char *path = data;
  GHashTable *ages
      = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  apm2_autofd int fd = dir != NULL ? apm2_fs_open_dir (path, NULL) : -1;
  const char *file = NULL;

  while (fd >= 0 && (file = g_dir_read_name (dir)) != NULL)
    list_file (ages, fd, file);
  g_task_return_pointer (task, ages, (GDestroyNotify) g_hash_table_unref);
}

/**
 * apm2_hand_over_file_list_async:
 * @paths: where they are
 * @callback: called when they are known
 * @user_data: for @callback
 *
 * Removes what no earlier broker has seen the end of.
 */
void
apm2_hand_over_file_list_async (const Apm2Paths *paths,
                                GAsyncReadyCallback callback,
                                gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);

  g_task_set_source_tag (task, apm2_hand_over_file_list_async);
  g_task_set_task_data (task, get_dir (paths), g_free);
  g_task_run_in_thread (task, list_in_thread);
}

/**
 * apm2_hand_over_file_list_finish:
 * @result: of apm2_hand_over_file_list_async()
 * @error: return location
 *
 * Returns: (transfer full) (element-type utf8 gint64): the names, each with the
 *   seconds since it was written
 */
GHashTable *
apm2_hand_over_file_list_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
remove_in_thread (GTask *task,
                  gpointer source,
                  gpointer data,
                  GCancellable *cancellable)
{
  (void) g_unlink (data);
  g_task_return_boolean (task, TRUE);
}

/**
 * apm2_hand_over_file_remove:
 * @paths: where it is
 * @name: of one that nobody needs
 *
 * Removes it, soon.
 */
void
apm2_hand_over_file_remove (const Apm2Paths *paths, const char *name)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, NULL, NULL);
  g_autofree char *dir = get_dir (paths);
  g_autofree char *file = g_strconcat (name, SUFFIX, NULL);

  g_task_set_source_tag (task, apm2_hand_over_file_remove);
  g_task_set_task_data (task, g_build_filename (dir, file, NULL), g_free);
  g_task_run_in_thread (task, remove_in_thread);
}
