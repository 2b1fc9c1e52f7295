/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * How jobs come in: once per id and per idempotency key, in the order of the
 * store's clock, and behind the jobs that they wait for.
 */

#include "apm2-store-intake.h"

#include "apm2-error.h"
#include "apm2-gate-strands.h"
#include "apm2-job-id.h"
#include "apm2-job-spec-json.h"
#include "apm2-json-canonical.h"
#include "apm2-store-ending.h"
#include "apm2-store-gates.h"
#include "apm2-store-known.h"
#include "apm2-store-row.h"

/* What a new job waits for. */
typedef struct
{
  GArray *blockers;      /* (element-type gint64) jobs that have not ended */
  const char *failed_id; /* (nullable) one that did not pass; borrowed */
} Awaited;

static void
awaited_clear (Awaited *self)
{
  g_clear_pointer (&self->blockers, g_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Awaited, awaited_clear)

static void
add_blocker (GArray *blockers, gint64 sequence)
{
  for (guint i = 0; i < blockers->len; i++)
    if (g_array_index (blockers, gint64, i) == sequence)
      return;
  g_array_append_val (blockers, sequence);
}

static gboolean
find_awaited (Apm2StoreDb *db,
              const Apm2JobSpec *spec,
              Awaited *awaited,
              GError **error)
{
  awaited->blockers = g_array_new (FALSE, FALSE, sizeof (gint64));
  for (guint i = 0; spec->after != NULL && spec->after[i] != NULL; i++)
    {
      g_autoptr (Apm2StoredJob) job = NULL;

      job = apm2_store_row_find (db, spec->after[i], error);
      if (job == NULL)
        {
          g_prefix_error (error, "after: ");
          return FALSE;
        }
      if (!apm2_job_state_is_final (job->state))
        add_blocker (awaited->blockers, job->sequence);
      else if (job->verdict != APM2_VERDICT_PASSED)
        awaited->failed_id = spec->after[i];
    }
  return TRUE;
}

static gboolean
insert_after (Apm2StoreDb *db,
              gint64 sequence,
              const GArray *blockers,
              GError **error)
{
  for (guint i = 0; i < blockers->len; i++)
    if (!apm2_store_db_execute (db,
                                error,
                                "INSERT INTO job_after (after, job) "
                                "VALUES (?, ?)",
                                "ii",
                                g_array_index (blockers, gint64, i),
                                sequence))
      return FALSE;
  return TRUE;
}

static char *
join_retry_on (const Apm2JobSpec *spec)
{
  g_autofree char *words = NULL;

  if (spec->max_attempts < 2 || spec->retry_on == NULL)
    return NULL;

  words = g_strjoinv (" ", spec->retry_on);
  return g_strconcat (" ", words, " ", NULL);
}

/* One job as it comes in. */
typedef struct
{
  const Apm2JobSpec *spec;
  const char *text; /* of the spec */
  const Apm2StoredJob *job;
  const GArray *blockers; /* (nullable) */
} Entry;

static gint64
find_not_before (const Apm2JobSpec *spec, const Apm2StoredJob *job)
{
  if (spec->not_before_unix <= job->submitted_at / G_USEC_PER_SEC)
    return 0;
  return spec->not_before_unix * G_USEC_PER_SEC;
}

static gboolean
insert (Apm2StoreDb *db, const Entry *entry, GError **error)
{
  const Apm2JobSpec *spec = entry->spec;
  const Apm2StoredJob *job = entry->job;
  g_autofree char *retry_on = join_retry_on (spec);

  if (!apm2_store_db_execute (
          db,
          error,
          "INSERT INTO job (sequence, state, verdict, ready, blocked, attempt, "
          "lost, token, rank, priority, kind, uid, step_count, max_attempts, "
          "spec_bytes, cancel_requested, submitted_at, started_at, "
          "finished_at, not_before, parent, parts, id, lane, name, "
          "spec_digest, idempotency_key, retry_on, worker) "
          "VALUES (?, 0, 0, ?, ?, 0, 0, 0, ?, ?, ?, ?, ?, ?, ?, 0, ?, 0, 0, "
          "nullif (?, 0), nullif (?, 0), ?, ?, ?, ?, ?, ?, ?, ?)",
          "iiiiiiiiiiiiiittttttt",
          job->sequence,
          (gint64) job->ready,
          (gint64) (entry->blockers != NULL ? entry->blockers->len : 0),
          apm2_store_row_rank (db, job->submitted_at, job->priority),
          (gint64) job->priority,
          (gint64) job->kind,
          (gint64) job->uid,
          (gint64) job->step_count,
          (gint64) spec->max_attempts,
          (gint64) job->spec_bytes,
          job->submitted_at,
          job->not_before / G_USEC_PER_SEC,
          job->parent,
          (gint64) job->n_parts,
          job->id,
          job->lane,
          job->name,
          job->spec_digest,
          spec->idempotency_key,
          retry_on,
          job->worker))
    return FALSE;

  db->head.job_sequence = job->sequence;
  return apm2_store_db_execute (
             db,
             error,
             "INSERT INTO job_spec (sequence, text) VALUES (?, ?)",
             "it",
             job->sequence,
             entry->text)
         && (entry->blockers == NULL
             || insert_after (db, job->sequence, entry->blockers, error));
}

static Apm2StoredJob *
new_job (Apm2StoreDb *db, const Apm2StoreRequest *request, gboolean blocked)
{
  const Apm2JobSpec *spec = request->spec;
  Apm2StoredJob *job = g_new0 (Apm2StoredJob, 1);

  job->sequence = db->head.job_sequence + 1;
  job->submitted_at = apm2_store_db_tick (db);
  job->id = spec->job_id != NULL ? g_strdup (spec->job_id)
                                 : apm2_job_id_new (job->submitted_at);
  job->state = APM2_JOB_STATE_PENDING;
  job->kind = spec->kind;
  job->lane = g_strdup (spec->lane);
  job->priority = spec->priority;
  job->uid = request->uid;
  job->name = apm2_job_spec_describe (spec);
  /* While it waits: a later broker sees by that whether somebody still does. */
  job->worker = g_strdup (spec->runner);
  job->spec_digest = g_strdup (request->digest);
  job->spec_bytes = request->length;
  job->step_count = spec->steps->len;
  job->not_before = find_not_before (spec, job);
  /* No worker may have one that its caller runs. */
  job->ready = !blocked && spec->kind != APM2_JOB_KIND_ATTACHED
               && job->not_before == 0;
  return job;
}

static Apm2StoredJob *
new_part (Apm2StoreDb *db,
          const Apm2StoredJob *whole,
          const GPtrArray *strand,
          guint number)
{
  Apm2StoredJob *job = g_new0 (Apm2StoredJob, 1);

  job->sequence = db->head.job_sequence + 1;
  job->submitted_at = whole->submitted_at;
  job->id = apm2_gate_part_id (whole->id, number);
  job->state = APM2_JOB_STATE_PENDING;
  job->kind = whole->kind;
  job->lane = g_strdup (whole->lane);
  job->priority = whole->priority;
  job->uid = whole->uid;
  job->name = apm2_gate_part_describe (strand);
  job->step_count = strand->len;
  job->parent = whole->sequence;
  job->parent_id = g_strdup (whole->id);
  return job;
}

static gboolean
insert_part (Apm2StoreDb *db,
             const Apm2StoreRequest *request,
             const GPtrArray *strand,
             gboolean ready,
             const GArray *blockers,
             GError **error)
{
  Apm2StoredJob *whole = request->job;
  Apm2StoredJob *part = new_part (db, whole, strand, whole->parts->len + 1);
  g_autoptr (Apm2JobSpec) spec
      = apm2_gate_part_new (request->spec, part->id, strand);
  g_autofree char *text = apm2_job_spec_to_json (spec, &part->spec_bytes);
  const Entry entry = { spec, text, part, blockers };

  part->ready = ready;
  part->not_before = find_not_before (request->spec, part);
  part->spec_digest = apm2_json_digest (text, part->spec_bytes);
  g_ptr_array_add (whole->parts, part);
  return insert (db, &entry, error);
}

/* The ids of parts follow from that of the whole, which may be the caller's. */
static gboolean
check_part_ids (Apm2StoreDb *db,
                const Apm2JobSpec *spec,
                guint n_parts,
                GError **error)
{
  for (guint i = 1; spec->job_id != NULL && i <= n_parts; i++)
    {
      g_autofree char *id = apm2_gate_part_id (spec->job_id, i);
      g_autoptr (Apm2StoredJob) taken = NULL;

      if (!apm2_job_id_is_valid (id))
        {
          g_set_error (error,
                       APM2_ERROR,
                       APM2_ERROR_INVALID_ARGUMENT,
                       "job_id: %s is too long for a job with %u parts, the "
                       "last of which would be called %s",
                       spec->job_id,
                       n_parts,
                       id);
          return FALSE;
        }
      if (!apm2_store_known_find_by_id (db, id, &taken, error))
        return FALSE;
      if (taken != NULL)
        {
          g_set_error (error,
                       APM2_ERROR,
                       APM2_ERROR_EXISTS,
                       "the id %s, which a part of the job would have, belongs "
                       "to another job",
                       id);
          return FALSE;
        }
    }
  return TRUE;
}

static gboolean
accept (Apm2StoreDb *db,
        Apm2StoreRequest *request,
        const Awaited *awaited,
        const GPtrArray *strands,
        GError **error)
{
  gboolean blocked = awaited->failed_id != NULL || awaited->blockers->len > 0;
  Apm2StoredJob *job = new_job (db, request, blocked);
  const Entry entry = {
    request->spec,
    request->text,
    job,
    strands == NULL && awaited->failed_id == NULL ? awaited->blockers : NULL,
  };
  gboolean ready = job->ready;

  request->job = job;
  request->created = TRUE;
  if (strands != NULL)
    {
      job->n_parts = strands->len;
      /* It waits for its parts and for nothing else. */
      job->ready = FALSE;
      job->not_before = 0;
      job->parts = g_ptr_array_new_with_free_func (
          (GDestroyNotify) apm2_stored_job_free);
    }
  if (!insert (db, &entry, error)
      || (job->kind == APM2_JOB_KIND_GATES
          && !apm2_store_gates_begin (
              db, request->spec, job->sequence, ready, error)))
    return FALSE;
  for (guint i = 0; i < job->n_parts; i++)
    if (!insert_part (db,
                      request,
                      g_ptr_array_index (strands, i),
                      ready,
                      awaited->blockers,
                      error))
      return FALSE;
  return awaited->failed_id == NULL
         || apm2_store_ending_deny (db, job, awaited->failed_id, error);
}

gboolean
apm2_store_intake_submit (Apm2StoreDb *db,
                          Apm2StoreRequest *request,
                          GError **error)
{
  const Apm2JobSpec *spec = request->spec;
  g_auto (Awaited) awaited = { 0 };
  g_autoptr (GPtrArray) strands = NULL;

  if (!apm2_store_known_find (db, request, &request->job, error))
    return FALSE;
  if (request->job != NULL)
    return TRUE;
  if (request->known_only)
    {
      g_set_error_literal (
          error, APM2_ERROR, APM2_ERROR_NOT_FOUND, "no such job is known");
      return FALSE;
    }
  if (!find_awaited (db, spec, &awaited, error))
    return FALSE;

  if (spec->kind == APM2_JOB_KIND_GATES && awaited.failed_id == NULL)
    strands = apm2_gate_strands_find (spec->steps);
  if (strands != NULL && strands->len == 1)
    g_clear_pointer (&strands, g_ptr_array_unref);
  if (strands != NULL && !check_part_ids (db, spec, strands->len, error))
    return FALSE;
  return accept (db, request, &awaited, strands, error);
}
