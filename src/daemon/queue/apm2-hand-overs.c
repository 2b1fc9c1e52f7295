/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Commits that callers hand over, from the first byte until nobody needs them.
 *
 * A hand-over has the name of the job that it is for. So whether somebody needs
 * it is no record of its own that could be lost: it is needed while a job of
 * that name is open, goes when the job ends, and one whose job never came is
 * removed an hour later.
 */

#include "apm2-hand-overs.h"

#include <errno.h>
#include <sys/socket.h>

#include "apm2-error.h"
#include "apm2-fs.h"
#include "apm2-hand-over-file.h"
#include "apm2-job-id.h"
#include "apm2-log.h"
#include "apm2-time.h"

#define PRUNE_SEC 600

struct _Apm2HandOvers
{
  GObject parent_instance;

  const Apm2Paths *paths; /* borrowed: outlives the broker's parts */
  Apm2ActiveConfig *config;
  Apm2JobTable *table;
  GHashTable *known; /* (element-type utf8 gint64) name, boottime of birth */
  guint timer;
};

G_DEFINE_FINAL_TYPE (Apm2HandOvers, apm2_hand_overs, G_TYPE_OBJECT)

static void
apm2_hand_overs_finalize (GObject *object)
{
  Apm2HandOvers *self = APM2_HAND_OVERS (object);

  g_clear_handle_id (&self->timer, g_source_remove);
  g_hash_table_unref (self->known);
  g_object_unref (self->table);
  g_object_unref (self->config);
  G_OBJECT_CLASS (apm2_hand_overs_parent_class)->finalize (object);
}

static void
apm2_hand_overs_class_init (Apm2HandOversClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = apm2_hand_overs_finalize;
}

static void
apm2_hand_overs_init (Apm2HandOvers *self)
{
  self->known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
}

static gboolean
is_needed (Apm2HandOvers *self, const char *name)
{
  const Apm2Job *job = apm2_job_table_find (self->table, name);

  return job != NULL && !apm2_job_state_is_final (job->state);
}

static void
on_finished (Apm2HandOvers *self, Apm2Job *job)
{
  const char *name = job->stored->id;

  if (!g_hash_table_contains (self->known, name))
    return;
  apm2_hand_over_file_remove (self->paths, name);
  (void) g_hash_table_remove (self->known, name);
}

/**
 * apm2_hand_overs_new:
 * @paths: (transfer none): where the files are; must outlive the object
 * @config: the bounds
 * @table: the jobs that need them
 *
 * Returns: (transfer full): no hand-overs yet
 */
Apm2HandOvers *
apm2_hand_overs_new (const Apm2Paths *paths,
                     Apm2ActiveConfig *config,
                     Apm2JobTable *table)
{
  Apm2HandOvers *self = g_object_new (APM2_TYPE_HAND_OVERS, NULL);

  self->paths = paths;
  self->config = g_object_ref (config);
  self->table = g_object_ref (table);
  g_signal_connect_object (
      table, "finished", G_CALLBACK (on_finished), self, G_CONNECT_SWAPPED);
  return self;
}

static gboolean
is_stale (Apm2HandOvers *self, const char *name, gint64 born)
{
  gint64 age = apm2_time_boottime_usec () - born;

  return age > APM2_HAND_OVER_UNCLAIMED_SEC * (gint64) G_USEC_PER_SEC
         && !is_needed (self, name);
}

/**
 * apm2_hand_overs_prune:
 * @self: the hand-overs
 *
 * Removes those whose job did not come in time.
 */
void
apm2_hand_overs_prune (Apm2HandOvers *self)
{
  GHashTableIter iter;
  gpointer name = NULL;
  gpointer born = NULL;

  g_return_if_fail (APM2_IS_HAND_OVERS (self));

  g_hash_table_iter_init (&iter, self->known);
  while (g_hash_table_iter_next (&iter, &name, &born))
    {
      if (!is_stale (self, name, *(gint64 *) born))
        continue;
      apm2_hand_over_file_remove (self->paths, name);
      g_hash_table_iter_remove (&iter);
    }
}

/* No timer runs where there is nothing to prune. */
static gboolean
on_prune (gpointer user_data)
{
  Apm2HandOvers *self = user_data;

  apm2_hand_overs_prune (self);
  if (g_hash_table_size (self->known) > 0)
    return G_SOURCE_CONTINUE;
  self->timer = 0;
  return G_SOURCE_REMOVE;
}

static void
know (Apm2HandOvers *self, const char *name, gint64 age_sec)
{
  gint64 *born = g_new (gint64, 1);

  *born = apm2_time_boottime_usec ()
          - MIN (age_sec, 2 * APM2_HAND_OVER_UNCLAIMED_SEC)
                * (gint64) G_USEC_PER_SEC;
  (void) g_hash_table_replace (self->known, g_strdup (name), born);
  if (self->timer == 0)
    self->timer = g_timeout_add_seconds (PRUNE_SEC, on_prune, self);
}

