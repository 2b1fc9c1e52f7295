/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Draining the queue.
 */

#include "apm2-client-private.h"

#include <glib/gi18n.h>

#include "apm2-error.h"
#include "apm2-names.h"

static gboolean
read_reply (GVariant *reply, guint64 *ret_active)
{
  G_GNUC_UNUSED g_autoptr (GVariant) owned = reply;

  if (reply == NULL)
    return FALSE;
  g_variant_get (reply, "(t)", ret_active);
  return TRUE;
}

/**
 * apm2_client_drain:
 * @self: the broker
 * @wait_msec: how long to wait for what runs; 0: not at all, G_MAXINT: for ever
 * @ret_active: (out): how many jobs are still leased or running
 * @error: TIMED_OUT if they still run; the queue stays drained
 *
 * Returns: %TRUE if nothing starts any more, and nothing runs if it was waited
 *   for
 */
gboolean
apm2_client_drain (Apm2Client *self,
                   int wait_msec,
                   guint64 *ret_active,
                   GError **error)
{
  g_autoptr (GError) local = NULL;
  g_auto (GVariantDict) options = G_VARIANT_DICT_INIT (NULL);
  GVariant *reply = NULL;

  if (!read_reply (
          apm2_client_call_queue (
              self, "Drain", g_variant_new ("(a{sv})", NULL), "(t)", error),
          ret_active))
    return FALSE;
  if (wait_msec == 0 || *ret_active == 0)
    return TRUE;

  g_variant_dict_insert (&options, "wait", "b", TRUE);
  reply = g_dbus_connection_call_sync (
      self->connection,
      APM2_BUS_NAME,
      APM2_OBJECT_QUEUE,
      APM2_IFACE_QUEUE,
      "Drain",
      g_variant_new ("(@a{sv})", g_variant_dict_end (&options)),
      G_VARIANT_TYPE ("(t)"),
      apm2_client_get_flags (self),
      wait_msec,
      NULL,
      &local);
  if (g_error_matches (local, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
    g_set_error_literal (error,
                         APM2_ERROR,
                         APM2_ERROR_TIMED_OUT,
                         _ ("The queue is not drained yet"));
  else if (reply == NULL)
    g_propagate_error (error,
                       apm2_client_take_error (g_steal_pointer (&local)));
  return read_reply (reply, ret_active);
}
