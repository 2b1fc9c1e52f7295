/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * One call on the operator socket, for a process that makes no other.
 *
 * A GDBusConnection needs two threads and several ways to and fro before its
 * first call, which takes longer than the call, and to load GIO takes as long
 * again. Here are a socket and two ways. The call goes out when the broker has
 * let us in, and not before: one that never answered has not been asked.
 */

#include "apm2-plain-call.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <glib/gi18n.h>

#include "apm2-error.h"
#include "apm2-fs.h"
#include "apm2-message.h"
#include "apm2-names.h"
#include "apm2-remote-error.h"

/* To be let in; then a connection is tried, which knows what to say. */
#define AUTH_SEC 2
/* As long as D-Bus waits for any reply. */
#define REPLY_SEC   25
#define CALL_SERIAL 1
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

static gboolean
receive_all (int fd, void *data, gsize length)
{
  char *rest = data;

  while (length > 0)
    {
      ssize_t n = recv (fd, rest, length, 0);

      if (n < 0 && errno == EINTR)
        continue;
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

/* Who says Hello is sent no signals. It comes behind the call, which is what we
 * are here for. */
static GByteArray *
encode (const char *path,
        const char *iface,
        const char *method,
        GVariant *parameters)
{
  static const char begin[] = "BEGIN\r\n";
  GByteArray *bytes = g_byte_array_new ();

  g_byte_array_append (bytes, (const guint8 *) begin, sizeof begin - 1);
  apm2_message_append_call (
      bytes, CALL_SERIAL, APM2_BUS_NAME, path, iface, method, parameters);
  apm2_message_append_call (bytes,
                            CALL_SERIAL + 1,
                            "org.freedesktop.DBus",
                            "/org/freedesktop/DBus",
                            "org.freedesktop.DBus",
                            "Hello",
                            NULL);
  return bytes;
}

static GError *
new_strange_error (void)
{
  return g_error_new_literal (APM2_ERROR,
                              APM2_ERROR_FAILED,
                              _ ("the broker's answer makes no sense; its log "
                                 "says what was done"));
}

static Apm2Message *
receive_message (int fd, GError **error)
{
  guint8 head[APM2_MESSAGE_HEAD_BYTES];
  g_autofree guint8 *blob = NULL;
  Apm2Message *message = NULL;
  gsize length = 0;

  if (!receive_all (fd, head, sizeof head))
    {
      g_propagate_error (error, apm2_remote_error_new_silence ());
      return NULL;
    }
  if (!apm2_message_get_length (head, &length))
    {
      g_propagate_error (error, new_strange_error ());
      return NULL;
    }
  blob = g_malloc (length);
  memcpy (blob, head, sizeof head);
  if (!receive_all (fd, blob + sizeof head, length - sizeof head))
    {
      g_propagate_error (error, apm2_remote_error_new_silence ());
      return NULL;
    }
  message = apm2_message_parse (blob, length);
  if (message == NULL)
    g_propagate_error (error, new_strange_error ());
  return message;
}

/* The words of an error are its first value. */
static GError *
take_error (const Apm2Message *message)
{
  g_autoptr (GVariant) text = NULL;

  if (message->error_name == NULL)
    return new_strange_error ();
  if (g_variant_n_children (message->body) > 0)
    text = g_variant_get_child_value (message->body, 0);
  return apm2_remote_error_new (
      message->error_name,
      text != NULL && g_variant_is_of_type (text, G_VARIANT_TYPE_STRING)
          ? g_variant_get_string (text, NULL)
          : message->error_name);
}

static GVariant *
take_reply (const Apm2Message *message, const char *type, GError **error)
{
  if (message->type == APM2_MESSAGE_ERROR)
    g_propagate_error (error, take_error (message));
  else if (message->type == APM2_MESSAGE_REPLY
           && g_variant_is_of_type (message->body, G_VARIANT_TYPE (type)))
    return g_variant_ref (message->body);
  else
    g_propagate_error (error, new_strange_error ());
  return NULL;
}

static GVariant *
await_reply (int fd, const char *type, GError **error)
{
  for (;;)
    {
      g_autoptr (Apm2Message) message = receive_message (fd, error);

      if (message == NULL)
        return NULL;
      if (message->reply_serial == CALL_SERIAL)
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
 * @error: of %APM2_ERROR, only if the call was made
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
  g_autoptr (GByteArray) bytes = encode (path, iface, method, parameters);
  apm2_autofd int fd = dial (socket_path);

  if (fd < 0 || !authenticate (fd) || !set_patience (fd, REPLY_SEC))
    return NULL;
  if (!send_all (fd, bytes->data, bytes->len))
    {
      g_propagate_error (error, apm2_remote_error_new_silence ());
      return NULL;
    }
  return await_reply (fd, reply_type, error);
}
