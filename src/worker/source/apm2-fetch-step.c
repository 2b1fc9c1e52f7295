/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A step that is done by a unit of its own, apm2-fetch@SLOT.service: it has
 * network and the token, and neither job nor worker have them.
 *
 * The unit is started anew, whatever an earlier process has left of it, and
 * read until it has ended; then it is stopped, so that nothing of it is left.
 * It belongs to one slot, so that its result is that of one job, and to cancel
 * one disturbs no other. It does not go on without this process: whoever comes
 * next starts it once more.
 */

#include "apm2-fetch-step.h"

#include "apm2-fetch-end.h"
#include "apm2-log.h"
#include "apm2-manager-job.h"

/* Before a stop that was refused is told again. */
#define AGAIN_MSEC 1000

typedef enum
{
  STATE_MAKING,   /* its files */
  STATE_STARTING, /* until the manager's job has ended */
  STATE_RUNNING,
  STATE_STOPPING,
  STATE_TAKING, /* its log */
} State;

struct _Apm2FetchStep
{
  Apm2StepRun parent_instance;

  Apm2Manager *manager;
  Apm2FetchFiles *files;
  char *job_id;
  char *log_file;
  State state;
  Apm2ManagerJob start; /* of the unit */
  char *invocation_id;  /* (nullable) until it runs */
  gboolean reading;
  gboolean read_again;
  gboolean asked;   /* to terminate */
  gboolean overdue; /* that was its time limit's doing */
  guint timer;
  Apm2StepEnd *end; /* (nullable) until it is known */
};

G_DEFINE_FINAL_TYPE (Apm2FetchStep, apm2_fetch_step, APM2_TYPE_STEP_RUN)

static void look (Apm2FetchStep *self);
static void stop (Apm2FetchStep *self);

static void
apm2_fetch_step_finalize (GObject *object)
{
  Apm2FetchStep *self = APM2_FETCH_STEP (object);

  g_clear_handle_id (&self->timer, g_source_remove);
  g_clear_object (&self->manager);
  g_clear_pointer (&self->files, apm2_fetch_files_unref);
  g_clear_pointer (&self->end, apm2_step_end_free);
  g_free (self->job_id);
  g_free (self->log_file);
  apm2_manager_job_clear (&self->start);
  g_free (self->invocation_id);
  G_OBJECT_CLASS (apm2_fetch_step_parent_class)->finalize (object);
}

static void
call (Apm2FetchStep *self,
      const char *method,
      GVariant *parameters,
      GAsyncReadyCallback callback)
{
  apm2_manager_call_async (self->manager,
                           method,
                           parameters,
                           NULL,
                           NULL,
                           callback,
                           callback != NULL ? g_object_ref (self) : NULL);
}

/* --- its end --- */

static void
on_log_taken (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Apm2FetchStep) self = user_data;

  self->end->log_bytes = apm2_fetch_files_take_log_finish (result);
  apm2_step_run_emit_log_bytes (APM2_STEP_RUN (self), self->end->log_bytes);
  apm2_step_run_emit_ended (APM2_STEP_RUN (self), self->end);
}

static void
take_log (Apm2FetchStep *self)
{
  self->state = STATE_TAKING;
  g_clear_handle_id (&self->timer, g_source_remove);
  apm2_manager_forget_unit (self->manager, self->files->unit);
  apm2_fetch_files_take_log_async (
      self->files, self->log_file, on_log_taken, g_object_ref (self));
}

static void
end (Apm2FetchStep *self, Apm2StepEndKind kind, char *message)
{
  if (self->asked)
    kind = self->overdue ? APM2_STEP_END_TIMEOUT : APM2_STEP_END_TERMINATED;
  if (self->end == NULL)
    self->end = apm2_step_end_new (kind);
  if (self->asked)
    g_free (message);
  else
    self->end->message = message;
}

/* Nothing of it has run. */
static void G_GNUC_PRINTF (2, 3)
    fail (Apm2FetchStep *self, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  end (self, APM2_STEP_END_SPAWN_FAILED, g_strdup_vprintf (format, args));
  va_end (args);
  take_log (self);
}

