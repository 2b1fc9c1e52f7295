/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A serving: the tree on one connection, from the first export to the last
 * withdrawal. A peer gets a bus driver besides; the message bus does not get
 * what is for peers only.
 */

#include "apm2-serving.h"

#include "apm2-binding.h"
#include "apm2-bus-driver.h"
#include "apm2-bus-monitor.h"

typedef struct
{
  Apm2Binding *binding; /* (owned) */
  guint id;
} Export;

struct _Apm2Serving
{
  Apm2Peer *peer;  /* (owned) */
  GArray *exports; /* (element-type Export) */
};

static void
export_clear (gpointer data)
{
  Export *self = data;

  apm2_binding_unref (self->binding);
}

/**
 * apm2_serving_free:
 * @self: (transfer full) (nullable): a serving
 *
 * Withdraws everything.
 */
void
apm2_serving_free (Apm2Serving *self)
{
  if (self == NULL)
    return;
  for (guint i = 0; i < self->exports->len; i++)
    {
      Export *entry = &g_array_index (self->exports, Export, i);

      apm2_binding_unexport (
          entry->binding, apm2_peer_get_connection (self->peer), entry->id);
    }
  g_array_unref (self->exports);
  g_object_unref (self->peer);
  g_free (self);
}

static gboolean
export_binding (Apm2Serving *self, Apm2Binding *binding, GError **error)
{
  Export entry = { binding, 0 };

  entry.id = apm2_binding_export (
      binding, apm2_peer_get_connection (self->peer), error);
  if (entry.id == 0)
    return FALSE;
  (void) apm2_binding_ref (binding);
  g_array_append_val (self->exports, entry);
  return TRUE;
}

static gboolean
export_driver (Apm2Serving *self, const Apm2Face *face, GError **error)
{
  g_autoptr (Apm2Binding) binding = NULL;

  binding = apm2_binding_new (APM2_BUS_DRIVER_PATH, face, self->peer, TRUE);
  return export_binding (self, binding, error);
}

/**
 * apm2_serving_new:
 * @peer: a peer
 * @bindings: (element-type Apm2Binding): the tree
 * @error: return location for an error
 *
 * Returns: (transfer full) (nullable): all of it on the connection of @peer, or
 *   %NULL with @error set and nothing on it
 */
Apm2Serving *
apm2_serving_new (Apm2Peer *peer, GPtrArray *bindings, GError **error)
{
  g_autoptr (Apm2Serving) self = NULL;
  gboolean is_bus = apm2_peer_is_bus (peer);

  self = g_new0 (Apm2Serving, 1);
  self->peer = g_object_ref (peer);
  self->exports = g_array_new (FALSE, FALSE, sizeof (Export));
  g_array_set_clear_func (self->exports, export_clear);
  for (guint i = 0; i < bindings->len; i++)
    {
      Apm2Binding *binding = g_ptr_array_index (bindings, i);

      if ((!is_bus || !binding->peers_only)
          && !export_binding (self, binding, error))
        return NULL;
    }
  if (!is_bus
      && (!export_driver (self, apm2_bus_driver_get_face (), error)
          || !export_driver (self, apm2_bus_monitor_get_face (), error)))
    return NULL;
  return g_steal_pointer (&self);
}

/**
 * apm2_serving_get_peer:
 * @self: a serving
 *
 * Returns: (transfer none): the peer that is served
 */
Apm2Peer *
apm2_serving_get_peer (Apm2Serving *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->peer;
}
