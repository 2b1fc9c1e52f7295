/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A step on its way to apm2-step, whoever starts that.
 */

#include "apm2-step-order.h"

#include "apm2-error.h"
#include "apm2-step-message.h"

/**
 * apm2_step_order_encode:
 * @order: a step
 * @error: LIMIT_EXCEEDED for one beyond the bounds of a message
 *
 * Returns: (transfer full): the message for apm2-step
 */
GBytes *
apm2_step_order_encode (const Apm2StepOrder *order, GError **error)
{
  Apm2StepMessage message = {
    .argv = (char **) order->argv,
    .env = (char **) order->env,
    .directory = order->directory,
    .log_file = order->log_file,
    .progress_fifo = order->progress_fifo,
    .workspace = order->workspace_bytes_max > 0 || order->disk_bytes_left > 0
                     ? order->workspace
                     : "",
    .timeout_usec = order->timeout_usec,
    .kill_grace_usec = order->kill_grace_usec,
    .log_bytes_max = order->log_bytes_max,
    .memory_max_bytes = order->memory_max_bytes,
    .tasks_max = order->tasks_max,
    .workspace_bytes_max = order->workspace_bytes_max,
    .disk_bytes_left = order->disk_bytes_left,
  };
  gsize size = apm2_step_message_encode (&message, NULL, 0);
  guint8 *data = NULL;

  if (size == 0)
    {
      g_set_error (error,
                   APM2_ERROR,
                   APM2_ERROR_LIMIT_EXCEEDED,
                   "Step '%s' has too many or too long arguments and "
                   "environment variables",
                   order->name);
      return NULL;
    }
  data = g_malloc (size);
  (void) apm2_step_message_encode (&message, data, size);
  return g_bytes_new_take (data, size);
}
