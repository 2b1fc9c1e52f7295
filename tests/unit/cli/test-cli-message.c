/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What the quick verbs say and hear, with GDBus at the other end.
 */

#include <string.h>

#include <gio/gio.h>

#include "apm2-marshal.h"
#include "apm2-message.h"

static const char *const texts[] = {
  "()",
  "('text',)",
  "('', true, false)",
  "(byte 0x7f, 'after a byte', int16 -2, uint16 3, byte 1, 4)",
  "(uint32 5, byte 1, int64 -6, byte 2, uint64 7, byte 3, 1.5)",
  "(objectpath '/a/b', signature 'a{sv}', byte 9, <'a variant'>)",
  "(@a{sv} {},)",
  "({'supersede': <true>, 'ancestor': <'j1'>, 'n': <uint64 5>},)",
  "([{'name': <'a'>, 'list': <[byte 1, 2, 3]>}, {}], 'end')",
  "(byte 1, @at [], byte 2)",
  "(byte 1, @a(tay) [(1, b'x'), (2, b'yz')])",
  "([('unit', <[objectpath '/x', '/y']>)], 'fail')",
};

static void
assert_gdbus_reads_it (const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) body = g_variant_ref_sink (g_variant_new_parsed (text));
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autoptr (GDBusMessage) message = NULL;
  GVariant *heard = NULL;

  apm2_message_append_call (
      bytes, 77, "org.example.Name", "/obj", "org.example.Face", "Do", body);
  message = g_dbus_message_new_from_blob (
      bytes->data, bytes->len, G_DBUS_CAPABILITY_FLAGS_NONE, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_dbus_message_get_serial (message), ==, 77);
  g_assert_cmpstr (
      g_dbus_message_get_destination (message), ==, "org.example.Name");
  g_assert_cmpstr (g_dbus_message_get_path (message), ==, "/obj");
  g_assert_cmpstr (
      g_dbus_message_get_interface (message), ==, "org.example.Face");
  g_assert_cmpstr (g_dbus_message_get_member (message), ==, "Do");
  heard = g_dbus_message_get_body (message);
  if (g_variant_n_children (body) == 0)
    g_assert_null (heard);
  else
    g_assert_cmpvariant (heard, body);
}

static void
test_gdbus_reads_what_we_say (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    assert_gdbus_reads_it (texts[i]);
}

static guint8 *
encode_reply (GVariant *body, gsize *ret_length)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDBusMessage) message = g_dbus_message_new ();
  guint8 *blob = NULL;

  g_dbus_message_set_message_type (message, G_DBUS_MESSAGE_TYPE_METHOD_RETURN);
  g_dbus_message_set_serial (message, 5);
  g_dbus_message_set_reply_serial (message, 77);
  g_dbus_message_set_body (message, body);
  blob = g_dbus_message_to_blob (
      message, ret_length, G_DBUS_CAPABILITY_FLAGS_NONE, &error);
  g_assert_no_error (error);
  return blob;
}

static void
test_we_read_what_gdbus_says (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GVariant) body
          = g_variant_ref_sink (g_variant_new_parsed (texts[i]));
      g_autoptr (Apm2Message) message = NULL;
      gsize length = 0;
      gsize told = 0;
      g_autofree guint8 *blob = encode_reply (body, &length);

      g_assert_true (apm2_message_get_length (blob, &told));
      g_assert_cmpuint (told, ==, length);
      message = apm2_message_parse (blob, length);
      g_assert_nonnull (message);
      g_assert_cmpint (message->type, ==, APM2_MESSAGE_REPLY);
      g_assert_cmpuint (message->serial, ==, 5);
      g_assert_cmpuint (message->reply_serial, ==, 77);
      g_assert_cmpvariant (message->body, body);
    }
}

/* Each shorter message, and each with one byte that is another one, is refused
 * or read; nothing beyond its end is touched. */
static void
test_damage_is_harmless (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      gsize length = 0;
      g_autofree guint8 *blob
          = encode_reply (g_variant_new_parsed (texts[i]), &length);

      for (gsize n = 0; n < length; n++)
        {
          g_autofree guint8 *shorter = g_memdup2 (blob, n);

          g_assert_null (apm2_message_parse (shorter, n));
        }
      for (gsize n = 0; n < length; n++)
        for (guint bit = 0; bit < 8; bit++)
          {
            g_autofree guint8 *other = g_memdup2 (blob, length);

            other[n] ^= (guint8) (1U << bit);
            apm2_message_free (apm2_message_parse (other, length));
          }
    }
}

static void
test_lengths_have_bounds (void)
{
  guint8 head[APM2_MESSAGE_HEAD_BYTES] = { 0 };
  const guint32 large = APM2_MESSAGE_BYTES_MAX;
  gsize length = 0;

  head[0] = G_BYTE_ORDER == G_LITTLE_ENDIAN ? 'l' : 'B';
  head[3] = 1;
  g_assert_true (apm2_message_get_length (head, &length));
  g_assert_cmpuint (length, ==, APM2_MESSAGE_HEAD_BYTES);
  memcpy (head + 4, &large, sizeof large);
  g_assert_false (apm2_message_get_length (head, &length));
  memset (head + 4, 0xff, 4);
  g_assert_false (apm2_message_get_length (head, &length));
  memset (head + 4, 0, 4);
  memset (head + 12, 0xff, 4);
  g_assert_false (apm2_message_get_length (head, &length));
}

/* "v" within "v" within "v", as deep as a message may be long. */
static void
test_depth_has_a_bound (void)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  const guint8 level[] = { 1, 'v', 0 };
  const guint8 end[] = { 1, 'y', 0, 42 };
  gsize offset = 0;

  for (guint i = 0; i < 10; i++)
    g_byte_array_append (bytes, level, sizeof level);
  g_byte_array_append (bytes, end, sizeof end);
  {
    g_autoptr (GVariant) shallow = apm2_marshal_read (
        bytes->data, bytes->len, &offset, G_VARIANT_TYPE_VARIANT);

    g_assert_nonnull (shallow);
    g_variant_ref_sink (shallow);
    g_assert_cmpuint (offset, ==, bytes->len);
  }
  for (guint i = 0; i < 100000; i++)
    g_byte_array_prepend (bytes, level, sizeof level);
  offset = 0;
  g_assert_null (apm2_marshal_read (
      bytes->data, bytes->len, &offset, G_VARIANT_TYPE_VARIANT));
}

#define ADD(name, func) g_test_add_func ("/apm2/cli-message/" name, func)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("gdbus-reads-what-we-say", test_gdbus_reads_what_we_say);
  ADD ("we-read-what-gdbus-says", test_we_read_what_gdbus_says);
  ADD ("damage-is-harmless", test_damage_is_harmless);
  ADD ("lengths-have-bounds", test_lengths_have_bounds);
  ADD ("depth-has-a-bound", test_depth_has_a_bound);
  return g_test_run ();
}
