/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * org.apm2.Services.Queue: Drain.
 *
 * To drain is to pause the whole queue and to see what runs to its end. A call
 * that waits is kept until then, or until somebody resumes the queue.
 */

#include "apm2-queue-export-private.h"

#include "apm2-invocation.h"

/* Calls that may wait at once. */
#define WAITING_MAX 64

typedef struct
{
  Apm2QueueExport *self;
  GDBusMethodInvocation *invocation; /* (owned) answered once */
  gboolean wait;
} DrainCall;

static void
answer (Apm2QueueExport *self, GDBusMethodInvocation *invocation)
{
  g_dbus_method_invocation_return_value (
      invocation,
      g_variant_new ("(t)", apm2_job_table_get_active (self->table)));
}

static void
on_paused (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree DrainCall *call = user_data;
  g_autoptr (Apm2QueueExport) self = call->self;
  GError *error = NULL;

  if (!apm2_queue_set_paused_finish (APM2_QUEUE (source), result, &error))
    apm2_invocation_take_error (call->invocation, error);
  else if (!call->wait || apm2_job_table_get_active (self->table) == 0)
    answer (self, call->invocation);
  else
    g_queue_push_tail (&self->draining, call->invocation);
}

/**
 * apm2_queue_export_look_drained:
 * @self: the queue
 *
 * Answers the calls that wait, if nothing runs any more or the queue is no
 * longer paused.
 */
void
apm2_queue_export_look_drained (Apm2QueueExport *self)
{
  const gboolean is_paused = apm2_queue_is_paused (self->queue, "");
  GDBusMethodInvocation *invocation;

  if (is_paused && apm2_job_table_get_active (self->table) > 0)
    return;
  while ((invocation = g_queue_pop_head (&self->draining)) != NULL)
    if (is_paused)
      answer (self, invocation);
    else
      apm2_invocation_fail (invocation,
                            APM2_ERROR_CANCELLED,
                            "The queue was resumed before it was drained");
}

void
apm2_queue_export_drain (gpointer data,
                         gpointer object,
                         const Apm2Caller *caller,
                         GVariant *parameters,
                         GDBusMethodInvocation *invocation)
{
  static const char *const keys[] = { "wait:b", NULL };
  Apm2QueueExport *self = data;
  g_autoptr (GVariant) options = g_variant_get_child_value (parameters, 0);
  DrainCall *call;
  GError *error = NULL;

  if (!apm2_options_check (options, keys, &error))
    {
      apm2_invocation_take_error (invocation, error);
      return;
    }
  if (g_queue_get_length (&self->draining) >= WAITING_MAX)
    {
      apm2_invocation_fail (invocation,
                            APM2_ERROR_LIMIT_EXCEEDED,
                            "%d calls wait for the queue to be drained already",
                            WAITING_MAX);
      return;
    }
  call = g_new0 (DrainCall, 1);
  call->self = g_object_ref (self);
  call->invocation = invocation;
  (void) g_variant_lookup (options, "wait", "b", &call->wait);
  apm2_queue_set_paused_async (self->queue, "", TRUE, on_paused, call);
}
