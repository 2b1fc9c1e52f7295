/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * One call on the operator socket, for a process that makes no other.
 *
 * A GDBusConnection needs two threads and several ways to and fro before its
 * first call, which takes longer than the call. Here are a socket, two ways,
 * and GDBusMessage for what is said. The call goes out when the broker has let
 * us in, and not before: one that never answered has not been asked.
 */

#include "apm2-plain-call.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "apm2-fs.h"
#include "apm2-names.h"

/* To be let in; then a connection is tried, which knows what to say. */
#define AUTH_SEC 2
/* As long as D-Bus waits for any reply. */
#define REPLY_SEC  25
#define HEAD_BYTES 16
#define BYTES_MAX  (1024 * 1024)
/* What the broker says when it lets us in: "OK", its id, a newline. */
#define AUTH_LINE_MAX 128

static gboolean
set_patience (int fd, time_t sec)
{
  const struct timeval patience = { .tv_sec = sec };

  return setsockopt (fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience)
             == 0
         && setsockopt (fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience)
                == 0;
}

static gboolean
send_all (int fd, const void *data, gsize length)
{
  const char *rest = data;

  while (length > 0)
    {
      ssize_t n = send (fd, rest, length, MSG_NOSIGNAL);

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return FALSE;
      rest += n;
      length -= (gsize) n;
    }
  return TRUE;
}

/* Returns: FALSE with errno, which is 0 if the other side is gone */
static gboolean
receive_all (int fd, void *data, gsize length)
{
  char *rest = data;

  while (length > 0)
    {
      ssize_t n = recv (fd, rest, length, 0);

      if (n < 0 && errno == EINTR)
        continue;
      if (n == 0)
        errno = 0;
      if (n <= 0)
        return FALSE;
      rest += n;
      length -= (gsize) n;
    }
  return TRUE;
}

static int
dial (const char *socket_path)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  apm2_autofd int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

  if (fd < 0
      || g_strlcpy (address.sun_path, socket_path, sizeof address.sun_path)
             >= sizeof address.sun_path
      || !set_patience (fd, AUTH_SEC)
      || connect (fd, (const struct sockaddr *) &address, sizeof address) < 0)
    return -1;
  return g_steal_fd (&fd);
}

/* Nothing follows until we have spoken, so the line is read in one or a few
 * pieces, and never more than it. */
static gboolean
is_let_in (int fd)
{
  char line[AUTH_LINE_MAX];
  gsize used = 0;

  while (used < sizeof line)
    {
      ssize_t n = recv (fd, line + used, sizeof line - used, 0);

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return FALSE;
      used += (gsize) n;
      if (line[used - 1] == '\n')
        return strncmp (line, "OK ", 3) == 0;
    }
  return FALSE;
}

static gboolean
authenticate (int fd)
{
  g_autofree char *uid = g_strdup_printf ("%u", (unsigned) geteuid ());
  g_autoptr (GString) text = g_string_new (NULL);

  g_string_append_c (text, '\0');
  g_string_append (text, "AUTH EXTERNAL ");
  for (const char *c = uid; *c != '\0'; c++)
    g_string_append_printf (text, "%02x", (unsigned) *c);
  g_string_append (text, "\r\n");
  return send_all (fd, text->str, text->len) && is_let_in (fd);
}

static gboolean
append_message (GByteArray *bytes,
                GDBusMessage *message,
                guint32 serial,
                GError **error)
{
  g_autofree guchar *blob = NULL;
  gsize length = 0;

  g_dbus_message_set_serial (message, serial);
  blob = g_dbus_message_to_blob (
      message, &length, G_DBUS_CAPABILITY_FLAGS_NONE, error);
  if (blob == NULL)
    return FALSE;
  (void) g_byte_array_append (bytes, blob, (guint) length);
  return TRUE;
}

/* Who says Hello is sent no signals. It comes behind the call, which is what we
 * are here for. */
