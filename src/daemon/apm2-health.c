/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The health of the units and of the whole: the shared report on the services,
 * with what only the broker knows of its store and of its workers.
 *
 * Until the report is complete it says what it can; nothing waits for it. A
 * service manager that is not there leaves the broker's own knowledge.
 */

#include "apm2-health.h"

struct _Apm2Health
{
  GObject parent_instance;

  Apm2WorkerRegistry *registry;
  Apm2ServicesWatch *watch;
  gboolean store_failed;
  GStrv broker_reasons; /* as told to the watch */
  gint64 last_beat;     /* of any worker, usec UTC */
  /* What was signalled last. */
  const char *overall;
  GStrv reasons;
};

G_DEFINE_FINAL_TYPE (Apm2Health, apm2_health, G_TYPE_OBJECT)

static guint report_signal;
static guint changed_signal;

static void
apm2_health_finalize (GObject *object)
{
  Apm2Health *self = APM2_HEALTH (object);

  apm2_services_watch_stop (self->watch);
  g_object_unref (self->watch);
  g_object_unref (self->registry);
  g_strfreev (self->broker_reasons);
  g_strfreev (self->reasons);
  G_OBJECT_CLASS (apm2_health_parent_class)->finalize (object);
}

static void
apm2_health_class_init (Apm2HealthClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = apm2_health_finalize;
  report_signal = g_signal_new ("report",
                                APM2_TYPE_HEALTH,
                                G_SIGNAL_RUN_LAST,
                                0,
                                NULL,
                                NULL,
                                NULL,
                                G_TYPE_NONE,
                                2,
                                G_TYPE_POINTER,
                                G_TYPE_POINTER);
  changed_signal = g_signal_new ("changed",
                                 APM2_TYPE_HEALTH,
                                 G_SIGNAL_RUN_LAST,
                                 0,
                                 NULL,
                                 NULL,
                                 NULL,
                                 G_TYPE_NONE,
                                 3,
                                 G_TYPE_STRING,
                                 G_TYPE_STRING,
                                 G_TYPE_STRING);
}

static void
apm2_health_init (Apm2Health *self)
{
}

/* --- what only the broker knows --- */

static void
add_reason (GPtrArray *reasons, const char *reason)
{
  if (!g_ptr_array_find_with_equal_func (reasons, reason, g_str_equal, NULL))
    g_ptr_array_add (reasons, g_strdup (reason));
}

static GStrv
judge_broker (Apm2Health *self)
{
  g_autoptr (GPtrArray) workers = apm2_worker_registry_list (self->registry);
  g_autoptr (GPtrArray) reasons = g_ptr_array_new ();
  gboolean any_alive = FALSE;

  if (self->store_failed)
    add_reason (reasons, APM2_REASON_STORE_FAILED);
  for (guint i = 0; i < workers->len; i++)
    {
      const Apm2WorkerRecord *worker = g_ptr_array_index (workers, i);

      if (g_str_equal (worker->state, "lost"))
        add_reason (reasons, APM2_REASON_WORKER_LOST);
      else
        any_alive = TRUE;
      if (g_str_equal (worker->health_status, "degraded"))
        add_reason (reasons, APM2_REASON_WORKER_DEGRADED);
    }
  if (!any_alive)
    add_reason (reasons, APM2_REASON_NO_WORKER);
  g_ptr_array_add (reasons, NULL);
  return (GStrv) g_ptr_array_steal (reasons, NULL);
}

static void
update_broker (Apm2Health *self)
{
  g_auto (GStrv) reasons = judge_broker (self);
  Apm2HealthLevel level = APM2_HEALTH_LEVEL_HEALTHY;

  if (self->broker_reasons != NULL
      && g_strv_equal ((const char *const *) reasons,
                       (const char *const *) self->broker_reasons))
    return;
  if (reasons[0] != NULL)
    level = self->store_failed ? APM2_HEALTH_LEVEL_UNHEALTHY
                               : APM2_HEALTH_LEVEL_DEGRADED;
  g_strfreev (self->broker_reasons);
  self->broker_reasons = g_steal_pointer (&reasons);
  apm2_services_watch_set_broker (self->watch,
                                  NULL,
                                  NULL,
                                  level,
                                  (const char *const *) self->broker_reasons);
}

