/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The health of the whole: the worst of what the broker knows of its store and
 * of its workers.
 */

#include "apm2-health.h"

#define REASON_NO_WORKER       "no_worker"
#define REASON_WORKER_LOST     "worker_lost"
#define REASON_WORKER_DEGRADED "worker_degraded"
#define REASON_STORE_FAILED    "store_failed"

struct _Apm2Health
{
  GObject parent_instance;

  Apm2WorkerRegistry *registry;
  gboolean store_failed;
  const char *overall;
  GPtrArray *reasons; /* (element-type utf8) static strings, NULL at the end */
};

G_DEFINE_FINAL_TYPE (Apm2Health, apm2_health, G_TYPE_OBJECT)

static guint changed_signal;

static void
apm2_health_finalize (GObject *object)
{
  Apm2Health *self = APM2_HEALTH (object);

  g_ptr_array_unref (self->reasons);
  g_object_unref (self->registry);
  G_OBJECT_CLASS (apm2_health_parent_class)->finalize (object);
}

static void
apm2_health_class_init (Apm2HealthClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = apm2_health_finalize;
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
  self->overall = "degraded";
  self->reasons = g_ptr_array_new ();
  g_ptr_array_add (self->reasons, NULL);
}

static void
add_reason (GPtrArray *reasons, const char *reason)
{
  if (!g_ptr_array_find (reasons, reason, NULL))
    g_ptr_array_add (reasons, (gpointer) reason);
}

static GPtrArray *
judge (Apm2Health *self)
{
  g_autoptr (GPtrArray) workers = apm2_worker_registry_list (self->registry);
  GPtrArray *reasons = g_ptr_array_new ();
  gboolean any_alive = FALSE;

  if (self->store_failed)
    add_reason (reasons, REASON_STORE_FAILED);
  for (guint i = 0; i < workers->len; i++)
    {
      const Apm2WorkerRecord *worker = g_ptr_array_index (workers, i);

      if (g_str_equal (worker->state, "lost"))
        add_reason (reasons, REASON_WORKER_LOST);
      else
        any_alive = TRUE;
      if (g_str_equal (worker->health_status, "degraded"))
        add_reason (reasons, REASON_WORKER_DEGRADED);
    }
  if (!any_alive)
    add_reason (reasons, REASON_NO_WORKER);
  return reasons;
}

static gboolean
same_reasons (const GPtrArray *a, const GPtrArray *b)
{
  if (a->len != b->len)
    return FALSE;
  for (guint i = 0; i < a->len; i++)
    if (g_strcmp0 (g_ptr_array_index (a, i), g_ptr_array_index (b, i)) != 0)
      return FALSE;
  return TRUE;
}

static void
update (Apm2Health *self)
{
  g_autoptr (GPtrArray) reasons = judge (self);
  const char *old = self->overall;
  const char *first = reasons->len > 0 ? g_ptr_array_index (reasons, 0) : "";

  if (self->store_failed)
    self->overall = "unhealthy";
  else
    self->overall = reasons->len > 0 ? "degraded" : "healthy";
  g_ptr_array_add (reasons, NULL);
  if (g_str_equal (old, self->overall) && same_reasons (reasons, self->reasons))
    return;

  g_ptr_array_unref (self->reasons);
  self->reasons = g_steal_pointer (&reasons);
  g_signal_emit (self, changed_signal, 0, old, self->overall, first);
}

/**
 * apm2_health_new:
 * @registry: the workers
 *
 * Returns: (transfer full): a health that follows the workers
 */
Apm2Health *
apm2_health_new (Apm2WorkerRegistry *registry)
{
  static const char *const names[] = { "added", "changed", "removed" };
  Apm2Health *self = g_object_new (APM2_TYPE_HEALTH, NULL);

  self->registry = g_object_ref (registry);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    g_signal_connect_object (
        registry, names[i], G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  update (self);
  return self;
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
  update (self);
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
  return self->overall;
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
  return (const char *const *) self->reasons->pdata;
}
