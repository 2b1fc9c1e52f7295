/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Ends the scopes of attached jobs that nobody watches over any more.
 *
 * A caller that dies leaves that to apm2-step, which ends with its scope. If
 * both were killed at once, what the command has forked is in the scope still;
 * and if apm2-step was dying while it was put there, the manager never hears
 * that the scope is empty and keeps it. The manager is asked when a caller is
 * lost, and not listened to before: it tells of each turn of each unit.
 */

#include "apm2-scope-reaper.h"

#include <signal.h>

#include "apm2-manager.h"
#include "apm2-names.h"

/* A slot waits no longer than this for a manager that does not answer. */
#define PATIENCE_MSEC 2000
/* Callers that are lost are often lost together. */
#define IDLE_MSEC 5000

/* A scope that is to end. */
typedef struct
{
  char *unit;
  guint patience;
} Scope;

struct _Apm2ScopeReaper
{
  GObject parent_instance;

  Apm2Mode mode;
  Apm2Manager *manager; /* (nullable) while nothing is to be ended */
  GPtrArray *tasks;     /* (element-type GTask) not answered yet */
  guint idle;
};

G_DEFINE_FINAL_TYPE (Apm2ScopeReaper, apm2_scope_reaper, G_TYPE_OBJECT)

static void
scope_free (gpointer data)
{
  Scope *scope = data;

  g_clear_handle_id (&scope->patience, g_source_remove);
  g_free (scope->unit);
  g_free (scope);
}

static void
drop_manager (Apm2ScopeReaper *self)
{
  g_clear_handle_id (&self->idle, g_source_remove);
  if (self->manager == NULL)
    return;
  g_signal_handlers_disconnect_by_data (self->manager, self);
  apm2_manager_stop (self->manager);
  g_clear_object (&self->manager);
}

static void
apm2_scope_reaper_finalize (GObject *object)
{
  Apm2ScopeReaper *self = APM2_SCOPE_REAPER (object);

  drop_manager (self);
  g_ptr_array_unref (self->tasks);
  G_OBJECT_CLASS (apm2_scope_reaper_parent_class)->finalize (object);
}

static void
apm2_scope_reaper_class_init (Apm2ScopeReaperClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = apm2_scope_reaper_finalize;
}

static void
apm2_scope_reaper_init (Apm2ScopeReaper *self)
{
  self->tasks = g_ptr_array_new_with_free_func (g_object_unref);
}

/**
 * apm2_scope_reaper_new:
 * @mode: whose service manager has the scopes
 *
 * Returns: (transfer full): a reaper that has nothing to do
 */
Apm2ScopeReaper *
apm2_scope_reaper_new (Apm2Mode mode)
{
  Apm2ScopeReaper *self = g_object_new (APM2_TYPE_SCOPE_REAPER, NULL);

  self->mode = mode;
  return self;
}

static gboolean
on_idle (gpointer user_data)
{
  Apm2ScopeReaper *self = user_data;

  self->idle = 0;
  drop_manager (self);
  return G_SOURCE_REMOVE;
}

/* Answers a task, if that was not done. */
static void
settle (Apm2ScopeReaper *self, GTask *task)
{
  g_autoptr (GTask) kept = g_object_ref (task);
  Scope *scope = g_task_get_task_data (task);

  if (!g_ptr_array_remove_fast (self->tasks, task))
    return;
  g_clear_handle_id (&scope->patience, g_source_remove);
  if (self->tasks->len == 0 && self->manager != NULL && self->idle == 0)
    self->idle = g_timeout_add (IDLE_MSEC, on_idle, self);
  g_task_return_boolean (task, TRUE);
}

/* Most of the time there is no such unit any more, which is as good. */
static void
on_stopped (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GVariant) reply
      = apm2_manager_call_finish (APM2_MANAGER (source), result, NULL);

  settle (g_task_get_source_object (task), task);
}

static void
on_killed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GVariant) reply
      = apm2_manager_call_finish (APM2_MANAGER (source), result, NULL);
  g_autoptr (GTask) task = user_data;
  const Scope *scope = g_task_get_task_data (task);

  apm2_manager_call_async (APM2_MANAGER (source),
                           "StopUnit",
                           g_variant_new ("(ss)", scope->unit, "replace"),
                           G_VARIANT_TYPE ("(o)"),
                           NULL,
                           on_stopped,
                           g_object_ref (task));
}

static void
end_scope (Apm2ScopeReaper *self, GTask *task)
{
  const Scope *scope = g_task_get_task_data (task);

  apm2_manager_call_async (self->manager,
                           "KillUnit",
                           g_variant_new ("(ssi)", scope->unit, "all", SIGKILL),
                           G_VARIANT_TYPE ("()"),
                           NULL,
                           on_killed,
                           g_object_ref (task));
}

static void
on_connected (Apm2ScopeReaper *self)
{
  for (guint i = 0; i < self->tasks->len; i++)
    end_scope (self, g_ptr_array_index (self->tasks, i));
}

/* So there are no scopes. */
static void
on_lost (Apm2ScopeReaper *self)
{
  while (self->tasks->len > 0)
    settle (self, g_ptr_array_index (self->tasks, 0));
}

static void
connect_manager (Apm2ScopeReaper *self)
{
  self->manager = apm2_manager_new (self->mode);
  g_signal_connect_object (self->manager,
                           "connected",
                           G_CALLBACK (on_connected),
                           self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (
      self->manager, "lost", G_CALLBACK (on_lost), self, G_CONNECT_SWAPPED);
  apm2_manager_start (self->manager);
}

static gboolean
on_patience_over (gpointer user_data)
{
  GTask *task = user_data;
  Scope *scope = g_task_get_task_data (task);

  scope->patience = 0;
  settle (g_task_get_source_object (task), task);
  return G_SOURCE_REMOVE;
}

/**
 * apm2_scope_reaper_end_async:
 * @self: a reaper
 * @job_id: an attached job whose caller is gone
 * @callback: called when that is done, or cannot be
 * @user_data: for @callback
 *
 * Kills what is in the scope of the job, and has the scope removed. Where there
 * is no such scope, or no manager, nothing happens.
 */
void
apm2_scope_reaper_end_async (Apm2ScopeReaper *self,
                             const char *job_id,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);
  Scope *scope = g_new0 (Scope, 1);

  g_return_if_fail (APM2_IS_SCOPE_REAPER (self));

  scope->unit
      = g_strconcat (APM2_UNIT_RUN_PREFIX, job_id, APM2_UNIT_RUN_SUFFIX, NULL);
  scope->patience = g_timeout_add (PATIENCE_MSEC, on_patience_over, task);
  g_task_set_source_tag (task, apm2_scope_reaper_end_async);
  g_task_set_task_data (task, scope, scope_free);
  g_ptr_array_add (self->tasks, task);
  g_clear_handle_id (&self->idle, g_source_remove);
  if (self->manager == NULL)
    connect_manager (self);
  else if (apm2_manager_is_connected (self->manager))
    end_scope (self, task);
}

/**
 * apm2_scope_reaper_end_finish:
 * @self: a reaper
 * @result: of apm2_scope_reaper_end_async()
 */
void
apm2_scope_reaper_end_finish (Apm2ScopeReaper *self, GAsyncResult *result)
{
  g_return_if_fail (g_task_is_valid (result, self));

  (void) g_task_propagate_boolean (G_TASK (result), NULL);
}
