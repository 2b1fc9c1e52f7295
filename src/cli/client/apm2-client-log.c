/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The logs of jobs, a piece at a time.
 */

#include <gio/gio.h>

#include "apm2-client-private.h"
#include "apm2-names.h"

static void
on_log_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  GVariant *reply = g_dbus_connection_call_finish (
      G_DBUS_CONNECTION (source), result, &error);

  if (reply == NULL)
    g_task_return_error (task,
                         apm2_client_take_error (g_steal_pointer (&error)));
  else
    g_task_return_pointer (task, reply, (GDestroyNotify) g_variant_unref);
}

/**
 * apm2_client_read_log_async:
 * @self: the broker
 * @job_id: id of a job
 * @place: where to begin
 * @cancellable: (nullable): calls it off
 * @callback: gets the result
 * @user_data: for @callback
 */
void
apm2_client_read_log_async (Apm2Client *self,
                            const char *job_id,
                            const Apm2LogPlace *place,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  g_auto (GVariantDict) options = G_VARIANT_DICT_INIT (NULL);

  g_task_set_source_tag (task, apm2_client_read_log_async);
  if (place->attempt > 0)
    g_variant_dict_insert (&options, "attempt", "u", place->attempt);
  if (place->step >= 0)
    g_variant_dict_insert (&options, "step", "u", (guint) place->step);
  apm2_client_call_async (self,
                          APM2_OBJECT_QUEUE,
                          APM2_IFACE_QUEUE,
                          "ReadLog",
                          g_variant_new ("(stu@a{sv})",
                                         job_id,
                                         place->offset,
                                         (guint) APM2_CLIENT_LOG_READ_MAX,
                                         g_variant_dict_end (&options)),
                          "(aytb)",
                          cancellable,
                          on_log_read,
                          g_steal_pointer (&task));
}

/**
 * apm2_client_read_log_finish:
 * @result: what the callback got
 * @ret_next: (out): offset for the next call
 * @ret_eof: (out): whether nothing will ever follow
 * @error: return location
 *
 * Returns: (transfer full): the bytes, maybe none
 */
GBytes *
apm2_client_read_log_finish (GAsyncResult *result,
                             guint64 *ret_next,
                             gboolean *ret_eof,
                             GError **error)
{
  g_autoptr (GVariant) reply
      = g_task_propagate_pointer (G_TASK (result), error);
  g_autoptr (GVariant) data = NULL;

  if (reply == NULL)
    return NULL;
  g_variant_get (reply, "(@aytb)", &data, ret_next, ret_eof);
  return g_variant_get_data_as_bytes (data);
}

static void
on_log_read_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GAsyncResult **slot = user_data;

  *slot = g_object_ref (result);
}

/**
 * apm2_client_read_log:
 * @self: the broker
 * @job_id: id of a job
 * @inout_place: (inout): where to begin; moves on
 * @ret_eof: (out): whether nothing will ever follow
 * @error: return location
 *
 * Waits for apm2_client_read_log_async() on the main context.
 *
 * Returns: (transfer full): the bytes, maybe none
 */
GBytes *
apm2_client_read_log (Apm2Client *self,
                      const char *job_id,
                      Apm2LogPlace *inout_place,
                      gboolean *ret_eof,
                      GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  apm2_client_read_log_async (
      self, job_id, inout_place, NULL, on_log_read_done, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return apm2_client_read_log_finish (
      result, &inout_place->offset, ret_eof, error);
}
