/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A socket on which the broker may tell of a lease before it replies to the
 * call that waits for it: one packet, which the main loop reads itself, where a
 * reply has to pass two threads. Before that a packet may tell of a lease that
 * will come if the disk takes it. A packet that cannot be understood is
 * dropped, since the reply tells the same.
 */

#include "apm2-lease-inbox.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include <glib-unix.h>

#include "apm2-error.h"
#include "apm2-log.h"

/* A spec, and what stands beside it. */
#define PACKET_MAX (128 * 1024)

struct _Apm2LeaseInbox
{
  GObject parent_instance;

  int fd;
  guint source;
  guint8 *buffer;
};

G_DEFINE_FINAL_TYPE (Apm2LeaseInbox, apm2_lease_inbox, G_TYPE_OBJECT)

static guint lease_signal;
static guint hint_signal;

static void
apm2_lease_inbox_dispose (GObject *object)
{
  Apm2LeaseInbox *self = APM2_LEASE_INBOX (object);

  g_clear_handle_id (&self->source, g_source_remove);
  G_OBJECT_CLASS (apm2_lease_inbox_parent_class)->dispose (object);
}

static void
apm2_lease_inbox_finalize (GObject *object)
{
  Apm2LeaseInbox *self = APM2_LEASE_INBOX (object);

  if (self->fd >= 0)
    (void) close (self->fd);
  g_free (self->buffer);
  G_OBJECT_CLASS (apm2_lease_inbox_parent_class)->finalize (object);
}

static guint
new_signal (GObjectClass *klass, const char *name)
{
  return g_signal_new (name,
                       G_TYPE_FROM_CLASS (klass),
                       G_SIGNAL_RUN_LAST,
                       0,
                       NULL,
                       NULL,
                       NULL,
                       G_TYPE_NONE,
                       1,
                       G_TYPE_POINTER);
}

static void
apm2_lease_inbox_class_init (Apm2LeaseInboxClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = apm2_lease_inbox_dispose;
  object_class->finalize = apm2_lease_inbox_finalize;
  lease_signal = new_signal (object_class, "lease");
  hint_signal = new_signal (object_class, "hint");
}

static void
apm2_lease_inbox_init (Apm2LeaseInbox *self)
{
  self->fd = -1;
}

static Apm2Lease *
understand (const guint8 *data,
            gsize size,
            gboolean *ret_is_certain,
            GError **error)
{
  guint8 *copy = g_memdup2 (data, size);
  g_autoptr (GVariant) packet = g_variant_ref_sink (g_variant_new_from_data (
      APM2_LEASE_PACKET_TYPE, copy, size, FALSE, g_free, copy));
  g_autoptr (GVariant) lease = NULL;

  if (g_variant_is_normal_form (packet))
    {
      g_variant_get (packet, "(b@*)", ret_is_certain, &lease);
      return apm2_lease_new_from_reply (lease, error);
    }
  g_set_error_literal (
      error, APM2_ERROR, APM2_ERROR_INVALID_ARGUMENT, "It is not a lease");
  return NULL;
}

static void
take (Apm2LeaseInbox *self, gsize size)
{
  g_autoptr (GError) error = NULL;
  gboolean is_certain = FALSE;
  Apm2Lease *lease = NULL;

  if (size <= PACKET_MAX)
    lease = understand (self->buffer, size, &is_certain, &error);
  if (lease != NULL)
    g_signal_emit (self, is_certain ? lease_signal : hint_signal, 0, lease);
  else
    apm2_log (G_LOG_LEVEL_DEBUG,
              NULL,
              "A packet of %" G_GSIZE_FORMAT
              " bytes from the broker is no lease",
              size);
}

/**
 * apm2_lease_inbox_read:
 * @self: an inbox
 *
 * Tells of all that has come so far.
 */
void
apm2_lease_inbox_read (Apm2LeaseInbox *self)
{
  G_GNUC_UNUSED g_autoptr (Apm2LeaseInbox) keep = g_object_ref (self);

  while (self->source != 0)
    {
      gssize n
          = recv (self->fd, self->buffer, PACKET_MAX, MSG_DONTWAIT | MSG_TRUNC);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0 && errno == EAGAIN)
        return;
      if (n > 0)
        take (self, (gsize) n);
      else
        g_clear_handle_id (&self->source, g_source_remove);
    }
}

static gboolean
on_packet (int fd, GIOCondition condition, gpointer user_data)
{
  apm2_lease_inbox_read (user_data);
  return G_SOURCE_CONTINUE;
}

/**
 * apm2_lease_inbox_new:
 * @ret_fd: (out): the other end, for the broker; the caller's to close
 * @error: return location
 *
 * Returns: (transfer full): an inbox
 */
Apm2LeaseInbox *
apm2_lease_inbox_new (int *ret_fd, GError **error)
{
  g_autoptr (Apm2LeaseInbox) self = NULL;
  int fds[2] = { -1, -1 };

  if (socketpair (
          AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds)
      < 0)
    {
      apm2_error_set_errno (error, errno, "Cannot make a pair of sockets");
      return NULL;
    }
  self = g_object_new (APM2_TYPE_LEASE_INBOX, NULL);
  self->fd = fds[0];
  self->buffer = g_malloc (PACKET_MAX);
  self->source = g_unix_fd_add (self->fd, G_IO_IN, on_packet, self);
  *ret_fd = fds[1];
  return g_steal_pointer (&self);
}
