/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A report on the services that is kept true: units by the signals of the
 * service manager, heartbeats by their files.
 *
 * Nothing polls. A file is read when its unit changes, when somebody who has
 * heard of a heartbeat says so, and at the moment at which time alone would
 * make the report untrue. Files are read in a thread, so that a slow disk does
 * not stop whoever watches.
 */

#include "apm2-services-watch.h"

#include "apm2-time.h"
#include "apm2-unit-watch.h"

struct _Apm2ServicesWatch
{
  GObject parent_instance;

  Apm2Paths *paths;     /* (owned) a thread may read them at our end */
  Apm2UnitWatch *units; /* (owned) (nullable) once started */
  GPtrArray *files;     /* (nullable) (element-type Apm2HeartbeatFile) */
  Apm2CredentialState credential;
  Apm2BrokerReport broker;    /* what was set */
  Apm2ServicesReport *report; /* (owned) */
  gboolean is_settled;
  gboolean is_looking; /* at files */
  gboolean look_again;
  guint timer;
};

G_DEFINE_FINAL_TYPE (Apm2ServicesWatch, apm2_services_watch, G_TYPE_OBJECT)

static guint settled_signal;
static guint changed_signal;

/* --- the report --- */

static void
add_unit (const Apm2UnitState *unit, Apm2Mode scope, gpointer user_data)
{
  apm2_services_report_add_unit (user_data, unit, scope);
}

static Apm2ServicesReport *
make_report (Apm2ServicesWatch *self)
{
  Apm2ServicesReport *report = apm2_services_report_new (self->paths->mode);
  Apm2ReportClock now;

  report->manager_reachable
      = self->units != NULL && apm2_unit_watch_is_known (self->units);
  if (self->units != NULL)
    {
      report->n_lanes_running = apm2_unit_watch_get_n_lanes (self->units);
      apm2_unit_watch_foreach (self->units, add_unit, report);
    }
  for (guint i = 0; self->files != NULL && i < self->files->len; i++)
    apm2_services_report_add_heartbeat (
        report, apm2_heartbeat_file_ref (g_ptr_array_index (self->files, i)));
  report->credential = self->credential;
  report->broker.is_reachable = self->broker.is_reachable;
  report->broker.problem = g_strdup (self->broker.problem);
  report->broker.version = g_strdup (self->broker.version);
  report->broker.health = self->broker.health;
  report->broker.reasons = g_strdupv (self->broker.reasons);
  apm2_report_clock_read (&now);
  apm2_services_report_judge (report, &now);
  return report;
}

static gboolean
on_time (gpointer user_data)
{
  Apm2ServicesWatch *self = user_data;

  self->timer = 0;
  apm2_services_watch_refresh (self);
  return G_SOURCE_REMOVE;
}

static void
set_timer (Apm2ServicesWatch *self)
{
  const gint64 at = self->report->next_change_usec;
  gint64 left = at - apm2_time_boottime_usec ();

  g_clear_handle_id (&self->timer, g_source_remove);
  if (at == 0 || self->units == NULL)
    return;
  /* Late rather than early, or it would be for nothing. */
  left = CLAMP (left / 1000 + 2, 2, G_MAXINT);
  self->timer = g_timeout_add ((guint) left, on_time, self);
}

static void
update (Apm2ServicesWatch *self)
{
  g_autoptr (Apm2ServicesReport) old = g_steal_pointer (&self->report);

  self->report = make_report (self);
  if (!self->is_settled)
    return;
  set_timer (self);
  g_signal_emit (self, changed_signal, 0, old, self->report);
}

/* --- files --- */

typedef struct
{
  const Apm2Paths *paths;
  GStrv instances;
  GPtrArray *files;
  Apm2CredentialState credential;
} Look;

static void
look_free (gpointer data)
{
  Look *look = data;

  g_strfreev (look->instances);
  g_clear_pointer (&look->files, g_ptr_array_unref);
  g_free (look);
}