static GByteArray *
encode (GDBusMessage *call, GError **error)
{
  static const char begin[] = "BEGIN\r\n";
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autoptr (GDBusMessage) hello
      = g_dbus_message_new_method_call ("org.freedesktop.DBus",
                                        "/org/freedesktop/DBus",
                                        "org.freedesktop.DBus",
                                        "Hello");

  (void) g_byte_array_append (bytes, (const guint8 *) begin, sizeof begin - 1);
  if (!append_message (bytes, call, 1, error)
      || !append_message (bytes, hello, 2, error))
    return NULL;
  return g_steal_pointer (&bytes);
}

static void
set_silence (GError **error)
{
  g_set_error_literal (error,
                       G_IO_ERROR,
                       errno == 0 ? G_IO_ERROR_CLOSED : G_IO_ERROR_TIMED_OUT,
                       "The broker does not answer");
}

static GDBusMessage *
receive_message (int fd, GError **error)
{
  guint8 head[HEAD_BYTES];
  g_autofree guint8 *blob = NULL;
  gssize length = 0;

  if (!receive_all (fd, head, sizeof head))
    {
      set_silence (error);
      return NULL;
    }
  length = g_dbus_message_bytes_needed (head, sizeof head, error);
  if (length < 0)
    return NULL;
  if (length < HEAD_BYTES || length > BYTES_MAX)
    {
      g_set_error_literal (error,
                           G_IO_ERROR,
                           G_IO_ERROR_INVALID_DATA,
                           "The broker says something that is too long");
      return NULL;
    }
  blob = g_malloc ((gsize) length);
  memcpy (blob, head, sizeof head);
  if (!receive_all (fd, blob + HEAD_BYTES, (gsize) length - HEAD_BYTES))
    {
      set_silence (error);
      return NULL;
    }
  return g_dbus_message_new_from_blob (
      blob, (gsize) length, G_DBUS_CAPABILITY_FLAGS_NONE, error);
}

static GVariant *
take_reply (GDBusMessage *message, const char *type, GError **error)
{
  GVariant *body = g_dbus_message_get_body (message);

  if (g_dbus_message_to_gerror (message, error))
    return NULL;
  if (body != NULL && g_variant_is_of_type (body, G_VARIANT_TYPE (type)))
    return g_variant_ref (body);
  g_set_error (error,
               G_IO_ERROR,
               G_IO_ERROR_INVALID_DATA,
               "The broker's reply is not of type %s",
               type);
  return NULL;
}

static GVariant *
await_reply (int fd, const char *type, GError **error)
{
  for (;;)
    {
      g_autoptr (GDBusMessage) message = receive_message (fd, error);

      if (message == NULL)
        return NULL;
      if (g_dbus_message_get_reply_serial (message) == 1)
        return take_reply (message, type, error);
    }
}

/**
 * apm2_plain_call:
 * @socket_path: the operator socket
 * @path: an object
 * @iface: one of its interfaces
 * @method: a method
 * @parameters: (transfer floating): its arguments
 * @reply_type: of its reply
 * @error: only if the call was made
 *
 * Calls, and waits for the reply.
 *
 * Returns: (transfer full) (nullable): the reply; %NULL without an error if the
 *   broker could not be asked in this way
 */
GVariant *
apm2_plain_call (const char *socket_path,
                 const char *path,
                 const char *iface,
                 const char *method,
                 GVariant *parameters,
                 const char *reply_type,
                 GError **error)
{
  g_autoptr (GDBusMessage) call
      = g_dbus_message_new_method_call (APM2_BUS_NAME, path, iface, method);
  g_autoptr (GByteArray) bytes = NULL;
  apm2_autofd int fd = -1;

  g_dbus_message_set_body (call, parameters);
  bytes = encode (call, NULL);
  fd = bytes != NULL ? dial (socket_path) : -1;
  if (fd < 0 || !authenticate (fd) || !set_patience (fd, REPLY_SEC))
    return NULL;
  if (!send_all (fd, bytes->data, bytes->len))
    {
      set_silence (error);
      return NULL;
    }
  return await_reply (fd, reply_type, error);
}
