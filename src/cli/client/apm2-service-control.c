/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The service manager, one blocking call after the other, for verbs that start,
 * stop and enable units. A start or a stop returns when the manager's job has
 * ended, with the result that it had.
 */

#include "apm2-service-control.h"

#include <glib/gi18n.h>

#include "apm2-error.h"
#include "apm2-word.h"

#define UNITS_TYPE ((const GVariantType *) "(a(ssssssouso))")

struct _Apm2ServiceControl
{
  Apm2Manager *manager; /* (owned) */
  Apm2Mode mode;
  char *loss;          /* (owned) (nullable) why it cannot be reached */
  GHashTable *results; /* (owned) object path of an ended job: its result */
};

/* The answer of one asynchronous call, waited for. */
typedef struct
{
  GAsyncResult *result; /* (owned) (nullable) */
} Answer;

static void
answer_clear (Answer *self)
{
  g_clear_object (&self->result);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Answer, answer_clear)

static void
on_answer (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Answer *answer = user_data;

  answer->result = g_object_ref (result);
}

static void
wait_for_answer (Answer *answer)
{
  while (answer->result == NULL)
    g_main_context_iteration (NULL, TRUE);
}

static void
on_connected (Apm2Manager *manager, gpointer user_data)
{
  Apm2ServiceControl *self = user_data;

  g_clear_pointer (&self->loss, g_free);
}

static void
on_lost (Apm2Manager *manager, const char *reason, gpointer user_data)
{
  Apm2ServiceControl *self = user_data;

  g_free (self->loss);
  self->loss = g_strdup (reason);
}

static void
on_job_removed (Apm2Manager *manager,
                const char *path,
                const char *unit,
                const char *result,
                gpointer user_data)
{
  Apm2ServiceControl *self = user_data;

  g_hash_table_replace (self->results, g_strdup (path), g_strdup (result));
}

/**
 * apm2_service_control_get_systemctl:
 * @mode: user or system
 *
 * Returns: (transfer none): how a command begins that talks to that manager
 */
const char *
apm2_service_control_get_systemctl (Apm2Mode mode)
{
  return mode == APM2_MODE_USER ? "systemctl --user" : "systemctl";
}

/**
 * apm2_service_control_open:
 * @mode: user or system
 * @error: UNAVAILABLE if there is no manager to talk to
 *
 * Returns: (transfer full): the way to the service manager
 */
Apm2ServiceControl *
apm2_service_control_open (Apm2Mode mode, GError **error)
{
  g_autoptr (Apm2ServiceControl) self = g_new0 (Apm2ServiceControl, 1);

  self->mode = mode;
  self->manager = apm2_manager_new (mode);
  self->results
      = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_signal_connect (
      self->manager, "connected", G_CALLBACK (on_connected), self);
  g_signal_connect (self->manager, "lost", G_CALLBACK (on_lost), self);
  g_signal_connect (
      self->manager, "job-removed", G_CALLBACK (on_job_removed), self);
  apm2_manager_start (self->manager);
  while (!apm2_manager_is_connected (self->manager) && self->loss == NULL)
    g_main_context_iteration (NULL, TRUE);
  if (apm2_manager_is_connected (self->manager))
    return g_steal_pointer (&self);
  g_set_error (error,
               APM2_ERROR,
               APM2_ERROR_UNAVAILABLE,
               _ ("Cannot reach the service manager (%s mode): %s"),
               apm2_word_get (apm2_mode_to_string (mode)),
               self->loss != NULL ? self->loss : _ ("no answer"));
  return NULL;
}

/**
 * apm2_service_control_close:
 * @self: (transfer full) (nullable): the way
 */
void
apm2_service_control_close (Apm2ServiceControl *self)
{
  if (self == NULL)
    return;
  g_signal_handlers_disconnect_by_data (self->manager, self);
  apm2_manager_stop (self->manager);
  g_object_unref (self->manager);
  g_hash_table_unref (self->results);
  g_free (self->loss);
  g_free (self);
}

/**
 * apm2_service_control_call:
 * @self: the way
 * @method: of org.freedesktop.systemd1.Manager
 * @parameters: (nullable): a floating tuple
 * @reply_type: (nullable): of the answer
 * @error: the manager's own, or ours
 *
 * Returns: (transfer full): the answer
 */
GVariant *
apm2_service_control_call (Apm2ServiceControl *self,
                           const char *method,
                           GVariant *parameters,
                           const GVariantType *reply_type,
                           GError **error)
{
  g_auto (Answer) answer = { 0 };

  g_return_val_if_fail (self != NULL && method != NULL, NULL);

  apm2_manager_call_async (
      self->manager, method, parameters, reply_type, NULL, on_answer, &answer);
  wait_for_answer (&answer);
  return apm2_manager_call_finish (self->manager, answer.result, error);
}

