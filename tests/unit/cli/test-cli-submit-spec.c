/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * From options to a job spec.
 */

#include <string.h>

#include "apm2-args.h"
#include "apm2-error.h"
#include "apm2-job-spec-json.h"
#include "apm2-submit-spec.h"

/* Parses @line as "submit" does; '_' stands for a blank inside of a word. */
static char *
make (const char *line, GError **error)
{
  Apm2SubmitOptions options = { 0 };
  const Apm2ArgsTable table = { apm2_submit_spec_entries, &options };
  g_autoptr (GPtrArray) words = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) rest = g_ptr_array_new_with_free_func (g_free);
  g_auto (GStrv) typed = g_strsplit (line, " ", -1);
  g_autoptr (Apm2JobSpec) spec = NULL;

  for (gsize i = 0; typed[i] != NULL; i++)
    g_strdelimit (typed[i], "_", ' ');
  apm2_args_split ((const char *const *) typed, &table, 1, TRUE, words, rest);
  g_ptr_array_add (rest, NULL);
  if (apm2_args_parse (words, &table, 1, error))
    spec = apm2_submit_spec_new (
        &options, (const char *const *) rest->pdata, error);
  apm2_args_clear (apm2_submit_spec_entries, &options);
  return spec != NULL ? apm2_job_spec_to_json (spec, NULL) : NULL;
}

static void
assert_spec (const char *line, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *json = make (line, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (json, ==, expected);
}

static void
assert_refused (const char *line, const char *word)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *json = make (line, &error);

  g_assert_null (json);
  g_assert_nonnull (error);
  g_assert_nonnull (strstr (error->message, word));
  g_assert_null (strchr (error->message, '\n'));
}

#define SCHEMA "\"schema\":\"apm2.fac.job_spec.v1\""
#define STEPS  "\"steps\":[{\"argv\":[\"true\"],\"name\":\"command\"}]"

static void
test_command_is_enough (void)
{
  assert_spec ("-- make -j4 check",
               "{" SCHEMA ",\"steps\":[{\"argv\":[\"make\",\"-j4\",\"check\"],"
               "\"name\":\"command\"}]}");
}

static void
test_limits_have_units (void)
{
  assert_spec (
      "--timeout 2h_30m --memory-max 2G --tasks-max 64 --cpu-quota 150% true",
      "{\"limits\":{\"cpu_quota_percent\":150,\"memory_max_bytes\":2147483648,"
      "\"tasks_max\":64,\"timeout_sec\":9000}," SCHEMA "," STEPS "}");
}

static void
test_lane_priority_and_order (void)
{
  assert_spec (
      "--lane gates --priority 0 --after j1 --after j2 true",
      "{\"after\":[\"j1\",\"j2\"],\"lane\":\"gates\",\"priority\":0," SCHEMA
      "," STEPS "}");
}

static void
test_environment_is_sorted_and_the_last_value_holds (void)
{
  assert_spec ("--env B=2 --env A=x=y --env B=3 true",
               "{" SCHEMA ",\"steps\":[{\"argv\":[\"true\"],\"env\":{\"A\":"
               "\"x=y\",\"B\":\"3\"},\"name\":\"command\"}]}");
}

static void
test_name_is_a_label (void)
{
  assert_spec ("--label zone=a --name nightly true",
               "{\"labels\":{\"name\":\"nightly\",\"zone\":\"a\"}," SCHEMA
               "," STEPS "}");
}

static void
test_retry_counts_the_first_attempt (void)
{
  assert_spec ("--retry 2 true",
               "{\"retry\":{\"max_attempts\":3,\"on\":[\"lost\",\"oom\","
               "\"signal\",\"step_failed\",\"timeout\"]}," SCHEMA "," STEPS
               "}");
}

static void
test_full_commit_needs_no_git (void)
{
  assert_spec ("--source https://example.org/a.git --commit "
               "0123456789012345678901234567890123456789 true",
               "{" SCHEMA ",\"source\":{\"commit\":"
               "\"0123456789012345678901234567890123456789\",\"repository\":"
               "\"https://example.org/a.git\"}," STEPS "}");
}

static void
test_bad_values_are_named_by_their_option (void)
{
  assert_refused ("--timeout soon true", "--timeout soon");
  assert_refused ("--timeout 0 true", "--timeout 0");
  assert_refused ("--timeout 8d true", "--timeout 8d");
  assert_refused ("--memory-max much true", "--memory-max much");
  assert_refused ("--tasks-max -1 true", "--tasks-max -1");
  assert_refused ("--cpu-quota fast true", "--cpu-quota fast");
  assert_refused ("--priority 101 true", "--priority 101");
  assert_refused ("--retry 10 true", "--retry 10");
  assert_refused ("--env FOO true", "--env FOO");
  assert_refused ("--label =x true", "--label =x");
  assert_refused ("--commit HEAD true", "--source");
  assert_refused ("--source https://example.org/a.git --commit HEAD true",
                  "--commit HEAD");
}

static void
test_rules_of_the_spec_hold (void)
{
  assert_refused ("--env LD-PRELOAD=x true", "LD-PRELOAD");
  assert_refused ("--lane NOPE true", "NOPE");
}

static void
test_command_must_be_text (void)
{
  assert_refused ("-- echo \xff", "UTF-8");
}

static void
test_file_tells_itself (void)
{
  Apm2SubmitOptions options = { .file = (char *) "x", .wait = TRUE };

  g_assert_null (apm2_submit_spec_find_conflict (&options));
  options.lane = (char *) "bulk";
  g_assert_cmpstr (apm2_submit_spec_find_conflict (&options), ==, "lane");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add_func ("/apm2/cli-submit-spec/" name, func)
  ADD ("new/command-is-enough", test_command_is_enough);
  ADD ("new/limits-have-units", test_limits_have_units);
  ADD ("new/lane-priority-and-order", test_lane_priority_and_order);
  ADD ("new/environment-is-sorted-and-the-last-value-holds",
       test_environment_is_sorted_and_the_last_value_holds);
  ADD ("new/name-is-a-label", test_name_is_a_label);
  ADD ("new/retry-counts-the-first-attempt",
       test_retry_counts_the_first_attempt);
  ADD ("new/full-commit-needs-no-git", test_full_commit_needs_no_git);
  ADD ("new/bad-values-are-named-by-their-option",
       test_bad_values_are_named_by_their_option);
  ADD ("new/rules-of-the-spec-hold", test_rules_of_the_spec_hold);
  ADD ("new/command-must-be-text", test_command_must_be_text);
  ADD ("find-conflict/file-tells-itself", test_file_tells_itself);
  return g_test_run ();
}