static void
judge (Apm2FetchStep *self, const Apm2UnitState *state)
{
  if (self->asked)
    end (self, APM2_STEP_END_TERMINATED, NULL);
  else
    self->end = apm2_fetch_end_new (state, self->invocation_id);
  self->end->cpu_usec = state->cpu_usage_nsec / 1000;
}

static gboolean
on_stop_again (gpointer user_data)
{
  Apm2FetchStep *self = user_data;

  self->timer = 0;
  stop (self);
  return G_SOURCE_REMOVE;
}

static void
on_stopped (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Apm2FetchStep) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply
      = apm2_manager_call_finish (self->manager, result, &error);

  if (reply == NULL)
    apm2_log (G_LOG_LEVEL_WARNING,
              APM2_LOG_WITH (.job = self->job_id),
              "Cannot stop %s: %s",
              self->files->unit,
              error->message);
  /* Its time limit matters no more. A manager that is away hears it later. */
  if (reply == NULL && self->state != STATE_TAKING
      && apm2_manager_is_connected (self->manager))
    {
      g_clear_handle_id (&self->timer, g_source_remove);
      self->timer = g_timeout_add (AGAIN_MSEC, on_stop_again, self);
    }
  if (self->state == STATE_STOPPING)
    look (self);
}

static void
stop (Apm2FetchStep *self)
{
  call (self,
        "StopUnit",
        g_variant_new ("(ss)", self->files->unit, "replace"),
        on_stopped);
}

/* --- its unit --- */

static gboolean
is_running (const Apm2UnitState *state)
{
  return apm2_unit_state_is_active (state)
         && !g_str_equal (state->sub_state, "exited");
}

static void
take_start (Apm2FetchStep *self, const Apm2UnitState *state)
{
  if (!g_str_equal (state->load_state, "loaded"))
    {
      fail (self,
            "%s is %s: run 'apm2 daemon install'",
            self->files->unit,
            state->load_state);
      return;
    }
  self->invocation_id = g_strdup (state->invocation_id);
  self->state = STATE_RUNNING;
  if (is_running (state))
    apm2_step_run_emit_started (APM2_STEP_RUN (self), state->main_pid);
}

static void
take_state (Apm2FetchStep *self, const Apm2UnitState *state)
{
  if (self->state == STATE_STARTING && self->start.has_ended)
    take_start (self, state);
  if (self->state == STATE_RUNNING && !is_running (state))
    {
      judge (self, state);
      self->state = STATE_STOPPING;
      if (g_str_equal (state->active_state, "active"))
        stop (self);
    }
  if (self->state != STATE_STOPPING || apm2_unit_state_is_active (state))
    return;
  if (g_str_equal (state->active_state, "failed"))
    call (self,
          "ResetFailedUnit",
          g_variant_new ("(s)", self->files->unit),
          NULL);
  take_log (self);
}

static void
on_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Apm2FetchStep) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (Apm2UnitState) state
      = apm2_manager_read_unit_finish (self->manager, result, &error);
  gboolean again = self->read_again;

  self->reading = FALSE;
  self->read_again = FALSE;
  /* Without a manager: it is read when there is one again. */
  if (state != NULL)
    take_state (self, state);
  if (again)
    look (self);
}

static void
look (Apm2FetchStep *self)
{
  if (self->state == STATE_MAKING || self->state == STATE_TAKING)
    return;
  if (self->reading)
    {
      self->read_again = TRUE;
      return;
    }
  self->reading = TRUE;
  apm2_manager_read_unit_async (
      self->manager, self->files->unit, NULL, on_read, g_object_ref (self));
}

static void
on_unit_changed (Apm2FetchStep *self, const char *name)
{
  if (g_str_equal (name, self->files->unit))
    look (self);
}

static void
on_job_removed (Apm2FetchStep *self,
                const char *path,
                const char *name,
                const char *result)
{
  if (!g_str_equal (name, self->files->unit))
    return;
  apm2_manager_job_note_removed (&self->start, path);
  look (self);
}

static void start (Apm2FetchStep *self);

/* What the manager did not hear is told again. How a start has ended that it
 * told nobody is not to be known: the fetch begins anew. */
static void
on_connected (Apm2FetchStep *self)
{
  if (self->state == STATE_STARTING && !self->asked)
    {
      start (self);
      return;
    }
  if (self->state == STATE_STARTING)
    {
      end (self, APM2_STEP_END_TERMINATED, NULL);
      self->state = STATE_STOPPING;
    }
  if (self->state == STATE_STOPPING
      || (self->state == STATE_RUNNING && self->asked))
    stop (self);
  look (self);
}