static void
look_in_thread (GTask *task,
                gpointer source,
                gpointer task_data,
                GCancellable *cancellable)
{
  Look *look = task_data;
  g_autoptr (Apm2Credential) credential
      = apm2_credential_examine_file (look->paths);

  look->credential = credential->state;
  look->files = apm2_heartbeat_file_read_all (
      look->paths, (const char *const *) look->instances);
  g_task_return_boolean (task, TRUE);
}

static void
settle (Apm2ServicesWatch *self)
{
  self->is_settled = TRUE;
  update (self);
  g_signal_emit (self, settled_signal, 0);
}

static void
on_looked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Apm2ServicesWatch) self
      = g_object_ref (APM2_SERVICES_WATCH (source));
  Look *look = g_task_get_task_data (G_TASK (result));

  self->is_looking = FALSE;
  if (self->units == NULL)
    return;
  g_clear_pointer (&self->files, g_ptr_array_unref);
  self->files = g_steal_pointer (&look->files);
  self->credential = look->credential;
  if (self->look_again)
    apm2_services_watch_refresh (self);
  if (self->is_settled)
    update (self);
  else
    settle (self);
}

/**
 * apm2_services_watch_refresh:
 * @self: a watch
 *
 * Looks at the files now, because they may have changed.
 */
void
apm2_services_watch_refresh (Apm2ServicesWatch *self)
{
  g_autoptr (GTask) task = NULL;
  Look *look = NULL;

  g_return_if_fail (APM2_IS_SERVICES_WATCH (self));

  self->look_again = self->is_looking;
  if (self->is_looking || self->units == NULL)
    return;
  self->is_looking = TRUE;
  look = g_new0 (Look, 1);
  look->paths = self->paths;
  look->instances = apm2_services_report_list_instances (self->report);
  task = g_task_new (self, NULL, on_looked, NULL);
  g_task_set_task_data (task, look, look_free);
  g_task_run_in_thread (task, look_in_thread);
}

/* --- units --- */

static void
on_units_settled (Apm2ServicesWatch *self)
{
  update (self);
  apm2_services_watch_refresh (self);
}

/* What decides which files matter and what they mean. */
static char *
describe_workers (const Apm2ServicesReport *report)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < report->services->len; i++)
    {
      const Apm2ServiceReport *service
          = g_ptr_array_index (report->services, i);
      const Apm2UnitState *unit = service->unit;
      g_autofree char *instance
          = apm2_services_report_get_instance (unit->name);

      if (instance != NULL)
        g_string_append_printf (
            text, "%s %s %u\n", instance, unit->active_state, unit->main_pid);
    }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
on_units_changed (Apm2ServicesWatch *self)
{
  g_autofree char *before = describe_workers (self->report);
  g_autofree char *now = NULL;

  update (self);
  now = describe_workers (self->report);
  if (!g_str_equal (before, now))
    apm2_services_watch_refresh (self);
}

static void
apm2_services_watch_dispose (GObject *object)
{
  apm2_services_watch_stop (APM2_SERVICES_WATCH (object));
  G_OBJECT_CLASS (apm2_services_watch_parent_class)->dispose (object);
}

static void
apm2_services_watch_finalize (GObject *object)
{
  Apm2ServicesWatch *self = APM2_SERVICES_WATCH (object);

  g_clear_pointer (&self->files, g_ptr_array_unref);
  apm2_paths_free (self->paths);
  apm2_services_report_free (self->report);
  g_free (self->broker.problem);
  g_free (self->broker.version);
  g_strfreev (self->broker.reasons);
  G_OBJECT_CLASS (apm2_services_watch_parent_class)->finalize (object);
}

