/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Attached jobs and worker jobs in one lane.
 *
 * Both take of the lane's budget. Where there is not enough for all they take
 * turns: after an attached job got a slot the next goes to a worker job, if one
 * is there that a worker waits for. Whether one is ready only the store knows;
 * so the dispatcher is asked to claim, and the turn is over with its answer.
 *
 * What the dispatcher asks for is not given to anybody else until then.
 */

#include "apm2-attachments-private.h"

/**
 * apm2_attachments_set_workers:
 * @self: the attached jobs
 * @can_serve: whether a worker waits for jobs of a lane that may have one more
 * @user_data: for @can_serve, borrowed
 */
void
apm2_attachments_set_workers (Apm2Attachments *self,
                              Apm2WorkersFunc can_serve,
                              gpointer user_data)
{
  self->can_serve = can_serve;
  self->can_serve_data = user_data;
}

void
apm2_attachments_note_worker_job (Apm2Attachments *self, Apm2Job *job)
{
  /* A whole job runs in its parts. */
  gboolean works = (job->state == APM2_JOB_STATE_LEASED
                    || job->state == APM2_JOB_STATE_RUNNING)
                   && job->stored->n_parts == 0;

  if (works && !g_hash_table_contains (self->working, job))
    g_hash_table_add (self->working, apm2_job_ref (job));
  else if (!works && g_hash_table_remove (self->working, job))
    apm2_attachments_look (self);
}

/**
 * apm2_attachments_count_working:
 * @self: the attached jobs
 * @lane: name of a lane
 *
 * Returns: how many jobs of @lane workers have
 */
guint64
apm2_attachments_count_working (Apm2Attachments *self, const char *lane)
{
  GHashTableIter iter;
  gpointer value = NULL;
  guint64 n = 0;

  g_hash_table_iter_init (&iter, self->working);
  while (g_hash_table_iter_next (&iter, &value, NULL))
    if (g_str_equal (((const Apm2Job *) value)->stored->lane, lane))
      n++;
  return n;
}

/* How much of a budget is left, in jobs of one slot; what they declare besides
 * is not known before one is claimed. */
static guint
room_in (const Apm2LaneConfig *lane, const Apm2BudgetAmounts *used)
{
  if ((lane->budget_cpu_percent > 0
       && used->cpu_percent >= lane->budget_cpu_percent)
      || (lane->budget_memory_bytes > 0
          && used->memory_bytes >= lane->budget_memory_bytes))
    return 0;
  if (lane->budget_slots == 0)
    return G_MAXUINT;
  return used->slots < lane->budget_slots
             ? (guint) (lane->budget_slots - used->slots)
             : 0;
}

/**
 * apm2_attachments_get_room:
 * @self: the attached jobs
 * @lane: a configured lane
 *
 * Returns: how many worker jobs more may start in @lane now
 */
guint
apm2_attachments_get_room (Apm2Attachments *self, const Apm2LaneConfig *lane)
{
  Apm2BudgetUsage usage = apm2_attachments_get_usage (self, lane->name);
  guint room = room_in (lane, &usage.used);
  Apm2BudgetCause closed = apm2_attachments_find_closed (self, lane);

  /* Until it is seen that nobody waits for it to fall. */
  if (closed == APM2_BUDGET_CAUSE_PRESSURE)
    apm2_pressure_set_watched (self->pressure, !self->stopped);
  if (closed != APM2_BUDGET_CAUSE_NONE
      || apm2_budget_is_lane_reserved (self->budget, lane->name))
    return 0;
  /* One at a time while others wait for the same. */
  return usage.waiting > 0 ? MIN (room, 1) : room;
}

/**
 * apm2_attachments_offer:
 * @self: the attached jobs
 * @lane: name of a lane
 *
 * The dispatcher asks the store for jobs of @lane.
 */
void
apm2_attachments_offer (Apm2Attachments *self, const char *lane)
{
  g_hash_table_add (self->offered, g_strdup (lane));
}

/**
 * apm2_attachments_settle_offer:
 * @self: the attached jobs
 *
 * The store has answered, and the table knows what was claimed.
 */
void
apm2_attachments_settle_offer (Apm2Attachments *self)
{
  GHashTableIter iter;
  gpointer lane = NULL;

  g_hash_table_iter_init (&iter, self->offered);
  while (g_hash_table_iter_next (&iter, &lane, NULL))
    g_hash_table_remove (self->workers_turn, lane);
  g_hash_table_remove_all (self->offered);
  apm2_attachments_look (self);
}

static guint64
count_waiting (Apm2Attachments *self, const char *lane)
{
  GHashTableIter iter;
  gpointer value = NULL;
  guint64 n = 0;

  g_hash_table_iter_init (&iter, self->by_id);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const Apm2Attachment *attachment = value;
      const Apm2Job *job
          = apm2_job_table_find (self->table, attachment->spec->job_id);

      if (job != NULL && job->state == APM2_JOB_STATE_PENDING
          && g_str_equal (attachment->spec->lane, lane))
        n++;
    }
  return n;
}

/* Whether there are jobs of @lane, ready or not, that workers will run. */
gboolean
apm2_attachments_has_worker_jobs (Apm2Attachments *self, const char *lane)
{
  return apm2_queue_is_submitting (self->queue)
         || apm2_job_table_get_lane_load (self->table, lane).pending
                > count_waiting (self, lane);
}

static gboolean
is_bounded (Apm2Attachments *self, const char *name)
{
  const Apm2LaneConfig *lane
      = apm2_config_find_lane (apm2_active_config_get (self->config), name);

  return lane != NULL
         && (lane->budget_slots > 0 || lane->budget_cpu_percent > 0
             || lane->budget_memory_bytes > 0);
}

/* Whether an attached job of @lane has to let worker jobs go first. */
gboolean
apm2_attachments_is_workers_turn (Apm2Attachments *self, const char *lane)
{
  if (!is_bounded (self, lane)
      || !apm2_attachments_has_worker_jobs (self, lane))
    return FALSE;
  return g_hash_table_contains (self->offered, lane)
         || (g_hash_table_contains (self->workers_turn, lane)
             && self->can_serve != NULL
             && self->can_serve (lane, self->can_serve_data));
}

/* An attached job of @lane has got its slot. */
void
apm2_attachments_pass_turn (Apm2Attachments *self, const char *lane)
{
  if (!g_hash_table_contains (self->workers_turn, lane))
    g_hash_table_add (self->workers_turn, g_strdup (lane));
}

/* Lets the dispatcher take what is the workers' in @lanes; if it does not, they
 * have had their turn.
 *
 * Returns: whether an attached job may have it now */
gboolean
apm2_attachments_call_workers (Apm2Attachments *self, GPtrArray *lanes)
{
  gboolean over = FALSE;

  if (lanes->len == 0)
    return FALSE;
  apm2_queue_call_workers (self->queue);
  /* One answer settles all that is under way, and looks again. */
  if (g_hash_table_size (self->offered) > 0)
    return FALSE;
  for (guint i = 0; i < lanes->len; i++)
    if (g_hash_table_remove (self->workers_turn, g_ptr_array_index (lanes, i)))
      over = TRUE;
  return over;
}
