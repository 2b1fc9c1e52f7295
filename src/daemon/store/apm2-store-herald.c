/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * An advance copy of a lease, for a worker that gave us a socket for it.
 *
 * A lease is answered by the main loop, after a hand-over of the store's thread
 * to it, a second one to the thread that writes, and two more in the worker: as
 * long as the sync itself. So what is known before is prepared before, and when
 * the lease is on the disk the store's thread sends it in one packet. It does
 * so after its answer to the main loop is on the way: whatever the worker says
 * of the lease then comes to a main loop that knows of it.
 *
 * The same packet is sent before the commit, too, marked as what may come:
 * while the disk is at work the worker gets ready and runs nothing. If the
 * commit fails nothing follows.
 *
 * It is only a copy. A socket that is full or closed loses it, and the reply to
 * the worker's call brings the lease as ever. Only one spec is told ahead, the
 * one that has just come in: what the terms of another would be is not known
 * here.
 */

#include "apm2-store-herald.h"

#include <sys/socket.h>

struct _Apm2StoreHerald
{
  GSocket *socket;
  char *spec_digest;
  GMutex mutex;     /* held between noting and telling */
  GVariant *terms;  /* (nullable) under mutex */
  GVariant *lease;  /* (nullable) under mutex: what the packet tells */
  GVariant *packet; /* (nullable) under mutex */
  guint64 token;    /* under mutex: of the lease in the packet */
  gboolean told;    /* under mutex */
};

/**
 * apm2_store_herald_new:
 * @socket: for packets, connected to the worker
 * @spec_digest: of the spec whose lease is told
 *
 * Returns: (transfer full): a herald, who tells nothing before he has the terms
 */
Apm2StoreHerald *
apm2_store_herald_new (GSocket *socket, const char *spec_digest)
{
  Apm2StoreHerald *self = g_atomic_rc_box_new0 (Apm2StoreHerald);

  g_return_val_if_fail (G_IS_SOCKET (socket), NULL);

  self->socket = g_object_ref (socket);
  self->spec_digest = g_strdup (spec_digest);
  g_mutex_init (&self->mutex);
  return self;
}

Apm2StoreHerald *
apm2_store_herald_ref (Apm2StoreHerald *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
herald_clear (gpointer data)
{
  Apm2StoreHerald *self = data;

  g_object_unref (self->socket);
  g_free (self->spec_digest);
  g_clear_pointer (&self->terms, g_variant_unref);
  g_clear_pointer (&self->lease, g_variant_unref);
  g_clear_pointer (&self->packet, g_variant_unref);
  g_mutex_clear (&self->mutex);
}

void
apm2_store_herald_unref (Apm2StoreHerald *self)
{
  g_atomic_rc_box_release_full (self, herald_clear);
}

/**
 * apm2_store_herald_set_terms:
 * @self: a herald
 * @terms: (transfer floating): the terms of the lease, a{sv}
 *
 * May come after the claim was asked for: the disk takes longer.
 */
void
apm2_store_herald_set_terms (Apm2StoreHerald *self, GVariant *terms)
{
  g_autoptr (GVariant) old = NULL;

  (void) g_variant_ref_sink (terms);
  /* Serialised here, and not when a worker waits for it. */
  (void) g_variant_get_data (terms);
  g_mutex_lock (&self->mutex);
  old = g_steal_pointer (&self->terms);
  self->terms = terms;
  g_mutex_unlock (&self->mutex);
}

/**
 * apm2_store_herald_has_told:
 * @self: a herald whose claim has been answered
 * @job: a job of the answer
 *
 * Returns: whether its worker may know of the lease without having had a reply
 */
gboolean
apm2_store_herald_has_told (Apm2StoreHerald *self, const Apm2StoredJob *job)
{
  gboolean told;

  g_mutex_lock (&self->mutex);
  told = self->told && self->token == job->token;
  g_mutex_unlock (&self->mutex);
  return told;
}

/**
 * apm2_store_herald_describe:
 * @job: a leased job
 * @spec_text: its spec
 * @terms: a{sv}
 *
 * Returns: (transfer floating): what a worker hears of its lease
 */
GVariant *
apm2_store_herald_describe (const Apm2StoredJob *job,
                            const char *spec_text,
                            GVariant *terms)
{
  return g_variant_new ("(stuss@a{sv})",
                        job->id,
                        job->token,
                        job->attempt,
                        spec_text,
                        job->spec_digest,
                        terms);
}

static GVariant *
new_packet (gboolean is_certain, GVariant *lease)
{
  GVariant *packet = g_variant_ref_sink (
      g_variant_new ("(b@(stussa{sv}))", is_certain, lease));

  (void) g_variant_get_data (packet);
  return packet;
}

static gboolean
send_packet (Apm2StoreHerald *self, GVariant *packet)
{
  gsize size = g_variant_get_size (packet);

  return send (g_socket_get_fd (self->socket),
               g_variant_get_data (packet),
               size,
               MSG_DONTWAIT | MSG_NOSIGNAL)
         == (gssize) size;
}

/* Called under the mutex. Returns: whether there is something to tell. */
static gboolean
prepare (Apm2StoreHerald *self, GPtrArray *leased)
{
  for (guint i = 0; self->terms != NULL && i < leased->len; i++)
    {
      const Apm2StoredJob *job = g_ptr_array_index (leased, i);

      if (!g_str_equal (job->spec_digest, self->spec_digest))
        continue;
      if (self->packet != NULL && self->token == job->token)
        return TRUE;
      g_clear_pointer (&self->lease, g_variant_unref);
      g_clear_pointer (&self->packet, g_variant_unref);
      self->token = job->token;
      self->lease = g_variant_ref_sink (
          apm2_store_herald_describe (job, job->spec_text, self->terms));
      self->packet = new_packet (TRUE, self->lease);
      return TRUE;
    }
  return FALSE;
}

/**
 * apm2_store_herald_hint:
 * @self: a herald
 * @leased: (element-type Apm2StoredJob): what his claim will have got, if the
 *   commit succeeds
 *
 * Tells the worker what may come.
 */
void
apm2_store_herald_hint (Apm2StoreHerald *self, GPtrArray *leased)
{
  g_mutex_lock (&self->mutex);
  if (prepare (self, leased))
    {
      g_autoptr (GVariant) packet = new_packet (FALSE, self->lease);

      (void) send_packet (self, packet);
    }
  g_mutex_unlock (&self->mutex);
}

/**
 * apm2_store_herald_note:
 * @self: a herald
 * @leased: (element-type Apm2StoredJob): what his claim got, on the disk
 *
 * Prepares the packet. If there is one the same thread has to call
 * apm2_store_herald_tell() when the answer is on its way.
 *
 * Returns: whether there is something to tell
 */
gboolean
apm2_store_herald_note (Apm2StoreHerald *self, GPtrArray *leased)
{
  g_mutex_lock (&self->mutex);
  if (prepare (self, leased))
    return TRUE;
  g_mutex_unlock (&self->mutex);
  return FALSE;
}

/**
 * apm2_store_herald_tell:
 * @self: a herald who has something to tell
 */
void
apm2_store_herald_tell (Apm2StoreHerald *self)
{
  self->told = send_packet (self, self->packet);
  g_mutex_unlock (&self->mutex);
}
