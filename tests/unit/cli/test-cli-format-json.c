/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What programs read: numbers as numbers, and nothing that drives a terminal.
 */

#include <string.h>

#include "apm2-format-json.h"

static char *
convert (const char *text)
{
  g_autoptr (GVariant) value = g_variant_ref_sink (g_variant_new_parsed (text));
  g_autoptr (json_t) json = apm2_format_json_variant (value);

  return apm2_format_json_to_string (json, APM2_JSON_STYLE_SHORT);
}

static void
assert_converted (const char *text, const char *expected)
{
  g_autofree char *json = convert (text);

  g_assert_cmpstr (json, ==, expected);
}

static void
test_numbers_are_numbers (void)
{
  assert_converted ("uint32 7", "7");
  assert_converted ("int32 -1", "-1");
  assert_converted ("uint64 1795431491330598", "1795431491330598");
  assert_converted ("int64 -9223372036854775808", "-9223372036854775808");
  assert_converted ("byte 0xff", "255");
  assert_converted ("0.5", "0.5");
}

static void
test_truth_and_text_keep_their_kind (void)
{
  assert_converted ("true", "true");
  assert_converted ("'true'", "\"true\"");
  assert_converted ("objectpath '/a'", "\"/a\"");
}

static void
test_dictionaries_nest (void)
{
  assert_converted ("{'a': <[{'b': <uint32 1>}]>}", "{\"a\":[{\"b\":1}]}");
}

static void
test_empty_lists_stay (void)
{
  assert_converted ("@as []", "[]");
  assert_converted ("@aa{sv} []", "[]");
}

static void
test_what_json_cannot_say_is_null (void)
{
  g_autoptr (GVariant) value
      = g_variant_ref_sink (g_variant_new_double (G_MAXDOUBLE * 2));
  g_autoptr (json_t) json = apm2_format_json_variant (value);

  g_assert_true (json_is_null (json));
}

static void
test_depth_is_bounded (void)
{
  g_autoptr (GVariant) value
      = g_variant_ref_sink (g_variant_new_boolean (TRUE));
  g_autofree char *text = NULL;
  g_autoptr (json_t) json = NULL;

  for (int i = 0; i < 50; i++)
    {
      GVariant *boxed = g_variant_ref_sink (g_variant_new_variant (value));

      g_variant_unref (value);
      value = boxed;
    }
  json = apm2_format_json_variant (value);

  g_assert_true (json_is_null (json));
}

static void
test_controls_are_escaped (void)
{
  g_autoptr (json_t) json
      = apm2_format_json_string ("\x1b[2J\x7f\xc2\x9b\xe2\x80\xae größe");
  g_autofree char *text
      = apm2_format_json_to_string (json, APM2_JSON_STYLE_SHORT);

  g_assert_cmpstr (text, ==, "\"\\u001B[2J\\u007f\\u009b\\u202e größe\"");
}

static void
test_no_utf8_becomes_utf8 (void)
{
  g_autoptr (json_t) json = apm2_format_json_string ("a\xff");

  g_assert_cmpstr (json_string_value (json), ==, "a\xef\xbf\xbd");
}

static void
test_job_holds_its_spec (void)
{
  g_autoptr (GVariant) record = g_variant_ref_sink (
      g_variant_new_parsed ("{'id': <'x'>, 'spec': <'{\"steps\":[]}'>}"));
  g_autoptr (json_t) json = apm2_format_json_new_job (record);

  g_assert_cmpstr (json_string_value (json_object_get (json, "schema")),
                   ==,
                   "apm2.fac.job.v1");
  g_assert_true (json_is_array (
      json_object_get (json_object_get (json, "spec"), "steps")));
}

static void
test_broken_text_is_null (void)
{
  g_autoptr (json_t) broken = apm2_format_json_text ("{", 100);
  g_autoptr (json_t) large = apm2_format_json_text ("[1,2,3]", 3);

  g_assert_true (json_is_null (broken));
  g_assert_true (json_is_null (large));
}

static void
test_pretty_has_lines (void)
{
  g_autoptr (json_t) json = apm2_format_json_new ("x.v1");
  g_autofree char *text
      = apm2_format_json_to_string (json, APM2_JSON_STYLE_PRETTY);

  g_assert_cmpstr (text, ==, "{\n  \"schema\": \"x.v1\"\n}");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add_func ("/apm2/cli-format-json/" name, func)
  ADD ("variant/numbers-are-numbers", test_numbers_are_numbers);
  ADD ("variant/truth-and-text-keep-their-kind",
       test_truth_and_text_keep_their_kind);
  ADD ("variant/dictionaries-nest", test_dictionaries_nest);
  ADD ("variant/empty-lists-stay", test_empty_lists_stay);
  ADD ("variant/what-json-cannot-say-is-null",
       test_what_json_cannot_say_is_null);
  ADD ("variant/depth-is-bounded", test_depth_is_bounded);
  ADD ("to-string/controls-are-escaped", test_controls_are_escaped);
  ADD ("to-string/pretty-has-lines", test_pretty_has_lines);
  ADD ("string/no-utf8-becomes-utf8", test_no_utf8_becomes_utf8);
  ADD ("new-job/holds-its-spec", test_job_holds_its_spec);
  ADD ("text/broken-text-is-null", test_broken_text_is_null);
  return g_test_run ();
}