/* --- its start --- */

static void
on_started (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Apm2FetchStep) self = user_data;
  const char *path = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply
      = apm2_manager_call_finish (self->manager, result, &error);

  if (reply == NULL)
    {
      (void) g_dbus_error_strip_remote_error (error);
      fail (self,
            "cannot start %s: %s; it comes with 'apm2 daemon install'",
            self->files->unit,
            error->message);
      return;
    }
  g_variant_get (reply, "(&o)", &path);
  apm2_manager_job_take_path (&self->start, path);
  if (self->asked)
    stop (self);
  look (self);
}

/* And not StartUnit: an earlier process may have left it running. */
static void
start (Apm2FetchStep *self)
{
  apm2_manager_job_clear (&self->start);
  call (self,
        "RestartUnit",
        g_variant_new ("(ss)", self->files->unit, "replace"),
        on_started);
}

static void
on_made (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Apm2FetchStep) self = user_data;
  g_autoptr (GError) error = NULL;

  if (!apm2_fetch_files_make_finish (result, &error))
    fail (self, "%s", error->message);
  else if (self->asked)
    fail (self, "it is not needed any more");
  else
    {
      self->state = STATE_STARTING;
      start (self);
    }
}

static void
ask_to_end (Apm2FetchStep *self)
{
  if (self->asked)
    return;
  self->asked = TRUE;
  if (self->state == STATE_RUNNING
      || (self->state == STATE_STARTING && self->start.path != NULL))
    stop (self);
}

static gboolean
on_overdue (gpointer user_data)
{
  Apm2FetchStep *self = user_data;

  self->timer = 0;
  self->overdue = !self->asked;
  ask_to_end (self);
  return G_SOURCE_REMOVE;
}

static void
apm2_fetch_step_terminate (Apm2StepRun *run, guint64 grace_usec)
{
  ask_to_end (APM2_FETCH_STEP (run));
}

/* What is fetched is of use to whoever has the lease. */
static void
apm2_fetch_step_set_fence (Apm2StepRun *run, gint64 boottime)
{
}

static void
apm2_fetch_step_class_init (Apm2FetchStepClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = apm2_fetch_step_finalize;
  APM2_STEP_RUN_CLASS (klass)->terminate = apm2_fetch_step_terminate;
  APM2_STEP_RUN_CLASS (klass)->set_fence = apm2_fetch_step_set_fence;
}

static void
apm2_fetch_step_init (Apm2FetchStep *self)
{
}

static void
listen (Apm2FetchStep *self, const char *name, GCallback func)
{
  g_signal_connect_object (self->manager, name, func, self, G_CONNECT_SWAPPED);
}

/**
 * apm2_fetch_step_new:
 * @manager: runs the unit
 * @files: (transfer none): of the unit; no other step uses them
 * @order: (transfer none): what to run; of its arguments those after the second
 *   are what the unit is told
 * @ca_file: (nullable): certificates to trust; "" is none
 *
 * Returns: (transfer full): the step, which begins; dropping it stops nothing
 */
Apm2FetchStep *
apm2_fetch_step_new (Apm2Manager *manager,
                     Apm2FetchFiles *files,
                     const Apm2StepOrder *order,
                     const char *ca_file)
{
  Apm2FetchStep *self = g_object_new (APM2_TYPE_FETCH_STEP, NULL);

  self->manager = g_object_ref (manager);
  self->files = apm2_fetch_files_ref (files);
  self->job_id = g_strdup (order->job_id);
  self->log_file = g_strdup (order->log_file);
  listen (self, "unit-changed", G_CALLBACK (on_unit_changed));
  listen (self, "job-removed", G_CALLBACK (on_job_removed));
  listen (self, "connected", G_CALLBACK (on_connected));
  if (order->timeout_usec != 0)
    self->timer = g_timeout_add (
        (guint) MIN (order->timeout_usec / 1000, G_MAXINT32), on_overdue, self);
  apm2_fetch_files_make_async (
      self->files, order->argv + 2, ca_file, on_made, g_object_ref (self));
  return self;
}
