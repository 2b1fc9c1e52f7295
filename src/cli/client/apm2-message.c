/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Messages of D-Bus, as bytes.
 */

#include "apm2-message.h"

#include <string.h>

#include "apm2-marshal.h"

#define ENDIAN           (G_BYTE_ORDER == G_LITTLE_ENDIAN ? 'l' : 'B')
#define PROTOCOL_VERSION 1
#define HEAD_TYPE        "(yyyyuua(yv))"

typedef enum
{
  FIELD_PATH = 1,
  FIELD_INTERFACE = 2,
  FIELD_MEMBER = 3,
  FIELD_ERROR_NAME = 4,
  FIELD_REPLY_SERIAL = 5,
  FIELD_DESTINATION = 6,
  FIELD_SIGNATURE = 8,
} Field;

static void
add_field (GVariantBuilder *builder, Field field, GVariant *value)
{
  g_variant_builder_add (builder, "(yv)", (guint8) field, value);
}

/* The types of a tuple's members, without its parentheses. */
static char *
get_signature (GVariant *tuple)
{
  const char *type = g_variant_get_type_string (tuple);

  return g_strndup (type + 1, strlen (type) - 2);
}

static void
pad (GByteArray *bytes)
{
  static const guint8 zeroes[8] = { 0 };

  if (bytes->len % 8 > 0)
    g_byte_array_append (bytes, zeroes, 8 - bytes->len % 8);
}

/**
 * apm2_message_append_call:
 * @bytes: what is going to be sent
 * @serial: not 0, and of no other message of the connection
 * @destination: (nullable): whom it is for
 * @path: an object
 * @iface: one of its interfaces
 * @method: a method
 * @parameters: (nullable): its arguments, a tuple; a floating one is consumed
 *
 * Appends a call.
 */
void
apm2_message_append_call (GByteArray *bytes,
                          guint32 serial,
                          const char *destination,
                          const char *path,
                          const char *iface,
                          const char *method,
                          GVariant *parameters)
{
  g_auto (GVariantBuilder) fields
      = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a(yv)"));
  g_autoptr (GVariant) head = NULL;
  g_autoptr (GVariant) arguments
      = parameters != NULL ? g_variant_ref_sink (parameters) : NULL;
  g_autoptr (GByteArray) message = g_byte_array_new ();
  g_autoptr (GByteArray) body = g_byte_array_new ();

  add_field (&fields, FIELD_PATH, g_variant_new_object_path (path));
  add_field (&fields, FIELD_INTERFACE, g_variant_new_string (iface));
  add_field (&fields, FIELD_MEMBER, g_variant_new_string (method));
  if (destination != NULL)
    add_field (&fields, FIELD_DESTINATION, g_variant_new_string (destination));
  if (arguments != NULL && g_variant_n_children (arguments) > 0)
    {
      g_autofree char *signature = get_signature (arguments);

      add_field (&fields, FIELD_SIGNATURE, g_variant_new_signature (signature));
      apm2_marshal_append (body, arguments);
    }
  head = g_variant_ref_sink (g_variant_new (HEAD_TYPE,
                                            (guint8) ENDIAN,
                                            (guint8) APM2_MESSAGE_CALL,
                                            (guint8) 0,
                                            (guint8) PROTOCOL_VERSION,
                                            (guint32) body->len,
                                            serial,
                                            &fields));
  apm2_marshal_append (message, head);
  pad (message);
  g_byte_array_append (message, body->data, body->len);
  g_byte_array_append (bytes, message->data, message->len);
}

/**
 * apm2_message_get_length:
 * @head: (array fixed-size=16): how a message begins
 * @ret_length: (out): bytes of all of it
 *
 * Returns: %FALSE if it is no message, or larger than we take any
 */
