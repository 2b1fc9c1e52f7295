/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Values as D-Bus puts them into a message, in this machine's order of bytes.
 *
 * GDBus does this too, but to load GIO takes longer than all that a quick verb
 * has to do. Whatever is read is checked: the other side may be anybody.
 */

#include "apm2-marshal.h"

#include <string.h>

/* Of arrays, structs and variants, within each other. */
#define DEPTH_MAX 32

/* --- writing --- */

static void
append_padding (GByteArray *bytes, gsize alignment)
{
  static const guint8 zeroes[8] = { 0 };
  const gsize over = bytes->len % alignment;

  if (over > 0)
    g_byte_array_append (bytes, zeroes, (guint) (alignment - over));
}

static gsize
get_alignment (const GVariantType *type)
{
  switch (*g_variant_type_peek_string (type))
    {
    case 'y':
    case 'g':
    case 'v':
      return 1;
    case 'n':
    case 'q':
      return 2;
    case 'x':
    case 't':
    case 'd':
    case '(':
    case '{':
      return 8;
    default:
      return 4;
    }
}

static void
append_text (GByteArray *bytes, const char *text, gsize length)
{
  g_byte_array_append (bytes, (const guint8 *) text, (guint) length + 1);
}

static void
append_string (GByteArray *bytes, GVariant *value)
{
  gsize length = 0;
  const char *text = g_variant_get_string (value, &length);
  const guint32 prefix = (guint32) length;

  g_byte_array_append (bytes, (const guint8 *) &prefix, sizeof prefix);
  append_text (bytes, text, length);
}

static void
append_signature (GByteArray *bytes, const char *signature)
{
  const gsize length = strlen (signature);
  const guint8 prefix = (guint8) length;

  g_byte_array_append (bytes, &prefix, sizeof prefix);
  append_text (bytes, signature, length);
}

static void
append_children (GByteArray *bytes, GVariant *value)
{
  const gsize n = g_variant_n_children (value);

  for (gsize i = 0; i < n; i++)
    {
      g_autoptr (GVariant) child = g_variant_get_child_value (value, i);

      apm2_marshal_append (bytes, child);
    }
}

/* What pads the first element is no part of the array's length. */
static void
append_array (GByteArray *bytes, GVariant *value)
{
  const GVariantType *type = g_variant_get_type (value);
  const guint at = bytes->len;
  guint32 length = 0;
  guint begin = 0;

  g_byte_array_append (bytes, (const guint8 *) &length, sizeof length);
  append_padding (bytes, get_alignment (g_variant_type_element (type)));
  begin = bytes->len;
  append_children (bytes, value);
  length = bytes->len - begin;
  memcpy (bytes->data + at, &length, sizeof length);
}

static void
append_boolean (GByteArray *bytes, GVariant *value)
{
  const guint32 word = g_variant_get_boolean (value) ? 1 : 0;

  g_byte_array_append (bytes, (const guint8 *) &word, sizeof word);
}

static void
append_variant (GByteArray *bytes, GVariant *value)
{
  g_autoptr (GVariant) inner = g_variant_get_variant (value);

  append_signature (bytes, g_variant_get_type_string (inner));
  apm2_marshal_append (bytes, inner);
}

/**
 * apm2_marshal_append:
 * @bytes: a message, or a part of one that begins at a multiple of 8
 * @value: a value of types that D-Bus has
 *
 * Appends @value, aligned.
 */
void
apm2_marshal_append (GByteArray *bytes, GVariant *value)
{
  append_padding (bytes, get_alignment (g_variant_get_type (value)));
  switch (g_variant_classify (value))
    {
    case G_VARIANT_CLASS_STRING:
    case G_VARIANT_CLASS_OBJECT_PATH:
      append_string (bytes, value);
      break;
    case G_VARIANT_CLASS_SIGNATURE:
      append_signature (bytes, g_variant_get_string (value, NULL));
      break;
    case G_VARIANT_CLASS_BOOLEAN:
      append_boolean (bytes, value);
      break;
    case G_VARIANT_CLASS_VARIANT:
      append_variant (bytes, value);
      break;
    case G_VARIANT_CLASS_ARRAY:
      append_array (bytes, value);
      break;
    case G_VARIANT_CLASS_TUPLE:
    case G_VARIANT_CLASS_DICT_ENTRY:
      append_children (bytes, value);
      break;
    case G_VARIANT_CLASS_MAYBE:
      g_return_if_reached ();
    case G_VARIANT_CLASS_BYTE:
    case G_VARIANT_CLASS_INT16:
    case G_VARIANT_CLASS_UINT16:
    case G_VARIANT_CLASS_INT32:
    case G_VARIANT_CLASS_UINT32:
    case G_VARIANT_CLASS_INT64:
    case G_VARIANT_CLASS_UINT64:
    case G_VARIANT_CLASS_HANDLE:
    case G_VARIANT_CLASS_DOUBLE:
    default:
      /* The two formats have numbers alike. */
      g_byte_array_append (bytes,
                           g_variant_get_data (value),
                           (guint) g_variant_get_size (value));
      break;
    }
}

/* --- reading --- */

typedef struct
{
  const guint8 *data;
  gsize length;
  gsize offset;
  guint depth;
} Reader;

static GVariant *read_value (Reader *self, const GVariantType *type);

/* Returns: (nullable): where @length bytes are, which are behind us then */
static const guint8 *
take (Reader *self, gsize length)
{
  const guint8 *at = self->data + self->offset;

  if (length > self->length - self->offset)
    return NULL;
  self->offset += length;
  return at;
}

