/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The end of scopes whose caller and supervisor are both gone.
 *
 * A supervisor ends what is below it, also when its caller was killed. Where it
 * was killed as well, only the service manager still knows what belongs to the
 * job. All is killed at once: who could have asked it to end is dead. Stopping
 * the scope then makes the manager let go of it, and say when that is done.
 */

#include "apm2-scope-reaper.h"

#include <signal.h>
#include <unistd.h>

#include "apm2-log.h"
#include "apm2-manager.h"
#include "apm2-names.h"

/* So long a slot waits for the manager at most. */
#define BOUND_SEC 5

#define NO_SUCH_UNIT "org.freedesktop.systemd1.NoSuchUnit"

typedef struct
{
  Apm2ScopeReaper *all; /* borrowed */
  char *job_id;
  char *unit;
  gboolean is_known; /* the kernel has said that the job is in it */
  guint timer;
  Apm2ScopeReaperFunc func;
  gpointer user_data;
  GDestroyNotify destroy; /* (nullable) */
} Scope;

struct _Apm2ScopeReaper
{
  GObject parent_instance;

  Apm2Mode mode;
  Apm2Manager *manager; /* (nullable) while there are scopes */
  GHashTable *scopes;   /* (element-type utf8 Scope) by unit */
  guint leaving;        /* source */
};

G_DEFINE_FINAL_TYPE (Apm2ScopeReaper, apm2_scope_reaper, G_TYPE_OBJECT)

/* A call under way; its scope may be settled before the answer comes. */
typedef struct
{
  Apm2ScopeReaper *all; /* owned */
  char *unit;
} Call;

static void
call_free (Call *call)
{
  g_object_unref (call->all);
  g_free (call->unit);
  g_free (call);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Call, call_free)

static void
scope_free (gpointer data)
{
  Scope *scope = data;

  g_clear_handle_id (&scope->timer, g_source_remove);
  if (scope->destroy != NULL)
    scope->destroy (scope->user_data);
  g_free (scope->unit);
  g_free (scope->job_id);
  g_free (scope);
}

static void
leave_manager (Apm2ScopeReaper *self)
{
  if (self->manager == NULL)
    return;
  g_signal_handlers_disconnect_by_data (self->manager, self);
  apm2_manager_stop (self->manager);
  g_clear_object (&self->manager);
}

static void
apm2_scope_reaper_dispose (GObject *object)
{
  apm2_scope_reaper_stop (APM2_SCOPE_REAPER (object));
  G_OBJECT_CLASS (apm2_scope_reaper_parent_class)->dispose (object);
}

static void
apm2_scope_reaper_finalize (GObject *object)
{
  g_hash_table_unref (APM2_SCOPE_REAPER (object)->scopes);
  G_OBJECT_CLASS (apm2_scope_reaper_parent_class)->finalize (object);
}

static void
apm2_scope_reaper_class_init (Apm2ScopeReaperClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = apm2_scope_reaper_dispose;
  G_OBJECT_CLASS (klass)->finalize = apm2_scope_reaper_finalize;
}

static void
apm2_scope_reaper_init (Apm2ScopeReaper *self)
{
  self->scopes
      = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, scope_free);
}

/**
 * apm2_scope_reaper_new:
 * @mode: of the broker: whose service manager it may speak to
 *
 * Returns: (transfer full): one that has nothing to end
 */
Apm2ScopeReaper *
apm2_scope_reaper_new (Apm2Mode mode)
{
  Apm2ScopeReaper *self = g_object_new (APM2_TYPE_SCOPE_REAPER, NULL);

  self->mode = mode;
  return self;
}

/**
 * apm2_scope_reaper_can_reach:
 * @self: what ends scopes
 * @uid: whose job it is
 *
 * Callers have their own service manager make the scope. A broker of the system
 * has no rights there, nor at the system's, unless it is root.
 *
 * Returns: whether that is the manager which this broker may speak to
 */