gboolean
apm2_message_get_length (const guint8 *head, gsize *ret_length)
{
  guint32 body = 0;
  guint32 fields = 0;

  memcpy (&body, head + 4, sizeof body);
  memcpy (&fields, head + 12, sizeof fields);
  if (head[0] != ENDIAN || head[3] != PROTOCOL_VERSION
      || body > APM2_MESSAGE_BYTES_MAX || fields > APM2_MESSAGE_BYTES_MAX)
    return FALSE;
  *ret_length = APM2_MESSAGE_HEAD_BYTES + ((gsize) fields + 7) / 8 * 8 + body;
  return *ret_length <= APM2_MESSAGE_BYTES_MAX;
}

static gboolean
take_string (GVariant *value, const char *type, char **member)
{
  if (!g_variant_is_of_type (value, G_VARIANT_TYPE (type)) || *member != NULL)
    return FALSE;
  *member = g_variant_dup_string (value, NULL);
  return TRUE;
}

static gboolean
take_field (Apm2Message *self, guint8 field, GVariant *value, char **signature)
{
  switch (field)
    {
    case FIELD_PATH:
      return take_string (value, "o", &self->path);
    case FIELD_INTERFACE:
      return take_string (value, "s", &self->iface);
    case FIELD_MEMBER:
      return take_string (value, "s", &self->member);
    case FIELD_ERROR_NAME:
      return take_string (value, "s", &self->error_name);
    case FIELD_DESTINATION:
      return take_string (value, "s", &self->destination);
    case FIELD_SIGNATURE:
      return take_string (value, "g", signature);
    case FIELD_REPLY_SERIAL:
      if (!g_variant_is_of_type (value, G_VARIANT_TYPE_UINT32))
        return FALSE;
      self->reply_serial = g_variant_get_uint32 (value);
      return TRUE;
    default:
      return TRUE;
    }
}

static gboolean
take_head (Apm2Message *self, GVariant *head, char **signature)
{
  g_autoptr (GVariantIter) fields = NULL;
  guint8 type = 0;
  guint8 field = 0;
  GVariant *value = NULL;
  gboolean good = TRUE;

  g_variant_get (
      head, HEAD_TYPE, NULL, &type, NULL, NULL, NULL, &self->serial, &fields);
  self->type = (Apm2MessageType) type;
  while (good && g_variant_iter_next (fields, "(yv)", &field, &value))
    {
      good = take_field (self, field, value, signature);
      g_variant_unref (value);
    }
  return good && type >= APM2_MESSAGE_CALL && type <= APM2_MESSAGE_SIGNAL;
}

/**
 * apm2_message_parse:
 * @data: (array length=length): a message
 * @length: as apm2_message_get_length() says
 *
 * Returns: (transfer full) (nullable): what it says; %NULL if it is none
 */
Apm2Message *
apm2_message_parse (const guint8 *data, gsize length)
{
  g_autoptr (Apm2Message) self = g_new0 (Apm2Message, 1);
  g_autoptr (GVariant) head = NULL;
  g_autofree char *signature = NULL;
  g_autofree char *type = NULL;
  gsize offset = 0;
  gsize whole = 0;

  if (length < APM2_MESSAGE_HEAD_BYTES
      || !apm2_message_get_length (data, &whole) || whole != length)
    return NULL;
  head = apm2_marshal_read (data, length, &offset, G_VARIANT_TYPE (HEAD_TYPE));
  if (head == NULL)
    return NULL;
  g_variant_ref_sink (head);
  if (!take_head (self, head, &signature))
    return NULL;
  type = g_strdup_printf ("(%s)", signature != NULL ? signature : "");
  if (!g_variant_type_string_is_valid (type))
    return NULL;
  self->body = apm2_marshal_read (data, length, &offset, G_VARIANT_TYPE (type));
  if (self->body == NULL)
    return NULL;
  g_variant_ref_sink (self->body);
  return offset == length ? g_steal_pointer (&self) : NULL;
}

/**
 * apm2_message_free:
 * @self: (transfer full) (nullable): a message
 */
void
apm2_message_free (Apm2Message *self)
{
  if (self == NULL)
    return;
  g_free (self->destination);
  g_free (self->path);
  g_free (self->iface);
  g_free (self->member);
  g_free (self->error_name);
  g_clear_pointer (&self->body, g_variant_unref);
  g_free (self);
}