static gboolean
skip_padding (Reader *self, gsize alignment)
{
  const gsize over = self->offset % alignment;
  const guint8 *padding = NULL;

  if (over == 0)
    return TRUE;
  padding = take (self, alignment - over);
  for (gsize i = 0; padding != NULL && i < alignment - over; i++)
    if (padding[i] != 0)
      return FALSE;
  return padding != NULL;
}

static gboolean
read_word (Reader *self, guint32 *ret_word)
{
  const guint8 *at = take (self, sizeof *ret_word);

  if (at != NULL)
    memcpy (ret_word, at, sizeof *ret_word);
  return at != NULL;
}

/* A text ends with a NUL, and has no other. */
static const char *
read_text (Reader *self, gsize length)
{
  const guint8 *at = take (self, length);
  const guint8 *end = at != NULL ? take (self, 1) : NULL;

  if (end == NULL || *end != '\0'
      || !g_utf8_validate_len ((const char *) at, length, NULL))
    return NULL;
  return (const char *) at;
}

static GVariant *
read_string (Reader *self, gboolean is_path)
{
  const char *text = NULL;
  guint32 length = 0;

  if (!read_word (self, &length))
    return NULL;
  text = read_text (self, length);
  if (text == NULL || (is_path && !g_variant_is_object_path (text)))
    return NULL;
  return is_path ? g_variant_new_object_path (text)
                 : g_variant_new_string (text);
}

static const char *
read_signature (Reader *self)
{
  const guint8 *length = take (self, 1);
  const char *text = length != NULL ? read_text (self, *length) : NULL;

  return text != NULL && g_variant_is_signature (text) ? text : NULL;
}

static GVariant *
read_variant (Reader *self)
{
  const char *signature = read_signature (self);
  GVariant *inner = NULL;

  if (signature == NULL || !g_variant_type_string_is_valid (signature))
    return NULL;
  inner = read_value (self, G_VARIANT_TYPE (signature));
  return inner != NULL ? g_variant_new_variant (inner) : NULL;
}

static GVariant *
read_array (Reader *self, const GVariantType *type)
{
  const GVariantType *element = g_variant_type_element (type);
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (type);
  guint32 length = 0;
  gsize end = 0;

  if (!read_word (self, &length)
      || !skip_padding (self, get_alignment (element))
      || length > self->length - self->offset)
    return NULL;
  end = self->offset + length;
  while (self->offset < end)
    {
      const gsize begin = self->offset;
      GVariant *child = read_value (self, element);

      if (child == NULL)
        return NULL;
      g_variant_builder_add_value (&builder, child);
      /* An element without bytes would be read for ever. */
      if (self->offset == begin)
        return NULL;
    }
  return self->offset == end ? g_variant_builder_end (&builder) : NULL;
}

static GVariant *
read_struct (Reader *self, const GVariantType *type)
{
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (type);

  for (const GVariantType *item = g_variant_type_first (type); item != NULL;
       item = g_variant_type_next (item))
    {
      GVariant *child = read_value (self, item);

      if (child == NULL)
        return NULL;
      g_variant_builder_add_value (&builder, child);
    }
  return g_variant_builder_end (&builder);
}

static GVariant *
read_boolean (Reader *self)
{
  guint32 word = 0;

  return read_word (self, &word) && word <= 1
             ? g_variant_new_boolean (word == 1)
             : NULL;
}

static GVariant *
read_number (Reader *self, const GVariantType *type)
{
  const gsize length = *g_variant_type_peek_string (type) == 'y'
                           ? 1
                           : MAX (get_alignment (type), 2);
  const guint8 *at = take (self, length);
  g_autoptr (GBytes) copy = at != NULL ? g_bytes_new (at, length) : NULL;

  return copy != NULL ? g_variant_new_from_bytes (type, copy, FALSE) : NULL;
}

static GVariant *
read_any (Reader *self, const GVariantType *type)
{
  const char *signature = NULL;

  switch (*g_variant_type_peek_string (type))
    {
    case 's':
    case 'o':
      return read_string (self, *g_variant_type_peek_string (type) == 'o');
    case 'g':
      signature = read_signature (self);
      return signature != NULL ? g_variant_new_signature (signature) : NULL;
    case 'b':
      return read_boolean (self);
    case 'v':
      return read_variant (self);
    case 'a':
      return read_array (self, type);
    case '(':
    case '{':
      return read_struct (self, type);
    default:
      return read_number (self, type);
    }
}

static GVariant *
read_value (Reader *self, const GVariantType *type)
{
  GVariant *value = NULL;

  if (self->depth >= DEPTH_MAX || !skip_padding (self, get_alignment (type)))
    return NULL;
  self->depth++;
  value = read_any (self, type);
  self->depth--;
  return value;
}

/**
 * apm2_marshal_read:
 * @data: (array length=length): a message, or a part of one that begins at a
 *   multiple of 8
 * @length: bytes of it
 * @inout_offset: (inout): where the value is; where the next is
 * @type: of which type it shall be, one that D-Bus has
 *
 * Returns: (transfer floating) (nullable): the value; %NULL if there is none
 */
GVariant *
apm2_marshal_read (const guint8 *data,
                   gsize length,
                   gsize *inout_offset,
                   const GVariantType *type)
{
  Reader reader = { .data = data, .length = length, .offset = *inout_offset };
  GVariant *value = NULL;

  g_return_val_if_fail (*inout_offset <= length, NULL);

  value = read_value (&reader, type);
  *inout_offset = reader.offset;
  return value;
}