gboolean
apm2_scope_reaper_can_reach (Apm2ScopeReaper *self, guint32 uid)
{
  return uid == geteuid () && (self->mode == APM2_MODE_USER || uid == 0);
}

Apm2Mode
apm2_scope_reaper_get_mode (Apm2ScopeReaper *self)
{
  return self->mode;
}

/* Not from within the signals of the manager. */
static gboolean
on_leave (gpointer user_data)
{
  Apm2ScopeReaper *self = user_data;

  self->leaving = 0;
  if (g_hash_table_size (self->scopes) == 0)
    leave_manager (self);
  return G_SOURCE_REMOVE;
}

static void
settle (Apm2ScopeReaper *self, const char *unit, gboolean is_gone)
{
  Scope *scope = g_hash_table_lookup (self->scopes, unit);

  if (scope == NULL)
    return;
  (void) g_hash_table_steal (self->scopes, unit);
  if (g_hash_table_size (self->scopes) == 0 && self->leaving == 0)
    self->leaving = g_idle_add (on_leave, self);
  scope->func (is_gone, scope->user_data);
  scope_free (scope);
}

static gboolean
on_bound (gpointer user_data)
{
  Scope *scope = user_data;

  scope->timer = 0;
  apm2_log (G_LOG_LEVEL_WARNING,
            APM2_LOG_WITH (.job = scope->job_id),
            "The service manager has not ended scope %s of the lost job %s "
            "within %d s; its slot is given away. See what lives there with "
            "\"systemctl status\"",
            scope->unit,
            scope->job_id,
            BOUND_SEC);
  settle (scope->all, scope->unit, FALSE);
  return G_SOURCE_REMOVE;
}

static void
call (Apm2ScopeReaper *self,
      const char *unit,
      const char *method,
      GVariant *parameters,
      const GVariantType *reply_type,
      GAsyncReadyCallback callback)
{
  Call *data = g_new0 (Call, 1);

  data->all = g_object_ref (self);
  data->unit = g_strdup (unit);
  apm2_manager_call_async (
      self->manager, method, parameters, reply_type, NULL, callback, data);
}

static gboolean
is_unknown (const GError *error)
{
  g_autofree char *name
      = error != NULL ? g_dbus_error_get_remote_error (error) : NULL;

  return g_strcmp0 (name, NO_SUCH_UNIT) == 0;
}

static void
on_listed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Call) data = user_data;
  g_autoptr (GVariant) units = NULL;
  g_autoptr (GVariant) reply
      = apm2_manager_call_finish (APM2_MANAGER (source), result, NULL);

  if (reply == NULL)
    return;
  units = g_variant_get_child_value (reply, 0);
  if (g_variant_n_children (units) == 0)
    settle (data->all, data->unit, TRUE);
}

/* To read the unit instead would load it again. */
static void
look (Apm2ScopeReaper *self, const char *unit)
{
  static const char *const states[]
      = { "active", "activating", "deactivating", "reloading", NULL };
  const char *const names[] = { unit, NULL };

  call (self,
        unit,
        "ListUnitsByPatterns",
        g_variant_new ("(^as^as)", states, names),
        G_VARIANT_TYPE ("(a(ssssssouso))"),
        on_listed);
}

/* A call that failed otherwise is made again with the next connection, or its
 * failure is told at the bound. */
static void
on_stopped (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Call) data = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply
      = apm2_manager_call_finish (APM2_MANAGER (source), result, &error);

  if (is_unknown (error))
    settle (data->all, data->unit, TRUE);
  else if (reply != NULL && data->all->manager != NULL)
    look (data->all, data->unit);
}

static void
on_killed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Call) data = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply
      = apm2_manager_call_finish (APM2_MANAGER (source), result, &error);

  if (is_unknown (error))
    settle (data->all, data->unit, TRUE);
  else if (data->all->manager != NULL)
    call (data->all,
          data->unit,
          "StopUnit",
          g_variant_new ("(ss)", data->unit, "replace"),
          G_VARIANT_TYPE ("(o)"),
          on_stopped);
}

