/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Has what a job has left behind searched for among all processes, and ended.
 *
 * What a process was started by is in its environment, which the kernel shows
 * to nobody in another user namespace: not to a broker in the sandbox of its
 * unit. So apm2-step does it, which the service manager starts beside us. Where
 * there is none we are in no sandbox, and start it ourselves.
 */

#include "apm2-leftover-search.h"

#include <string.h>
#include <unistd.h>

#include "apm2-error.h"
#include "apm2-manager.h"
#include "apm2-names.h"

#define PROGRAM "apm2-step"
#define OPTION  "--leftovers"

/* Longer than what the program takes at most. */
#define UNIT_USEC (4 * (guint64) G_USEC_PER_SEC)
#define BOUND_SEC 5

#define UNIT_EXISTS "org.freedesktop.systemd1.UnitExists"

typedef struct
{
  char *program;
  char *unit;
  char *order; /* what the program reads */
  char *job_id;
  Apm2Manager *manager; /* (nullable) once it is over */
  GSubprocess *process; /* (nullable) where there is no manager */
  guint timer;
  guint leaving; /* source */
  GError *error; /* (nullable) why it failed */
} Search;

static void
search_free (gpointer data)
{
  Search *self = data;

  g_clear_handle_id (&self->timer, g_source_remove);
  g_clear_object (&self->process);
  g_clear_object (&self->manager);
  g_clear_error (&self->error);
  g_free (self->job_id);
  g_free (self->order);
  g_free (self->unit);
  g_free (self->program);
  g_free (self);
}

static gboolean
on_leave (gpointer user_data)
{
  GTask *task = user_data;
  Search *self = g_task_get_task_data (task);

  g_signal_handlers_disconnect_by_data (self->manager, task);
  apm2_manager_stop (self->manager);
  if (self->error != NULL)
    g_task_return_error (task, g_steal_pointer (&self->error));
  else
    g_task_return_boolean (task, TRUE);
  return G_SOURCE_REMOVE;
}

/* Takes @error. Not from within the signals of the manager. */
static void
settle (GTask *task, GError *error)
{
  Search *self = g_task_get_task_data (task);

  if (self->leaving != 0)
    {
      g_clear_error (&error);
      return;
    }
  self->error = error;
  self->leaving = g_idle_add_full (
      G_PRIORITY_DEFAULT, on_leave, g_object_ref (task), g_object_unref);
  /* It has held the task until now. */
  g_clear_handle_id (&self->timer, g_source_remove);
}

static gboolean
on_bound (gpointer user_data)
{
  GTask *task = user_data;
  Search *self = g_task_get_task_data (task);

  self->timer = 0;
  settle (task,
          g_error_new (APM2_ERROR,
                       APM2_ERROR_TIMED_OUT,
                       "%s was not over within %d s",
                       self->unit,
                       BOUND_SEC));
  return G_SOURCE_REMOVE;
}

/* --- by the service manager --- */

static GVariant *
make_unit (const Search *self)
{
  const char *argv[] = { self->program, OPTION, NULL };
  g_autofree char *description
      = g_strdup_printf ("What job %s has left behind", self->job_id);
  GVariantBuilder properties
      = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a(sv)"));
  GVariantBuilder commands
      = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a(sasb)"));

  g_variant_builder_add (&commands, "(s^asb)", self->program, argv, FALSE);
#define ADD(name, value)                                                       \
  g_variant_builder_add (&properties, "(sv)", (name), (value))
  ADD ("Description", g_variant_new_string (description));
  ADD ("Slice", g_variant_new_string (APM2_UNIT_SLICE));
  ADD ("CollectMode", g_variant_new_string ("inactive-or-failed"));
  ADD ("Type", g_variant_new_string ("oneshot"));
  ADD ("TimeoutStartUSec", g_variant_new_uint64 (UNIT_USEC));
  ADD ("NoNewPrivileges", g_variant_new_boolean (TRUE));
  ADD ("StandardInput", g_variant_new_string ("data"));
  ADD ("StandardInputData",
       g_variant_new_fixed_array (
           G_VARIANT_TYPE_BYTE, self->order, strlen (self->order), 1));
  ADD ("ExecStart", g_variant_builder_end (&commands));
#undef ADD
  return g_variant_new (
      "(ssa(sv)@a(sa(sv)))",
      self->unit,
      "fail",
      &properties,
      g_variant_new_array (G_VARIANT_TYPE ("(sa(sv))"), NULL, 0));
}

static gboolean
is_there_already (const GError *error)
{
  g_autofree char *name = g_dbus_error_get_remote_error (error);

  return g_strcmp0 (name, UNIT_EXISTS) == 0;
}

/* What the connection swallowed is asked for again over the next. */
static void
on_asked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Search *self = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply
      = apm2_manager_call_finish (APM2_MANAGER (source), result, &error);

  if (reply == NULL && apm2_manager_is_connected (self->manager)
      && !is_there_already (error))
    settle (task, g_steal_pointer (&error));
}