static void
apm2_services_watch_class_init (Apm2ServicesWatchClass *klass)
{
  GType type = G_OBJECT_CLASS_TYPE (klass);

  G_OBJECT_CLASS (klass)->dispose = apm2_services_watch_dispose;
  G_OBJECT_CLASS (klass)->finalize = apm2_services_watch_finalize;
  settled_signal = g_signal_new (
      "settled", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  changed_signal = g_signal_new ("changed",
                                 type,
                                 G_SIGNAL_RUN_LAST,
                                 0,
                                 NULL,
                                 NULL,
                                 NULL,
                                 G_TYPE_NONE,
                                 2,
                                 G_TYPE_POINTER,
                                 G_TYPE_POINTER);
}

static void
apm2_services_watch_init (Apm2ServicesWatch *self)
{
  self->credential = APM2_CREDENTIAL_UNKNOWN;
}

/**
 * apm2_services_watch_new:
 * @paths: (transfer none): where the files lie
 *
 * Returns: (transfer full): a watch that knows nothing yet
 */
Apm2ServicesWatch *
apm2_services_watch_new (const Apm2Paths *paths)
{
  Apm2ServicesWatch *self = g_object_new (APM2_TYPE_SERVICES_WATCH, NULL);

  self->paths = apm2_paths_copy (paths);
  self->report = make_report (self);
  return self;
}

/**
 * apm2_services_watch_start:
 * @self: a watch
 *
 * "settled" follows.
 */
void
apm2_services_watch_start (Apm2ServicesWatch *self)
{
  g_return_if_fail (APM2_IS_SERVICES_WATCH (self));
  g_return_if_fail (self->units == NULL);

  self->units = apm2_unit_watch_new (self->paths->mode);
  g_signal_connect_object (self->units,
                           "settled",
                           G_CALLBACK (on_units_settled),
                           self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->units,
                           "changed",
                           G_CALLBACK (on_units_changed),
                           self,
                           G_CONNECT_SWAPPED);
  apm2_unit_watch_start (self->units);
}

/**
 * apm2_services_watch_stop:
 * @self: a watch
 *
 * Looks no more; the last report stays.
 */
void
apm2_services_watch_stop (Apm2ServicesWatch *self)
{
  g_return_if_fail (APM2_IS_SERVICES_WATCH (self));

  g_clear_handle_id (&self->timer, g_source_remove);
  if (self->units != NULL)
    apm2_unit_watch_stop (self->units);
  g_clear_object (&self->units);
}

/**
 * apm2_services_watch_set_broker:
 * @self: a watch
 * @problem: (nullable): why the broker is not reachable; %NULL: it is
 * @version: (nullable): of the broker
 * @health: how it says everything is
 * @reasons: (nullable): its codes
 *
 * Tells what is known of the broker, which the watch does not ask itself.
 */
void
apm2_services_watch_set_broker (Apm2ServicesWatch *self,
                                const char *problem,
                                const char *version,
                                Apm2HealthLevel health,
                                const char *const *reasons)
{
  Apm2BrokerReport *broker = NULL;

  g_return_if_fail (APM2_IS_SERVICES_WATCH (self));

  broker = &self->broker;
  broker->is_reachable = problem == NULL;
  broker->health = health;
  g_free (broker->problem);
  broker->problem = g_strdup (problem);
  g_free (broker->version);
  broker->version = g_strdup (version);
  g_strfreev (broker->reasons);
  broker->reasons = g_strdupv ((char **) reasons);
  update (self);
}

/**
 * apm2_services_watch_is_settled:
 * @self: a watch
 *
 * Returns: whether the report is complete
 */
gboolean
apm2_services_watch_is_settled (Apm2ServicesWatch *self)
{
  g_return_val_if_fail (APM2_IS_SERVICES_WATCH (self), FALSE);

  return self->is_settled;
}

/**
 * apm2_services_watch_get_report:
 * @self: a watch
 *
 * Returns: (transfer none): the report, until it is made anew
 */
const Apm2ServicesReport *
apm2_services_watch_get_report (Apm2ServicesWatch *self)
{
  g_return_val_if_fail (APM2_IS_SERVICES_WATCH (self), NULL);

  return self->report;
}