static void
kill_all (Apm2ScopeReaper *self, const char *unit)
{
  call (self,
        unit,
        "KillUnit",
        g_variant_new ("(ssi)", unit, "all", (gint32) SIGKILL),
        NULL,
        on_killed);
}

static void
on_connected (Apm2ScopeReaper *self)
{
  GHashTableIter iter;
  gpointer unit = NULL;

  g_hash_table_iter_init (&iter, self->scopes);
  while (g_hash_table_iter_next (&iter, &unit, NULL))
    kill_all (self, unit);
}

/* Where there is none, there are no scopes but those that were seen. */
static void
on_lost (Apm2ScopeReaper *self)
{
  g_autoptr (GList) all = g_hash_table_get_values (self->scopes);

  for (const GList *l = all; l != NULL; l = l->next)
    {
      const Scope *scope = l->data;

      if (!scope->is_known)
        settle (self, scope->unit, TRUE);
    }
}

static void
on_hint (Apm2ScopeReaper *self, const char *unit)
{
  if (g_hash_table_contains (self->scopes, unit)
      && apm2_manager_is_connected (self->manager))
    look (self, unit);
}

static void
on_job_removed (Apm2ScopeReaper *self, const char *path, const char *unit)
{
  on_hint (self, unit);
}

static void
connect_manager (Apm2ScopeReaper *self)
{
  static const struct
  {
    const char *signal;
    GCallback callback;
  } list[] = {
    { "connected", G_CALLBACK (on_connected) },
    { "lost", G_CALLBACK (on_lost) },
    { "unit-listed", G_CALLBACK (on_hint) },
    { "job-removed", G_CALLBACK (on_job_removed) },
  };

  self->manager = apm2_manager_new (self->mode);
  for (gsize i = 0; i < G_N_ELEMENTS (list); i++)
    g_signal_connect_swapped (
        self->manager, list[i].signal, list[i].callback, self);
  apm2_manager_start (self->manager);
}

/**
 * apm2_scope_reaper_end:
 * @self: what ends scopes
 * @job_id: an attached job whose scope is within reach, and being ended by
 *   nobody else
 * @is_known: whether it is known to have a scope
 * @func: called once, perhaps before this returns
 * @user_data: (closure): for @func
 * @destroy: (nullable): for @user_data, also when @func is not called for the
 *   end of @self
 *
 * Kills what is in the job's scope. It has a bound, after which the journal is
 * told and @func called all the same.
 */
void
apm2_scope_reaper_end (Apm2ScopeReaper *self,
                       const char *job_id,
                       gboolean is_known,
                       Apm2ScopeReaperFunc func,
                       gpointer user_data,
                       GDestroyNotify destroy)
{
  Scope *scope = g_new0 (Scope, 1);

  scope->all = self;
  scope->job_id = g_strdup (job_id);
  scope->unit = g_strdup_printf (APM2_UNIT_RUN_PREFIX "%s" APM2_UNIT_RUN_SUFFIX,
                                 job_id);
  scope->is_known = is_known;
  scope->func = func;
  scope->user_data = user_data;
  scope->destroy = destroy;
  scope->timer = g_timeout_add_seconds (BOUND_SEC, on_bound, scope);
  (void) g_hash_table_replace (self->scopes, scope->unit, scope);

  /* The one that is to be left may have given up. */
  if (self->leaving != 0)
    {
      g_clear_handle_id (&self->leaving, g_source_remove);
      leave_manager (self);
    }
  if (self->manager == NULL)
    connect_manager (self);
  else if (apm2_manager_is_connected (self->manager))
    kill_all (self, scope->unit);
}

/**
 * apm2_scope_reaper_stop:
 * @self: what ends scopes
 *
 * Calls nobody any more. What is asked of the manager goes on.
 */
void
apm2_scope_reaper_stop (Apm2ScopeReaper *self)
{
  g_clear_handle_id (&self->leaving, g_source_remove);
  leave_manager (self);
  g_hash_table_remove_all (self->scopes);
}
