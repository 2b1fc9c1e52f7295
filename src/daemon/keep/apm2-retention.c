/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What is kept how long. A model: it knows no clock, no store and no disk.
 *
 * What is older than the age goes. Of the rest the oldest go until what is left
 * fits; what is in use counts and stays.
 */

#include "apm2-retention.h"

/* What was used so lately may be the next job's. */
#define GRACE_USEC (G_GINT64_CONSTANT (3600) * G_USEC_PER_SEC)

static gboolean
is_older (gint64 stamp, guint64 age_sec, gint64 now)
{
  return age_sec != 0 && now > 0
         && stamp < now - (gint64) age_sec * G_USEC_PER_SEC;
}

/**
 * apm2_retention_judge_job:
 * @config: the bounds
 * @n_kept: how many ended jobs there are, this one included
 * @finished_at: when it ended, usec UTC; it is the first of them that ended
 * @now: usec UTC
 *
 * Returns: (nullable) (transfer none): why it goes; %NULL if it stays
 */
const char *
apm2_retention_judge_job (const Apm2Config *config,
                          guint64 n_kept,
                          gint64 finished_at,
                          gint64 now)
{
  if (is_older (finished_at, config->jobs_age_sec, now))
    return APM2_RETENTION_AGE;
  if (config->jobs_max != 0 && n_kept > config->jobs_max)
    return APM2_RETENTION_COUNT;
  return NULL;
}

static guint64
get_age (const Apm2Config *config, Apm2SweepKind kind)
{
  switch (kind)
    {
    case APM2_SWEEP_LOG:
      return config->logs_age_sec;
    case APM2_SWEEP_MIRROR:
      return config->mirrors_age_sec;
    case APM2_SWEEP_QUARANTINE:
      return config->quarantine_age_sec;
    case APM2_SWEEP_WORKSPACE:
    case APM2_SWEEP_HANDOVER:
    case APM2_SWEEP_TEMPORARY:
    case APM2_N_SWEEP_KINDS:
    default:
      return config->leftovers_age_sec;
    }
}

static guint64
get_bytes_max (const Apm2Config *config, Apm2SweepKind kind)
{
  if (kind == APM2_SWEEP_LOG)
    return config->logs_bytes_max;
  if (kind == APM2_SWEEP_MIRROR)
    return config->mirrors_bytes_max;
  return 0;
}

/* Jobs borrow the objects of a mirror as long as they run, and what was handed
 * over waits with its job. Which one that is nobody has to know: it was used
 * after the oldest of them came. */
static gboolean
is_in_use (const Apm2RetentionTime *time, const Apm2Remnant *remnant)
{
  if (remnant->kind == APM2_SWEEP_MIRROR)
    return remnant->stamp >= MIN (time->busy_since, time->now) - GRACE_USEC;
  if (remnant->kind == APM2_SWEEP_HANDOVER)
    return remnant->stamp >= MIN (time->open_since, time->now) - GRACE_USEC;
  return remnant->fate == APM2_JOB_FATE_OPEN;
}

/* A job that the store has never heard of may be of a store that was lost, so
 * that its log is all there is. */
static gboolean
is_orphan (const Apm2Config *config,
           const Apm2RetentionTime *time,
           const Apm2Remnant *remnant)
{
  return remnant->kind == APM2_SWEEP_LOG
         && (remnant->fate == APM2_JOB_FATE_GONE
             || (remnant->fate == APM2_JOB_FATE_UNKNOWN
                 && is_older (
                     remnant->stamp, config->leftovers_age_sec, time->now)));
}

static const char *
judge_one (const Apm2Config *config,
           const Apm2RetentionTime *time,
           const Apm2Remnant *remnant)
{
  if (apm2_remnant_is_half_gone (remnant))
    return APM2_RETENTION_LEFTOVER;
  if (apm2_remnant_is_leftover (remnant))
    return is_older (remnant->stamp, config->leftovers_age_sec, time->now)
               ? APM2_RETENTION_LEFTOVER
               : NULL;
  if (is_in_use (time, remnant))
    return NULL;
  if (is_orphan (config, time, remnant))
    return APM2_RETENTION_ORPHAN;
  return is_older (remnant->stamp, get_age (config, remnant->kind), time->now)
             ? APM2_RETENTION_AGE
             : NULL;
}

/* What is of one kind stays together. */
static int
compare_oldest_first (gconstpointer a, gconstpointer b)
{
  const Apm2Remnant *one = *(Apm2Remnant *const *) a;
  const Apm2Remnant *other = *(Apm2Remnant *const *) b;

  if (one->kind != other->kind)
    return one->kind < other->kind ? -1 : 1;
  if (one->stamp != other->stamp)
    return one->stamp < other->stamp ? -1 : 1;
  return g_strcmp0 (one->name, other->name);
}

static void
make_room (const Apm2Config *config,
           const Apm2RetentionTime *time,
           GPtrArray *remnants,
           Apm2SweepKind kind)
{
  guint64 bytes_max = get_bytes_max (config, kind);
  guint64 bytes = 0;

  for (guint i = 0; i < remnants->len; i++)
    {
      const Apm2Remnant *remnant = g_ptr_array_index (remnants, i);

      if (remnant->kind == kind && remnant->why == NULL)
        bytes += remnant->bytes;
    }
  for (guint i = 0; bytes_max != 0 && bytes > bytes_max && i < remnants->len;
       i++)
    {
      Apm2Remnant *remnant = g_ptr_array_index (remnants, i);

      if (remnant->kind != kind || remnant->why != NULL
          || is_in_use (time, remnant))
        continue;
      remnant->why = APM2_RETENTION_SIZE;
      bytes -= remnant->bytes;
    }
}

/**
 * apm2_retention_judge:
 * @config: the bounds
 * @time: the moment
 * @remnants: (element-type Apm2Remnant): what there is; sorted by age, and each
 *   gets why it goes
 */
void
apm2_retention_judge (const Apm2Config *config,
                      const Apm2RetentionTime *time,
                      GPtrArray *remnants)
{
  g_ptr_array_sort (remnants, compare_oldest_first);
  for (guint i = 0; i < remnants->len; i++)
    {
      Apm2Remnant *remnant = g_ptr_array_index (remnants, i);

      remnant->why = judge_one (config, time, remnant);
    }
  for (guint kind = 0; kind < APM2_N_SWEEP_KINDS; kind++)
    make_room (config, time, remnants, kind);
}
