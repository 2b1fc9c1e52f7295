/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Policy: which jobs this machine accepts, and under which limits they run.
 *
 * Pure functions of configuration and spec. A refusal is an error whose message
 * begins with its reason code; a spec that cannot be read never gets here.
 */

#include "apm2-admission.h"

#include "apm2-error.h"
#include "apm2-job-state.h"

static gboolean
refuse (GError **error, const char *reason, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

static gboolean
refuse (GError **error, const char *reason, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, APM2_ERROR, APM2_ERROR_DENIED, "%s: %s", reason, text);
  return FALSE;
}

static gboolean
check_limit (const char *name,
             guint64 asked,
             guint64 bound,
             const char *lane,
             GError **error)
{
  if (bound == 0 || asked <= bound)
    return TRUE;

  return refuse (error,
                 APM2_REASON_LIMIT_EXCEEDS_LANE,
                 "%s %" G_GUINT64_FORMAT " is more than the %" G_GUINT64_FORMAT
                 " of lane \"%s\"",
                 name,
                 asked,
                 bound,
                 lane);
}

static char *
list_lanes (const Apm2Config *config)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < config->lanes->len; i++)
    {
      const Apm2LaneConfig *lane = g_ptr_array_index (config->lanes, i);

      g_string_append_printf (text, "%s%s", i > 0 ? ", " : "", lane->name);
    }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static gboolean
check_steps (const Apm2LaneConfig *lane,
             const Apm2JobSpec *spec,
             GError **error)
{
  for (guint i = 0; i < spec->steps->len; i++)
    {
      const Apm2Step *step = g_ptr_array_index (spec->steps, i);

      if (step->network && !lane->network)
        return refuse (error,
                       APM2_REASON_LIMIT_EXCEEDS_LANE,
                       "step \"%s\" asks for the network, which lane \"%s\" "
                       "does not have; [lane %s] network=yes in apm2.conf "
                       "gives it",
                       step->name,
                       lane->name,
                       lane->name);
    }
  return TRUE;
}

static gboolean
check_rules (const Apm2Config *config, const Apm2JobSpec *spec, GError **error)
{
  const Apm2LaneConfig *lane = apm2_config_find_lane (config, spec->lane);
  const Apm2Limits *limits = &spec->limits;

  if (lane == NULL)
    {
      g_autofree char *known = list_lanes (config);

      return refuse (error,
                     APM2_REASON_UNKNOWN_LANE,
                     "there is no lane \"%s\" (configured: %s)",
                     spec->lane,
                     known);
    }
  return check_limit ("limits.timeout_sec",
                      limits->timeout_sec,
                      lane->timeout_sec,
                      lane->name,
                      error)
         && check_limit ("limits.memory_max_bytes",
                         limits->memory_max_bytes,
                         lane->memory_max_bytes,
                         lane->name,
                         error)
         && check_limit ("limits.tasks_max",
                         limits->tasks_max,
                         lane->tasks_max,
                         lane->name,
                         error)
         && check_limit ("limits.cpu_quota_percent",
                         limits->cpu_quota_percent,
                         lane->cpu_quota_percent,
                         lane->name,
                         error)
         && check_steps (lane, spec, error);
}

/**
 * apm2_admission_check:
 * @config: the configuration in force
 * @spec: a valid spec
 * @error: return location
 *
 * Whether this machine's rules allow the job, for a worker to run.
 *
 * Returns: %FALSE with %APM2_ERROR_DENIED and a message "reason_code: words"
 */
gboolean
apm2_admission_check (const Apm2Config *config,
                      const Apm2JobSpec *spec,
                      GError **error)
{
  if (spec->kind == APM2_JOB_KIND_ATTACHED)
    return refuse (error,
                   APM2_REASON_KIND_UNSUPPORTED,
                   "a job of kind \"attached\" is run by its caller: attach it "
                   "with \"apm2 run\"");
  return check_rules (config, spec, error);
}

/**
 * apm2_admission_check_attached:
 * @config: the configuration in force
 * @spec: a valid spec
 * @error: return location
 *
 * Whether this machine's rules allow the job, for its caller to run. Whether it
 * fits into the budget of its lane is not asked here.
 *
 * Returns: %FALSE with %APM2_ERROR_DENIED and a message "reason_code: words"
 */
