/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What the journal tells of jobs, of workers that are lost, and of the health.
 *
 * One line a job, at its end, as loud as somebody must act on it; that it was
 * accepted is a debug message, for there may be hundreds a second and the
 * journal drops what comes too fast. Names that people gave do not stand in a
 * message, only ids.
 */

#include "apm2-journal.h"

#include "apm2-log.h"
#include "apm2-message-id.h"

struct _Apm2Journal
{
  GObject parent_instance;

  GHashTable *alive;   /* set of the instances that are not lost */
  char *health_before; /* (nullable) while a change waits to be told */
  char *health_now;
  char *health_reason;
  char *told_reason; /* (nullable) the last one told */
  guint telling;     /* idle source */
};

G_DEFINE_FINAL_TYPE (Apm2Journal, apm2_journal, G_TYPE_OBJECT)

static void
apm2_journal_finalize (GObject *object)
{
  Apm2Journal *self = APM2_JOURNAL (object);

  g_clear_handle_id (&self->telling, g_source_remove);
  g_hash_table_unref (self->alive);
  g_free (self->health_before);
  g_free (self->health_now);
  g_free (self->health_reason);
  g_free (self->told_reason);
  G_OBJECT_CLASS (apm2_journal_parent_class)->finalize (object);
}

static void
apm2_journal_class_init (Apm2JournalClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = apm2_journal_finalize;
}

