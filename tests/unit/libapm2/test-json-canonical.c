/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <string.h>

#include "apm2-json-canonical.h"

#include "apm2-json-gate.h"

static char *
canonical (const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (json_t) root = apm2_json_gate (text, strlen (text), &error);
  gsize length = 0;
  char *written;

  g_assert_no_error (error);
  written = apm2_json_canonical (root, &length);
  g_assert_cmpuint (length, ==, strlen (written));
  return written;
}

static void
assert_canonical (const char *text, const char *expected)
{
  g_autofree char *once = canonical (text);
  g_autofree char *twice = canonical (once);

  g_assert_cmpstr (once, ==, expected);
  g_assert_cmpstr (twice, ==, expected);
}

static void
test_leaves_no_white_space (void)
{
  assert_canonical (" {\n\t\"a\" : [ 1 , { } , [ ] ] }\r\n",
                    "{\"a\":[1,{},[]]}");
}

static void
test_sorts_members_at_every_level (void)
{
  assert_canonical (
      "{\"b\":{\"d\":1,\"c\":2},\"a\":[{\"z\":1,\"y\":2}],\"\":0,\"aa\":3}",
      "{\"\":0,\"a\":[{\"y\":2,\"z\":1}],\"aa\":3,\"b\":{\"c\":2,\"d\":1}}");
}

static void
test_keeps_the_order_of_arrays (void)
{
  assert_canonical ("{\"a\":[3,1,2]}", "{\"a\":[3,1,2]}");
}

/* The example of RFC 8785, 3.2.3: by UTF-16 the smiley comes before U+FB33,
 * though its code point is larger. */
static void
test_sorts_by_utf16 (void)
{
  assert_canonical ("{\"\\u20ac\":1,\"\\r\":2,\"\\ufb33\":3,\"1\":4,"
                    "\"\\ud83d\\ude00\":5,\"\\u0080\":6,\"\\u00f6\":7}",
                    "{\"\\r\":2,\"1\":4,\"\xc2\x80\":6,\"ö\":7,\"€\":1,"
                    "\"\xf0\x9f\x98\x80\":5,\"\xef\xac\xb3\":3}");
}

static void
test_sorts_like_code_points_below_the_surrogates (void)
{
  assert_canonical ("{\"\\ud83d\\ude00\":1,\"\\ud7ff\":2,\"\\ue000\":3}",
                    "{\"\xed\x9f\xbf\":2,\"\xf0\x9f\x98\x80\":1,"
                    "\"\xee\x80\x80\":3}");
}

static void
test_sorts_within_and_beside_planes (void)
{
  assert_canonical (
      "{\"a\\ud83d\\ude01\":1,\"a\\ud83d\\ude00\":2,\"a\":3,\"a\\uffff\":4,"
      "\"a\\ue000\":5,\"\\udbff\\udfff\":6}",
      "{\"a\":3,\"a\xf0\x9f\x98\x80\":2,\"a\xf0\x9f\x98\x81\":1,"
      "\"a\xee\x80\x80\":5,\"a\xef\xbf\xbf\":4,\"\xf4\x8f\xbf\xbf\":6}");
}

static void
test_escapes_as_little_as_it_may (void)
{
  assert_canonical (
      "{\"a\":\"\\u0001\\u001f\\b\\t\\n\\f\\r\\\"\\\\\\/\\u007f\\u00e9\\u2028"
      "'<>&\"}",
      "{\"a\":\"\\u0001\\u001f\\b\\t\\n\\f\\r\\\"\\\\/\x7f\xc3\xa9\xe2\x80\xa8"
      "'<>&\"}");
}

static void
test_escapes_keys_too (void)
{
  assert_canonical ("{\"\\u000a\\u0022\":1}", "{\"\\n\\\"\":1}");
}

static void
test_writes_numbers_in_one_form (void)
{
  assert_canonical ("{\"a\":[0,-0,7,-7,9007199254740991,-9007199254740991]}",
                    "{\"a\":[0,0,7,-7,9007199254740991,-9007199254740991]}");
}

static void
test_writes_literals (void)
{
  assert_canonical ("{\"a\":[true,false,null,\"\"]}",
                    "{\"a\":[true,false,null,\"\"]}");
}

static void
test_writes_the_deepest_document (void)
{
  assert_canonical ("{\"a\":[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]}",
                    "{\"a\":[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]}");
}

static void
test_digest_is_sha256 (void)
{
  g_autofree char *digest = apm2_json_digest ("{}", 2);
  g_autofree char *part = apm2_json_digest ("{}{}", 2);

  g_assert_cmpstr (
      digest,
      ==,
      "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
  g_assert_cmpstr (digest, ==, part);
}

static void
test_digest_is_recognised (void)
{
  g_autofree char *good = apm2_json_digest ("", 0);
  g_autofree char *upper = g_ascii_strup (good, -1);
  g_autofree char *longer = g_strconcat (good, "0", NULL);
  g_autofree char *line = g_strdup (good);

  line[63] = '\n';
  g_assert_true (apm2_digest_is_valid (good));
  g_assert_false (apm2_digest_is_valid (upper));
  g_assert_false (apm2_digest_is_valid (longer));
  g_assert_false (apm2_digest_is_valid (good + 1));
  g_assert_false (apm2_digest_is_valid (line));
  g_assert_false (apm2_digest_is_valid (""));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/apm2/json-canonical/leaves-no-white-space",
                   test_leaves_no_white_space);
  g_test_add_func ("/apm2/json-canonical/sorts-members-at-every-level",
                   test_sorts_members_at_every_level);
  g_test_add_func ("/apm2/json-canonical/keeps-the-order-of-arrays",
                   test_keeps_the_order_of_arrays);
  g_test_add_func ("/apm2/json-canonical/sorts-by-utf16", test_sorts_by_utf16);
  g_test_add_func (
      "/apm2/json-canonical/sorts-like-code-points-below-the-surrogates",
      test_sorts_like_code_points_below_the_surrogates);
  g_test_add_func ("/apm2/json-canonical/sorts-within-and-beside-planes",
                   test_sorts_within_and_beside_planes);
  g_test_add_func ("/apm2/json-canonical/escapes-as-little-as-it-may",
                   test_escapes_as_little_as_it_may);
  g_test_add_func ("/apm2/json-canonical/escapes-keys-too",
                   test_escapes_keys_too);
  g_test_add_func ("/apm2/json-canonical/writes-numbers-in-one-form",
                   test_writes_numbers_in_one_form);
  g_test_add_func ("/apm2/json-canonical/writes-literals",
                   test_writes_literals);
  g_test_add_func ("/apm2/json-canonical/writes-the-deepest-document",
                   test_writes_the_deepest_document);
  g_test_add_func ("/apm2/json-canonical/digest-is-sha256",
                   test_digest_is_sha256);
  g_test_add_func ("/apm2/json-canonical/digest-is-recognised",
                   test_digest_is_recognised);
  return g_test_run ();
}
