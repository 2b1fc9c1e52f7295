/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "apm2-match-rule.h"

#include <gio/gio.h>

#include "apm2-names.h"

static const char *const refused[] = {
  "type",
  "=signal",
  "type=",
  "type='signal",
  "type='nonsense'",
  "type='signal',type='signal'",
  "colour='red'",
  "Type='signal'",
  "interface='nodots'",
  "interface='a..b'",
  "member='a.b'",
  "member=''",
  "path='relative'",
  "path='/a/'",
  "path='/a',path_namespace='/a'",
  "sender='not a name'",
  "destination=''",
  "eavesdrop='maybe'",
  "arg='x'",
  "arg64='x'",
  "arg01='x'",
  "arg99999999999='x'",
  "arg1namespace='a'",
  "arg0namespaces='a'",
  "arg0namespace=''",
  "arg0namespace='a..b'",
  "arg0pathx='a'",
  "arg0='\xff'",
  ",",
  "type='signal',,member='A'",
};

static Apm2MatchRule *
parse_valid (const char *text)
{
  g_autoptr (GError) error = NULL;
  Apm2MatchRule *rule = apm2_match_rule_parse (text, &error);

  g_assert_no_error (error);
  g_assert_nonnull (rule);
  return rule;
}

static gboolean
is_same (const char *left, const char *right)
{
  g_autoptr (Apm2MatchRule) one = parse_valid (left);
  g_autoptr (Apm2MatchRule) other = parse_valid (right);

  return apm2_match_rule_equal (one, other);
}

/* Whether @text matches Opened ('wide.open', 7, '/a/b') of the gate. */
static gboolean
is_match (const char *text)
{
  g_autoptr (Apm2MatchRule) rule = parse_valid (text);
  g_autoptr (GVariant) parameters = g_variant_ref_sink (
      g_variant_new_parsed ("('wide.open', 7, objectpath '/a/b')"));
  const Apm2Signal signal
      = { APM2_OBJECT_QUEUE, APM2_IFACE_QUEUE, "Opened", parameters };

  return apm2_match_rule_matches (rule, &signal);
}

static void
test_malformed_is_refused (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (refused); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (Apm2MatchRule) rule
          = apm2_match_rule_parse (refused[i], &error);
      g_autofree char *shown = g_strescape (refused[i], NULL);

      g_test_message ("%s", shown);
      g_assert_null (rule);
      g_assert_error (error, G_DBUS_ERROR, G_DBUS_ERROR_MATCH_RULE_INVALID);
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
    }
}

static void
test_length_is_bounded (void)
{
  g_autofree char *value
      = g_strnfill (APM2_MATCH_RULE_BYTES_MAX - strlen ("arg0="), 'x');
  g_autofree char *fits = g_strconcat ("arg0=", value, NULL);
  g_autofree char *exceeds = g_strconcat (fits, "x", NULL);
  g_autoptr (Apm2MatchRule) rule = parse_valid (fits);
  g_autoptr (GError) error = NULL;

  g_assert_null (apm2_match_rule_parse (exceeds, &error));
  g_assert_error (error, G_DBUS_ERROR, G_DBUS_ERROR_MATCH_RULE_INVALID);
}

static void
test_empty_matches_everything (void)
{
  g_assert_true (is_match (""));
  g_assert_true (is_match ("  "));
}

static void
test_quotes_are_as_specified (void)
{
  g_assert_true (is_match ("member=Opened"));
  g_assert_true (is_match ("member='Open'ed"));
  g_assert_true (is_match ("member='Opened', type='signal',"));
  g_assert_false (is_match ("arg0='it'\\''s'"));
  g_assert_true (is_same ("arg0='it'\\''s'", "arg0=it\\'s"));
  g_assert_true (is_same ("arg0='a,b\\'", "arg0='a,b'\\"));
}

static void
test_header_terms_must_all_hold (void)
{
  g_assert_true (is_match ("type='signal',path='" APM2_OBJECT_QUEUE
                           "',interface='" APM2_IFACE_QUEUE
                           "',member='Opened'"));
  g_assert_false (is_match ("type='method_call'"));
  g_assert_false (is_match ("path='" APM2_OBJECT_ROOT "'"));
  g_assert_false (is_match ("interface='" APM2_IFACE_JOB "'"));
  g_assert_false (is_match ("type='signal',member='Closed'"));
}

static void
test_sender_is_one_of_our_names (void)
{
  g_assert_true (is_match ("sender='" APM2_BUS_NAME "'"));
  g_assert_true (is_match ("sender=':1.0'"));
  g_assert_false (is_match ("sender='org.freedesktop.DBus'"));
  g_assert_false (is_match ("sender=':1.7'"));
}

