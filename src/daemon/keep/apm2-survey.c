/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What lies in the directories that housekeeping watches over, how large it is,
 * and when it was last used.
 *
 * Goes by descriptor and follows no link. Sizes are what the disk has given
 * away; where one may not look, or there is too much to look at, they are what
 * was seen.
 */

#include "apm2-survey.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "apm2-fs.h"
#include "apm2-log.h"
#include "apm2-remnant.h"

/* Of one thing. A mirror has a few thousand files. */
#define FILES_MAX 200000
#define DEPTH_MAX 32

#define SECTOR_BYTES 512

typedef struct
{
  guint64 bytes;
  gint64 newest;
  guint n_files;
} Tally;

/* Returns: (nullable): the directory, which takes over @fd. */
static DIR *
open_at (int at, const char *name)
{
  int fd = openat (
      at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
  DIR *dir = fd >= 0 ? fdopendir (fd) : NULL;

  if (dir == NULL)
    apm2_fd_clear (&fd);
  return dir;
}

static gboolean
is_dots (const char *name)
{
  return g_str_equal (name, ".") || g_str_equal (name, "..");
}

static void
tally_add (Tally *tally, int at, const char *name, guint depth)
{
  const struct dirent *entry = NULL;
  struct stat info;
  DIR *dir = NULL;

  if (tally->n_files++ >= FILES_MAX
      || fstatat (at, name, &info, AT_SYMLINK_NOFOLLOW) < 0)
    return;
  tally->bytes += (guint64) info.st_blocks * SECTOR_BYTES;
  tally->newest = MAX (tally->newest,
                       (gint64) info.st_mtim.tv_sec * G_USEC_PER_SEC
                           + info.st_mtim.tv_nsec / 1000);
  if (!S_ISDIR (info.st_mode) || depth >= DEPTH_MAX)
    return;
  dir = open_at (at, name);
  if (dir == NULL)
    return;
  while ((entry = readdir (dir)) != NULL)
    if (!is_dots (entry->d_name))
      tally_add (tally, dirfd (dir), entry->d_name, depth + 1);
  (void) closedir (dir);
}

static gboolean
is_reason_of_another (int at, const char *name)
{
  g_autofree char *spec = NULL;
  struct stat info;

  if (!g_str_has_suffix (name, ".json.reason"))
    return FALSE;
  spec = g_strndup (name, strlen (name) - strlen (".reason"));
  return fstatat (at, spec, &info, AT_SYMLINK_NOFOLLOW) == 0;
}

static gboolean
is_watched (int at, const Apm2Remnant *remnant)
{
  if (apm2_remnant_is_half_gone (remnant) || apm2_remnant_is_leftover (remnant))
    return TRUE;
  if (remnant->name[0] == '.')
    return FALSE;
  switch (remnant->kind)
    {
    case APM2_SWEEP_LOG:
    case APM2_SWEEP_WORKSPACE:
      return apm2_remnant_is_of_job (remnant);
    case APM2_SWEEP_MIRROR:
      return g_str_has_suffix (remnant->name, ".git");
    case APM2_SWEEP_QUARANTINE:
      return !is_reason_of_another (at, remnant->name);
    case APM2_SWEEP_HANDOVER:
      return g_str_has_suffix (remnant->name, ".bundle");
    case APM2_SWEEP_TEMPORARY:
    case APM2_N_SWEEP_KINDS:
    default:
      return FALSE;
    }
}

static void
look_at (GPtrArray *remnants, Apm2SweepKind kind, int fd, const char *name)
{
  g_autoptr (Apm2Remnant) remnant = apm2_remnant_new (kind, name, 0, 0);
  Tally tally = { 0 };

  if (!is_watched (fd, remnant))
    return;
  tally_add (&tally, fd, name, 0);
  remnant->bytes = tally.bytes;
  remnant->stamp = apm2_sweep_get_stamp (fd, kind, name);
  /* The directory of a job's logs does not tell when the last was written. */
  if (kind == APM2_SWEEP_LOG || kind == APM2_SWEEP_WORKSPACE)
    remnant->stamp = MAX (remnant->stamp, tally.newest);
  if (remnant->stamp > 0)
    g_ptr_array_add (remnants, g_steal_pointer (&remnant));
}

/* A directory that is not there, or not ours to read, holds nothing. */
static void
look_into (GPtrArray *remnants, const Apm2Paths *paths, Apm2SweepKind kind)
{
  g_autofree char *path = apm2_sweep_get_dir (paths, kind);
  g_autoptr (GError) error = NULL;
  apm2_autofd int fd = apm2_fs_open_dir (path, &error);
  const struct dirent *entry = NULL;
  DIR *dir = NULL;

  if (fd < 0)
    {
      apm2_log (G_LOG_LEVEL_DEBUG,
                NULL,
                "Not looking for what may be removed: %s",
                error->message);
      return;
    }
  dir = open_at (fd, ".");
  if (dir == NULL)
    return;
  while ((entry = readdir (dir)) != NULL)
    if (!is_dots (entry->d_name))
      look_at (remnants, kind, fd, entry->d_name);
  (void) closedir (dir);
}

/**
 * apm2_survey_run:
 * @paths: the paths
 *
 * Blocks: for a thread.
 *
 * Returns: (transfer full) (element-type Apm2Remnant): what there is
 */
GPtrArray *
apm2_survey_run (const Apm2Paths *paths)
{
  GPtrArray *remnants
      = g_ptr_array_new_with_free_func ((GDestroyNotify) apm2_remnant_free);

  for (guint kind = 0; kind < APM2_N_SWEEP_KINDS; kind++)
    look_into (remnants, paths, kind);
  return remnants;
}

static void
run_in_thread (GTask *task,
               gpointer source,
               gpointer data,
               GCancellable *cancellable)
{
  g_task_return_pointer (
      task, apm2_survey_run (data), (GDestroyNotify) g_ptr_array_unref);
}

/**
 * apm2_survey_run_async:
 * @paths: the paths
 * @callback: called when it is done
 * @user_data: for @callback
 */
void
apm2_survey_run_async (const Apm2Paths *paths,
                       GAsyncReadyCallback callback,
                       gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);

  g_task_set_task_data (
      task, apm2_paths_copy (paths), (GDestroyNotify) apm2_paths_free);
  g_task_run_in_thread (task, run_in_thread);
}

/**
 * apm2_survey_run_finish:
 * @result: what the callback got
 *
 * Returns: (transfer full) (element-type Apm2Remnant): what there is
 */
GPtrArray *
apm2_survey_run_finish (GAsyncResult *result)
{
  return g_task_propagate_pointer (G_TASK (result), NULL);
}