/**
 * apm2_service_control_read:
 * @self: the way
 * @unit: a unit
 * @error: the manager's own, or ours
 *
 * Returns: (transfer full): its state; a unit that is not there has one too
 */
Apm2UnitState *
apm2_service_control_read (Apm2ServiceControl *self,
                           const char *unit,
                           GError **error)
{
  g_auto (Answer) answer = { 0 };

  g_return_val_if_fail (self != NULL && unit != NULL, NULL);

  apm2_manager_read_unit_async (self->manager, unit, NULL, on_answer, &answer);
  wait_for_answer (&answer);
  return apm2_manager_read_unit_finish (self->manager, answer.result, error);
}

/**
 * apm2_service_control_list:
 * @self: the way
 * @states: active states, such as "active"
 * @patterns: of names of units
 * @error: why it could not be asked
 *
 * Returns: (transfer full) (element-type utf8): the loaded units in one of
 * these states
 */
GPtrArray *
apm2_service_control_list (Apm2ServiceControl *self,
                           const char *const *states,
                           const char *const *patterns,
                           GError **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GVariant) list = NULL;
  g_autoptr (GVariant) reply
      = apm2_service_control_call (self,
                                   "ListUnitsByPatterns",
                                   g_variant_new ("(^as^as)", states, patterns),
                                   UNITS_TYPE,
                                   error);

  if (reply == NULL)
    {
      g_prefix_error (error, "%s", _ ("Cannot list units: "));
      return NULL;
    }
  list = g_variant_get_child_value (reply, 0);
  for (gsize i = 0; i < g_variant_n_children (list); i++)
    {
      g_autoptr (GVariant) unit = g_variant_get_child_value (list, i);
      char *name = NULL;

      g_variant_get_child (unit, 0, "s", &name);
      g_ptr_array_add (names, name);
    }
  return g_steal_pointer (&names);
}

/* Returns: (transfer full): the result of the job at @path */
static char *
wait_for_job (Apm2ServiceControl *self, const char *path)
{
  while (!g_hash_table_contains (self->results, path) && self->loss == NULL)
    g_main_context_iteration (NULL, TRUE);
  return g_strdup (g_hash_table_contains (self->results, path)
                       ? g_hash_table_lookup (self->results, path)
                       : self->loss);
}

static gboolean
run_job (Apm2ServiceControl *self,
         gboolean start,
         const char *unit,
         GError **error)
{
  const char *const flag = self->mode == APM2_MODE_USER ? "--user " : "";
  g_autoptr (GVariant) reply
      = apm2_service_control_call (self,
                                   start ? "StartUnit" : "StopUnit",
                                   g_variant_new ("(ss)", unit, "replace"),
                                   G_VARIANT_TYPE ("(o)"),
                                   error);
  g_autofree char *result = NULL;
  const char *path = NULL;

  if (reply == NULL)
    {
      g_prefix_error (error,
                      start ? _ ("Cannot start %s: ") : _ ("Cannot stop %s: "),
                      unit);
      return FALSE;
    }
  g_variant_get (reply, "(&o)", &path);
  result = wait_for_job (self, path);
  if (g_str_equal (result, "done") || g_str_equal (result, "skipped"))
    return TRUE;
  g_set_error (error,
               APM2_ERROR,
               APM2_ERROR_FAILED,
               start ? _ ("Cannot start %s: %s; look at it with 'systemctl "
                          "%sstatus %s' and 'journalctl %s-u %s -n 50'")
                     : _ ("Cannot stop %s: %s; look at it with 'systemctl "
                          "%sstatus %s' and 'journalctl %s-u %s -n 50'"),
               unit,
               result,
               flag,
               unit,
               flag,
               unit);
  return FALSE;
}

/**
 * apm2_service_control_start:
 * @self: the way
 * @unit: a unit
 * @error: why it did not start, and how to look at it
 *
 * Returns: %TRUE once it is started
 */
gboolean
apm2_service_control_start (Apm2ServiceControl *self,
                            const char *unit,
                            GError **error)
{
  return run_job (self, TRUE, unit, error);
}

/**
 * apm2_service_control_stop:
 * @self: the way
 * @unit: a unit
 * @error: why it did not stop, and how to look at it
 *
 * Returns: %TRUE once it is stopped
 */
gboolean
apm2_service_control_stop (Apm2ServiceControl *self,
                           const char *unit,
                           GError **error)
{
  return run_job (self, FALSE, unit, error);
}