static void
on_listed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Apm2HandOvers) self = user_data;
  g_autoptr (GHashTable) ages = apm2_hand_over_file_list_finish (result, NULL);
  GHashTableIter iter;
  gpointer name = NULL;
  gpointer age = NULL;

  if (ages == NULL)
    return;
  g_hash_table_iter_init (&iter, ages);
  while (g_hash_table_iter_next (&iter, &name, &age))
    {
      const Apm2Job *job = apm2_job_table_find (self->table, name);

      /* It ended while nobody looked. */
      if (job != NULL && apm2_job_state_is_final (job->state))
        apm2_hand_over_file_remove (self->paths, name);
      else if (!g_hash_table_contains (self->known, name))
        know (self, name, *(gint64 *) age);
    }
  apm2_hand_overs_prune (self);
}

/**
 * apm2_hand_overs_start:
 * @self: the hand-overs
 *
 * Looks for those of an earlier broker, once all open jobs are known and before
 * there are new ones.
 */
void
apm2_hand_overs_start (Apm2HandOvers *self)
{
  g_return_if_fail (APM2_IS_HAND_OVERS (self));

  apm2_hand_over_file_list_async (self->paths, on_listed, g_object_ref (self));
}

/**
 * apm2_hand_overs_stop:
 * @self: the hand-overs
 *
 * Prunes no more; what is under way ends by itself, or with the process.
 */
void
apm2_hand_overs_stop (Apm2HandOvers *self)
{
  g_return_if_fail (APM2_IS_HAND_OVERS (self));

  g_clear_handle_id (&self->timer, g_source_remove);
}

static guint
count_unclaimed (Apm2HandOvers *self)
{
  GHashTableIter iter;
  gpointer name = NULL;
  guint count = 0;

  g_hash_table_iter_init (&iter, self->known);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    count += is_needed (self, name) ? 0 : 1;
  return count;
}

typedef struct
{
  Apm2HandOvers *self;
  char *name;
} TakeEnd;

static void
on_taken (GObject *source, GAsyncResult *result, gpointer user_data)
{
  TakeEnd *end = user_data;
  g_autoptr (GError) error = NULL;

  if (!apm2_hand_over_file_take_finish (result, &error))
    {
      apm2_log (G_LOG_LEVEL_MESSAGE,
                NULL,
                "The hand-over %s failed: %s",
                end->name,
                error->message);
      (void) g_hash_table_remove (end->self->known, end->name);
    }
  g_object_unref (end->self);
  g_free (end->name);
  g_free (end);
}

static void
take (Apm2HandOvers *self, const char *name, int fd)
{
  const Apm2Config *config = apm2_active_config_get (self->config);
  const Apm2HandOverBounds bounds = {
    .bytes_max = config->handover_bytes_max,
    .disk_floor = config->disk_floor_bytes,
    .disk_floor_percent = config->disk_floor_percent,
    .idle_sec = APM2_HAND_OVER_IDLE_SEC,
  };
  TakeEnd *end = g_new0 (TakeEnd, 1);

  end->self = g_object_ref (self);
  end->name = g_strdup (name);
  apm2_hand_over_file_take_async (
      self->paths, name, fd, &bounds, on_taken, end);
}

/**
 * apm2_hand_overs_begin:
 * @self: the hand-overs
 * @ret_name: (out): name of the new one, and of the job that it is for
 * @error: LIMIT_EXCEEDED if %APM2_HAND_OVERS_MAX wait for their jobs
 *
 * Returns: (transfer full): a stream socket for the caller, as
 *   apm2_hand_over_file_take_async() has it; -1 with @error
 */
int
apm2_hand_overs_begin (Apm2HandOvers *self, char **ret_name, GError **error)
{
  int fds[2] = { -1, -1 };

  g_return_val_if_fail (APM2_IS_HAND_OVERS (self), -1);

  apm2_hand_overs_prune (self);
  if (count_unclaimed (self) >= APM2_HAND_OVERS_MAX)
    {
      g_set_error (error,
                   APM2_ERROR,
                   APM2_ERROR_LIMIT_EXCEEDED,
                   "%d hand-overs wait for their jobs to be submitted; one "
                   "goes when its job ends, or an hour after it was made",
                   APM2_HAND_OVERS_MAX);
      return -1;
    }
  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
    {
      apm2_error_set_errno (error, errno, "Cannot make a socket");
      return -1;
    }
  *ret_name = apm2_job_id_new (g_get_real_time ());
  know (self, *ret_name, 0);
  take (self, *ret_name, fds[0]);
  return fds[1];
}

/**
 * apm2_hand_overs_count:
 * @self: the hand-overs
 *
 * Returns: how many there are, with those under way
 */
guint
apm2_hand_overs_count (Apm2HandOvers *self)
{
  g_return_val_if_fail (APM2_IS_HAND_OVERS (self), 0);

  return g_hash_table_size (self->known);
}