gboolean
apm2_admission_check_attached (const Apm2Config *config,
                               const Apm2JobSpec *spec,
                               GError **error)
{
  if (spec->kind != APM2_JOB_KIND_ATTACHED)
    return refuse (error,
                   APM2_REASON_KIND_UNSUPPORTED,
                   "a job of kind \"%s\" is run by a worker: submit it with "
                   "\"apm2 fac submit\"",
                   apm2_job_kind_to_string (spec->kind));
  return check_rules (config, spec, error);
}

static gboolean is_full (GError **error, const char *format, ...)
    G_GNUC_PRINTF (2, 3);

static gboolean
is_full (GError **error, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error,
               APM2_ERROR,
               APM2_ERROR_LIMIT_EXCEEDED,
               "%s: %s",
               APM2_REASON_QUEUE_QUOTA,
               text);
  return FALSE;
}

static gboolean
exceeds (guint64 pending_bytes, gsize spec_bytes, guint64 bound)
{
  return pending_bytes > bound || spec_bytes > bound - pending_bytes;
}

static gboolean
check_own_room (const Apm2Config *config,
                const Apm2Room *room,
                gsize spec_bytes,
                GError **error)
{
  if (config->user_jobs_max != 0 && room->own.jobs >= config->user_jobs_max)
    return is_full (error,
                    "%" G_GUINT64_FORMAT
                    " jobs of user %u are pending, as many as [queue] "
                    "pending-jobs-per-user-max= allows",
                    room->own.jobs,
                    room->uid);
  if (config->user_bytes_max != 0
      && exceeds (room->own.bytes, spec_bytes, config->user_bytes_max))
    return is_full (error,
                    "the specs of pending jobs of user %u would take more than "
                    "the %" G_GUINT64_FORMAT
                    " bytes of [queue] pending-bytes-per-user-max=",
                    room->uid,
                    config->user_bytes_max);
  return TRUE;
}

/**
 * apm2_admission_check_room:
 * @config: the configuration in force
 * @room: what waits, the jobs on their way to the store included
 * @spec_bytes: bytes of one spec more
 * @error: return location
 *
 * Returns: %FALSE with %APM2_ERROR_LIMIT_EXCEEDED if the queue is full, or as
 *   full as one user may make it
 */
gboolean
apm2_admission_check_room (const Apm2Config *config,
                           const Apm2Room *room,
                           gsize spec_bytes,
                           GError **error)
{
  if (room->all.jobs >= config->pending_jobs_max)
    return is_full (error,
                    "%" G_GUINT64_FORMAT
                    " jobs are pending, as many as [queue] pending-jobs-max= "
                    "allows",
                    room->all.jobs);
  if (exceeds (room->all.bytes, spec_bytes, config->pending_bytes_max))
    return is_full (error,
                    "the specs of pending jobs would take more than the "
                    "%" G_GUINT64_FORMAT " bytes of [queue] pending-bytes-max=",
                    config->pending_bytes_max);
  return check_own_room (config, room, spec_bytes, error);
}

static guint64
tighter (guint64 a, guint64 b)
{
  if (a == 0 || b == 0)
    return MAX (a, b);
  return MIN (a, b);
}

/**
 * apm2_admission_limits:
 * @config: the configuration in force
 * @spec: a spec
 *
 * Returns: the limits under which the job runs: the tighter of lane and job; a
 *   lane that is no longer configured limits nothing
 */
Apm2Limits
apm2_admission_limits (const Apm2Config *config, const Apm2JobSpec *spec)
{
  const Apm2LaneConfig *lane = apm2_config_find_lane (config, spec->lane);
  Apm2Limits limits = spec->limits;

  if (lane == NULL)
    return limits;

  limits.timeout_sec = tighter (limits.timeout_sec, lane->timeout_sec);
  limits.memory_max_bytes
      = tighter (limits.memory_max_bytes, lane->memory_max_bytes);
  limits.tasks_max = tighter (limits.tasks_max, lane->tasks_max);
  limits.cpu_quota_percent
      = tighter (limits.cpu_quota_percent, lane->cpu_quota_percent);
  return limits;
}
