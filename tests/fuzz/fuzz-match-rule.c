/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A rule is refused with an error, or it is equal to itself read again. */

#include "fuzz.h"

#include "apm2-match-rule.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *text = g_strndup (size > 0 ? (const char *) data : "", size);
  g_autoptr (GError) error = NULL;
  g_autoptr (Apm2MatchRule) once = apm2_match_rule_parse (text, &error);
  g_autoptr (Apm2MatchRule) twice = NULL;
  g_autoptr (GVariant) parameters
      = g_variant_ref_sink (g_variant_new ("(sos)", "a.b", "/a/b", "/a/"));
  const Apm2Signal signal = { "/a/b", "a.b", "C", parameters };

  g_assert_true ((once == NULL) == (error != NULL));
  if (once == NULL)
    return 0;

  twice = apm2_match_rule_parse (text, &error);
  g_assert_no_error (error);
  g_assert_true (apm2_match_rule_equal (once, twice));
  g_assert_cmpint (apm2_match_rule_matches (once, &signal),
                   ==,
                   apm2_match_rule_matches (twice, &signal));
  return 0;
}