static void
on_connected (GTask *task)
{
  Search *self = g_task_get_task_data (task);

  if (self->leaving != 0)
    return;
  apm2_manager_call_async (self->manager,
                           "StartTransientUnit",
                           make_unit (self),
                           G_VARIANT_TYPE ("(o)"),
                           NULL,
                           on_asked,
                           g_object_ref (task));
}

static void
on_job_removed (GTask *task,
                const char *path,
                const char *unit,
                const char *job_result)
{
  const Search *self = g_task_get_task_data (task);
  GError *error = NULL;

  if (!g_str_equal (unit, self->unit))
    return;
  if (!g_str_equal (job_result, "done"))
    g_set_error (&error,
                 APM2_ERROR,
                 APM2_ERROR_FAILED,
                 "%s ended as %s",
                 unit,
                 job_result);
  settle (task, error);
}

/* --- by ourselves --- */

static void
on_process_over (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GSubprocess *process = G_SUBPROCESS (source);
  GError *error = NULL;

  if (g_subprocess_communicate_utf8_finish (process, result, NULL, NULL, &error)
      && !g_subprocess_get_successful (process))
    g_set_error (
        &error, APM2_ERROR, APM2_ERROR_FAILED, "%s " OPTION " failed", PROGRAM);
  settle (task, error);
}

static gboolean
is_unit (void)
{
  const char *text = g_getenv ("SYSTEMD_EXEC_PID");

  return text != NULL && g_ascii_strtoll (text, NULL, 10) == getpid ();
}

static void
on_lost (GTask *task)
{
  Search *self = g_task_get_task_data (task);
  const char *argv[] = { self->program, OPTION, NULL };
  GError *error = NULL;

  /* The manager that has started us comes back. */
  if (self->leaving != 0 || self->process != NULL || is_unit ())
    return;
  self->process
      = g_subprocess_newv (argv, G_SUBPROCESS_FLAGS_STDIN_PIPE, &error);
  if (self->process == NULL)
    {
      settle (task, error);
      return;
    }
  g_subprocess_communicate_utf8_async (
      self->process, self->order, NULL, on_process_over, g_object_ref (task));
}

static char *
make_order (const char *job_id, guint64 since, const char *const *cgroups)
{
  GString *order = g_string_new (NULL);

  g_string_append_printf (order, "%s\n%" G_GUINT64_FORMAT "\n", job_id, since);
  for (gsize i = 0; cgroups[i] != NULL; i++)
    g_string_append_printf (order, "%s\n", cgroups[i]);
  return g_string_free (order, FALSE);
}

static void
start (GTask *task)
{
  static const struct
  {
    const char *signal;
    GCallback callback;
  } list[] = {
    { "connected", G_CALLBACK (on_connected) },
    { "lost", G_CALLBACK (on_lost) },
    { "job-removed", G_CALLBACK (on_job_removed) },
  };
  Search *self = g_task_get_task_data (task);

  self->timer = g_timeout_add_seconds_full (G_PRIORITY_DEFAULT,
                                            BOUND_SEC,
                                            on_bound,
                                            g_object_ref (task),
                                            g_object_unref);
  for (gsize i = 0; i < G_N_ELEMENTS (list); i++)
    g_signal_connect_swapped (
        self->manager, list[i].signal, list[i].callback, task);
  apm2_manager_start (self->manager);
}

/**
 * apm2_leftover_search_async:
 * @mode: of the broker: whose service manager it may speak to
 * @job_id: an attached job of this broker's user whose caller and supervisor
 * are gone
 * @since: when its caller began, in clock ticks since boot; 0: not known
 * @cgroups: (array zero-terminated=1): control groups in which its command may
 *   have begun; none: not known
 * @callback: called when nothing is left, or after 5 s at most
 * @user_data: for @callback
 *
 * Has all processes killed that the job has started, wherever they fell to.
 */
void
apm2_leftover_search_async (Apm2Mode mode,
                            const char *job_id,
                            guint64 since,
                            const char *const *cgroups,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  Search *self = g_new0 (Search, 1);
  GError *error = NULL;

  g_task_set_task_data (task, self, search_free);
  self->job_id = g_strdup (job_id);
  self->unit = g_strdup_printf (
      APM2_UNIT_LEFTOVERS_PREFIX "%s" APM2_UNIT_LEFTOVERS_SUFFIX, job_id);
  self->order = make_order (job_id, since, cgroups);
  self->manager = apm2_manager_new (mode);
  self->program = apm2_paths_find_program (PROGRAM, &error);
  if (self->program == NULL)
    settle (task, error);
  else
    start (task);
}

/**
 * apm2_leftover_search_finish:
 * @result: what the callback got
 * @error: why it is not known whether something is left
 *
 * Returns: %FALSE with @error set
 */
gboolean
apm2_leftover_search_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
