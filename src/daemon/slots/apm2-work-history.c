/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What earlier runs say of how long a command will take.
 *
 * The median, so that one run from a warm cache or on a loaded machine does not
 * count. Only a digest of the command is kept. The works seen longest ago are
 * forgotten.
 */

#include "apm2-work-history.h"

#include <stdlib.h>

#define RUNS_MAX 9

typedef struct
{
  char *digest;
  GList link; /* of recent */
  gint64 runs[RUNS_MAX];
  guint n_runs; /* ever */
} Work;

struct _Apm2WorkHistory
{
  GHashTable *works; /* (element-type utf8 Work) */
  GQueue recent;     /* (element-type Work) the last seen at the tail */
  guint works_max;
};

static void
work_free (gpointer data)
{
  Work *work = data;

  g_free (work->digest);
  g_free (work);
}

/**
 * apm2_work_history_new:
 * @works_max: of how many works it knows at most, > 0
 *
 * Returns: (transfer full): a history without runs
 */
Apm2WorkHistory *
apm2_work_history_new (guint works_max)
{
  Apm2WorkHistory *self = g_new0 (Apm2WorkHistory, 1);

  self->works
      = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, work_free);
  self->works_max = works_max;
  g_queue_init (&self->recent);
  return self;
}

void
apm2_work_history_free (Apm2WorkHistory *self)
{
  if (self == NULL)
    return;
  g_hash_table_unref (self->works);
  g_free (self);
}

/* With the final NUL of each, so that no two works look alike. */
static void
add_text (GChecksum *checksum, const char *text)
{
  g_checksum_update (
      checksum, (const guchar *) text, (gssize) strlen (text) + 1);
}

static char *
digest_of (guint32 uid, const Apm2JobSpec *spec)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  const Apm2Step *step = g_ptr_array_index (spec->steps, 0);

  g_checksum_update (checksum, (const guchar *) &uid, sizeof uid);
  add_text (checksum,
            step->working_directory != NULL ? step->working_directory : "");
  for (gsize i = 0; step->argv[i] != NULL; i++)
    add_text (checksum, step->argv[i]);
  return g_strdup (g_checksum_get_string (checksum));
}

static void
forget_oldest (Apm2WorkHistory *self)
{
  GList *link = g_queue_pop_head_link (&self->recent);
  Work *work = link->data;

  g_hash_table_remove (self->works, work->digest);
}

/**
 * apm2_work_history_note:
 * @self: a history
 * @uid: whose job it was
 * @spec: the job, with one step at least
 * @usec: how long it ran
 */
void
apm2_work_history_note (Apm2WorkHistory *self,
                        guint32 uid,
                        const Apm2JobSpec *spec,
                        gint64 usec)
{
  g_autofree char *digest = NULL;
  Work *work = NULL;

  g_return_if_fail (spec->steps->len > 0);

  digest = digest_of (uid, spec);
  work = g_hash_table_lookup (self->works, digest);
  if (work != NULL)
    g_queue_unlink (&self->recent, &work->link);
  else
    {
      if (self->recent.length >= self->works_max)
        forget_oldest (self);
      work = g_new0 (Work, 1);
      work->digest = g_steal_pointer (&digest);
      work->link.data = work;
      g_hash_table_insert (self->works, work->digest, work);
    }
  work->runs[work->n_runs++ % RUNS_MAX] = MAX (usec, 0);
  g_queue_push_tail_link (&self->recent, &work->link);
}

static int
compare_runs (const void *a, const void *b)
{
  gint64 one = *(const gint64 *) a;
  gint64 other = *(const gint64 *) b;

  return one < other ? -1 : one > other;
}

/**
 * apm2_work_history_expect:
 * @self: a history
 * @uid: whose job it is
 * @spec: a job, with one step at least
 *
 * Returns: how long it will run, in microseconds, by the median of its last
 *   runs; -1 if there was none
 */
gint64
apm2_work_history_expect (Apm2WorkHistory *self,
                          guint32 uid,
                          const Apm2JobSpec *spec)
{
  g_autofree char *digest = NULL;
  const Work *work = NULL;
  gint64 runs[RUNS_MAX];
  guint n = 0;

  g_return_val_if_fail (spec->steps->len > 0, -1);

  digest = digest_of (uid, spec);
  work = g_hash_table_lookup (self->works, digest);
  if (work == NULL)
    return -1;
  n = MIN (work->n_runs, RUNS_MAX);
  for (guint i = 0; i < n; i++)
    runs[i] = work->runs[i];
  qsort (runs, n, sizeof runs[0], compare_runs);
  return runs[n / 2];
}