static void
apm2_journal_init (Apm2Journal *self)
{
  self->alive = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

static void
on_added (Apm2Journal *self, Apm2Job *job)
{
  const Apm2StoredJob *stored = job->stored;

  apm2_log (G_LOG_LEVEL_DEBUG,
            APM2_LOG_WITH (.message_id = APM2_MSG_JOB_ACCEPTED,
                           .job = stored->id,
                           .lane = stored->lane),
            "Accepted job %s for lane %s",
            stored->id,
            stored->lane);
}

typedef struct
{
  const char *message_id;
  GLogLevelFlags level;
  const char *word;
} Ending;

static const Ending *
find_ending (const Apm2StoredJob *stored)
{
  static const Ending passed
      = { APM2_MSG_JOB_PASSED, G_LOG_LEVEL_INFO, "passed" };
  /* Its caller knows, and a build may have thousands. */
  static const Ending passed_attached
      = { APM2_MSG_JOB_PASSED, G_LOG_LEVEL_DEBUG, "passed" };
  static const Ending failed
      = { APM2_MSG_JOB_FAILED, G_LOG_LEVEL_MESSAGE, "failed" };
  static const Ending denied
      = { APM2_MSG_JOB_DENIED, G_LOG_LEVEL_MESSAGE, "was denied" };
  static const Ending quarantined
      = { APM2_MSG_JOB_QUARANTINED, G_LOG_LEVEL_WARNING, "was quarantined" };
  static const Ending cancelled
      = { APM2_MSG_JOB_CANCELLED, G_LOG_LEVEL_INFO, "was cancelled" };

  switch (stored->state)
    {
    case APM2_JOB_STATE_COMPLETED:
      if (stored->verdict != APM2_VERDICT_PASSED)
        return &failed;
      return stored->kind == APM2_JOB_KIND_ATTACHED ? &passed_attached
                                                    : &passed;
    case APM2_JOB_STATE_DENIED:
      return &denied;
    case APM2_JOB_STATE_QUARANTINED:
      return &quarantined;
    case APM2_JOB_STATE_CANCELLED:
      return &cancelled;
    case APM2_JOB_STATE_PENDING:
    case APM2_JOB_STATE_LEASED:
    case APM2_JOB_STATE_RUNNING:
    default:
      g_return_val_if_reached (NULL);
    }
}

static void
on_finished (Apm2Journal *self, Apm2Job *job)
{
  const Apm2StoredJob *stored = job->stored;
  const Ending *ending = find_ending (stored);
  gboolean with_reason = stored->reason != NULL && *stored->reason != '\0';

  if (ending == NULL)
    return;
  /* Of a job in parts the whole tells. */
  apm2_log (stored->parent_id != NULL ? G_LOG_LEVEL_DEBUG : ending->level,
            APM2_LOG_WITH (.message_id = ending->message_id,
                           .job = stored->id,
                           .worker = stored->worker,
                           .lane = stored->lane,
                           .reason = with_reason ? stored->reason : NULL),
            "Job %s %s%s%s",
            stored->id,
            ending->word,
            with_reason ? ": " : "",
            with_reason ? stored->reason : "");
}

static void
on_worker_changed (Apm2Journal *self, Apm2WorkerRecord *worker)
{
  if (!g_str_equal (worker->state, "lost"))
    {
      if (!g_hash_table_contains (self->alive, worker->instance))
        (void) g_hash_table_add (self->alive, g_strdup (worker->instance));
      return;
    }
  if (g_hash_table_remove (self->alive, worker->instance))
    apm2_log (G_LOG_LEVEL_WARNING,
              APM2_LOG_WITH (.message_id = APM2_MSG_WORKER_LOST,
                             .worker = worker->instance,
                             .reason = APM2_REASON_WORKER_LOST),
              "Worker \"%s\" is lost: %s; jobs that it has: %u",
              worker->instance,
              worker->connection != NULL ? "it is silent"
                                         : "its connection ended",
              worker->leases->len);
}

/* It has said that it goes, or was lost for long. */
static void
on_worker_removed (Apm2Journal *self, Apm2WorkerRecord *worker)
{
  (void) g_hash_table_remove (self->alive, worker->instance);
}

/* @health: a word; one that is not known ranks worst. */
static guint
rank (const char *health)
{
  static const char *const words[] = { "unhealthy", "degraded", "healthy" };

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    {
      if (g_str_equal (health, words[i]))
        return i;
    }
  return 0;
}

static gboolean
tell_health (gpointer user_data)
{
  Apm2Journal *self = user_data;
  g_autofree char *before = g_steal_pointer (&self->health_before);
  gboolean with_reason = *self->health_reason != '\0';

  self->telling = 0;
  /* There and back again, or only a lesser reason. */
  if (g_str_equal (before, self->health_now)
      && g_strcmp0 (self->told_reason, self->health_reason) == 0)
    return G_SOURCE_REMOVE;
  g_free (self->told_reason);
  self->told_reason = g_strdup (self->health_reason);
  apm2_log (
      rank (self->health_now) < rank (before) ? G_LOG_LEVEL_WARNING
                                              : G_LOG_LEVEL_MESSAGE,
      APM2_LOG_WITH (.message_id = APM2_MSG_HEALTH_CHANGED,
                     .health_old = before,
                     .health_new = self->health_now,
                     .reason = with_reason ? self->health_reason : "none"),
      "The health is %s now, %s before%s%s",
      self->health_now,
      before,
      with_reason ? ": " : "",
      self->health_reason);
  return G_SOURCE_REMOVE;
}

/* A worker that registers is one change and not several: what a turn of the
 * main loop brings is told once. */
static void
on_health_changed (Apm2Journal *self,
                   const char *old_health,
                   const char *new_health,
                   const char *reason)
{
  if (self->health_before == NULL)
    self->health_before = g_strdup (old_health);
  g_free (self->health_now);
  self->health_now = g_strdup (new_health);
  g_free (self->health_reason);
  self->health_reason = g_strdup (reason);
  if (self->telling == 0)
    self->telling = g_idle_add (tell_health, self);
}

/**
 * apm2_journal_new:
 * @table: the jobs
 * @registry: the workers
 * @health: the health of the whole
 *
 * Returns: (transfer full): what writes to the journal for as long as it lives
 */
Apm2Journal *
apm2_journal_new (Apm2JobTable *table,
                  Apm2WorkerRegistry *registry,
                  Apm2Health *health)
{
  Apm2Journal *self = g_object_new (APM2_TYPE_JOURNAL, NULL);

  g_signal_connect_object (
      table, "added", G_CALLBACK (on_added), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (
      table, "finished", G_CALLBACK (on_finished), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (registry,
                           "changed",
                           G_CALLBACK (on_worker_changed),
                           self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (registry,
                           "removed",
                           G_CALLBACK (on_worker_removed),
                           self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (health,
                           "changed",
                           G_CALLBACK (on_health_changed),
                           self,
                           G_CONNECT_SWAPPED);
  return self;
}