/* A worker writes its file right after it has told us that it lives. */
static void
look_for_beats (Apm2Health *self)
{
  g_autoptr (GPtrArray) workers = apm2_worker_registry_list (self->registry);
  gint64 last = self->last_beat;

  for (guint i = 0; i < workers->len; i++)
    {
      const Apm2WorkerRecord *worker = g_ptr_array_index (workers, i);

      last = MAX (last, worker->last_cycle_at);
    }
  if (last == self->last_beat)
    return;
  self->last_beat = last;
  apm2_services_watch_refresh (self->watch);
}

static void
on_workers_changed (Apm2Health *self)
{
  update_broker (self);
  look_for_beats (self);
}

/* --- what is told --- */

static void
tell_whole (Apm2Health *self)
{
  const char *before = self->overall;
  const char *now = apm2_health_get_overall (self);
  const char *const *reasons = apm2_health_get_reasons (self);

  if (g_str_equal (before, now)
      && g_strv_equal (reasons, (const char *const *) self->reasons))
    return;
  self->overall = now;
  g_strfreev (self->reasons);
  self->reasons = g_strdupv ((char **) reasons);
  g_signal_emit (self,
                 changed_signal,
                 0,
                 before,
                 now,
                 reasons[0] != NULL ? reasons[0] : "");
}

static void
on_report (Apm2Health *self,
           const Apm2ServicesReport *before,
           const Apm2ServicesReport *now)
{
  g_signal_emit (self, report_signal, 0, before, now);
  tell_whole (self);
}

static void
on_settled (Apm2Health *self)
{
  g_autoptr (Apm2ServicesReport) nothing
      = apm2_services_report_new (apm2_health_get_report (self)->mode);

  on_report (self, nothing, apm2_health_get_report (self));
}

/**
 * apm2_health_new:
 * @registry: the workers
 * @paths: (transfer none): where their heartbeats lie
 *
 * Returns: (transfer full): a health that follows the workers, not yet the
 * units
 */
Apm2Health *
apm2_health_new (Apm2WorkerRegistry *registry, const Apm2Paths *paths)
{
  static const char *const names[] = { "added", "changed", "removed" };
  Apm2Health *self = g_object_new (APM2_TYPE_HEALTH, NULL);

  self->registry = g_object_ref (registry);
  self->watch = apm2_services_watch_new (paths);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    g_signal_connect_object (registry,
                             names[i],
                             G_CALLBACK (on_workers_changed),
                             self,
                             G_CONNECT_SWAPPED);
  g_signal_connect_object (
      self->watch, "settled", G_CALLBACK (on_settled), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (
      self->watch, "changed", G_CALLBACK (on_report), self, G_CONNECT_SWAPPED);
  update_broker (self);
  self->overall = apm2_health_get_overall (self);
  self->reasons = g_strdupv ((char **) apm2_health_get_reasons (self));
  return self;
}

/**
 * apm2_health_start:
 * @self: a health
 *
 * Follows the units too, if there is a service manager.
 */
void
apm2_health_start (Apm2Health *self)
{
  apm2_services_watch_start (self->watch);
}

/**
 * apm2_health_stop:
 * @self: a health
 *
 * Follows nothing any more.
 */
void
apm2_health_stop (Apm2Health *self)
{
  apm2_services_watch_stop (self->watch);
}

/**
 * apm2_health_set_store_failed:
 * @self: a health
 * @failed: whether the store does not answer or refuses to write
 */
void
apm2_health_set_store_failed (Apm2Health *self, gboolean failed)
{
  self->store_failed = failed;
  update_broker (self);
}

/**
 * apm2_health_get_report:
 * @self: a health
 *
 * Returns: (transfer none): how everything is, until it is made anew
 */
const Apm2ServicesReport *
apm2_health_get_report (Apm2Health *self)
{
  return apm2_services_watch_get_report (self->watch);
}

/**
 * apm2_health_get_overall:
 * @self: a health
 *
 * Returns: (transfer none): healthy, degraded or unhealthy
 */
const char *
apm2_health_get_overall (Apm2Health *self)
{
  return apm2_health_level_to_string (apm2_health_get_report (self)->overall);
}

/**
 * apm2_health_get_reasons:
 * @self: a health
 *
 * Returns: (transfer none): codes of what is not healthy
 */
const char *const *
apm2_health_get_reasons (Apm2Health *self)
{
  return (const char *const *) apm2_health_get_report (self)->reasons->pdata;
}