static void
test_without_effect_are_destination_and_eavesdrop (void)
{
  g_assert_true (is_match ("destination=':1.99',eavesdrop='true'"));
}

static void
test_path_namespace_ends_at_an_element (void)
{
  g_assert_true (is_match ("path_namespace='" APM2_OBJECT_QUEUE "'"));
  g_assert_true (is_match ("path_namespace='/org/apm2'"));
  g_assert_true (is_match ("path_namespace='/'"));
  g_assert_false (is_match ("path_namespace='/org/apm2/Serv'"));
  g_assert_false (is_match ("path_namespace='" APM2_OBJECT_QUEUE "/x'"));
}

static void
test_arguments_match_strings_only (void)
{
  g_assert_true (is_match ("arg0='wide.open'"));
  g_assert_false (is_match ("arg0='wide'"));
  g_assert_false (is_match ("arg1='7'"));
  g_assert_false (is_match ("arg2='/a/b'"));
  g_assert_false (is_match ("arg3=''"));
  g_assert_false (is_match ("arg63='x'"));
}

static void
test_argument_paths_match_either_way (void)
{
  g_assert_true (is_match ("arg2path='/a/b'"));
  g_assert_true (is_match ("arg2path='/a/'"));
  g_assert_true (is_match ("arg2path='/'"));
  g_assert_false (is_match ("arg2path='/a'"));
  g_assert_false (is_match ("arg2path='/a/b/c'"));
}

static void
test_argument_namespace_ends_at_an_element (void)
{
  g_assert_true (is_match ("arg0namespace='wide'"));
  g_assert_true (is_match ("arg0namespace='wide.open'"));
  g_assert_false (is_match ("arg0namespace='wid'"));
  g_assert_false (is_match ("arg0namespace='wide.open.far'"));
}

static void
test_arguments_not_built_yet_count_as_met (void)
{
  g_autoptr (Apm2MatchRule) rule = parse_valid ("arg0='x',member='Opened'");
  g_autoptr (Apm2MatchRule) other = parse_valid ("arg0='x',member='Closed'");
  const Apm2Signal signal
      = { APM2_OBJECT_QUEUE, APM2_IFACE_QUEUE, "Opened", NULL };

  g_assert_true (apm2_match_rule_matches (rule, &signal));
  g_assert_false (apm2_match_rule_matches (other, &signal));
}

static void
test_order_of_terms_is_nothing (void)
{
  g_autoptr (Apm2MatchRule) rule = parse_valid ("member='A',arg1='x',arg0='y'");
  g_autoptr (Apm2MatchRule) same = parse_valid ("arg0=y,arg1='x',member='A'");
  g_autoptr (Apm2MatchRule) other
      = parse_valid ("arg0='x',arg1='y',member='A'");
  g_autoptr (Apm2MatchRule) longer = parse_valid ("member='A',arg1='x'");

  g_assert_true (apm2_match_rule_equal (rule, same));
  g_assert_false (apm2_match_rule_equal (rule, other));
  g_assert_false (apm2_match_rule_equal (rule, longer));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
#define ADD(path, function) g_test_add_func ("/apm2/match-rule/" path, function)
  ADD ("parse/malformed-is-refused", test_malformed_is_refused);
  ADD ("parse/length-is-bounded", test_length_is_bounded);
  ADD ("parse/quotes-are-as-specified", test_quotes_are_as_specified);
  ADD ("matches/empty-matches-everything", test_empty_matches_everything);
  ADD ("matches/header-terms-must-all-hold", test_header_terms_must_all_hold);
  ADD ("matches/sender-is-one-of-our-names", test_sender_is_one_of_our_names);
  ADD ("matches/destination-and-eavesdrop-are-without-effect",
       test_without_effect_are_destination_and_eavesdrop);
  ADD ("matches/path-namespace-ends-at-an-element",
       test_path_namespace_ends_at_an_element);
  ADD ("matches/arguments-match-strings-only",
       test_arguments_match_strings_only);
  ADD ("matches/argument-paths-match-either-way",
       test_argument_paths_match_either_way);
  ADD ("matches/argument-namespace-ends-at-an-element",
       test_argument_namespace_ends_at_an_element);
  ADD ("matches/arguments-not-built-yet-count-as-met",
       test_arguments_not_built_yet_count_as_met);
  ADD ("equal/order-of-terms-is-nothing", test_order_of_terms_is_nothing);
  return g_test_run ();
}
