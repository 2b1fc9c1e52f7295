/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Asking for figures.
 */

#include "apm2-client-private.h"

/**
 * apm2_client_get_metrics:
 * @self: the broker
 * @span_usec: how far back; at least 1
 * @error: return location
 *
 * Returns: (transfer full): figures over the receipts since then, a{sv}
 */
GVariant *
apm2_client_get_metrics (Apm2Client *self, guint64 span_usec, GError **error)
{
  g_autoptr (GVariant) reply = apm2_client_call_queue (
      self,
      "GetMetrics",
      g_variant_new ("(t@a{sv})", span_usec, g_variant_new ("a{sv}", NULL)),
      "(a{sv})",
      error);

  return reply != NULL ? g_variant_get_child_value (reply, 0) : NULL;
}
