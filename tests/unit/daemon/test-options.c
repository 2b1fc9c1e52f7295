/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "apm2-invocation.h"

static const char *const keys[] = { "force:b", "reason:s", "limit:u", NULL };
static const char *const no_keys[] = { NULL };

/* Checks @text and returns the message, or NULL if it passes. */
static char *
check (const char *text, const char *const *allowed)
{
  g_autoptr (GVariant) options
      = g_variant_ref_sink (g_variant_new_parsed (text));
  g_autoptr (GError) error = NULL;

  if (apm2_options_check (options, allowed, &error))
    {
      g_assert_no_error (error);
      return NULL;
    }
  g_assert_error (error, APM2_ERROR, APM2_ERROR_INVALID_ARGUMENT);
  return g_strdup (error->message);
}

static void
test_known_ones_pass (void)
{
  g_assert_null (check ("@a{sv} {}", keys));
  g_assert_null (check ("@a{sv} {}", no_keys));
  g_assert_null (
      check ("{'limit': <uint32 3>, 'force': <true>, 'reason': <''>}", keys));
}

static void
test_unknown_one_is_named_with_the_known (void)
{
  g_autofree char *message = check ("{'forse': <true>}", keys);
  g_autofree char *prefix = check ("{'for': <true>}", keys);
  g_autofree char *whole = check ("{'force:b': <true>}", keys);
  g_autofree char *none = check ("{'force': <true>}", no_keys);

  g_assert_cmpstr (
      message, ==, "Unknown option “forse”; there are: force, reason, limit");
  g_assert_nonnull (prefix);
  g_assert_nonnull (whole);
  g_assert_cmpstr (none, ==, "Unknown option “force”; there are none");
}

static void
test_wrong_type_is_named (void)
{
  g_autofree char *message = check ("{'limit': <'3'>}", keys);
  g_autofree char *sign = check ("{'limit': <3>}", keys);
  g_autofree char *nested = check ("{'reason': <<'x'>>}", keys);

  g_assert_cmpstr (
      message, ==, "Option “limit” has the type “s” instead of “u”");
  g_assert_nonnull (sign);
  g_assert_nonnull (nested);
}

static void
test_one_that_stands_twice_is_refused (void)
{
  GVariantBuilder builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);
  g_autoptr (GVariant) options = NULL;
  g_autoptr (GError) error = NULL;

  g_variant_builder_add_parsed (&builder, "{'force', <true>}");
  g_variant_builder_add_parsed (&builder, "{'force', <false>}");
  options = g_variant_ref_sink (g_variant_builder_end (&builder));

  g_assert_false (apm2_options_check (options, keys, &error));

  g_assert_error (error, APM2_ERROR, APM2_ERROR_INVALID_ARGUMENT);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  g_test_add_func ("/apm2/options/check/known-ones-pass", test_known_ones_pass);
  g_test_add_func ("/apm2/options/check/unknown-one-is-named-with-the-known",
                   test_unknown_one_is_named_with_the_known);
  g_test_add_func ("/apm2/options/check/wrong-type-is-named",
                   test_wrong_type_is_named);
  g_test_add_func ("/apm2/options/check/one-that-stands-twice-is-refused",
                   test_one_that_stands_twice_is_refused);
  return g_test_run ();
}
