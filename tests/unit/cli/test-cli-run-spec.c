/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What "apm2 run" makes of its options and of the command.
 */

#include <string.h>

#include "apm2-error.h"
#include "apm2-job-spec-json.h"
#include "apm2-run-options.h"
#include "apm2-run-spec.h"

#define JOB_ID "j1"

static const char *const plain[] = { "make", "check", NULL };

static Apm2JobSpec *
make (const Apm2RunOptions *options)
{
  g_autoptr (GError) error = NULL;
  Apm2JobSpec *spec
      = apm2_run_spec_new (options, plain, "/src", JOB_ID, &error);

  g_assert_no_error (error);
  return spec;
}

static void
test_defaults (void)
{
  const Apm2RunOptions options = { 0 };
  g_autoptr (Apm2JobSpec) spec = make (&options);
  const Apm2Step *step = g_ptr_array_index (spec->steps, 0);

  g_assert_cmpint (spec->kind, ==, APM2_JOB_KIND_ATTACHED);
  g_assert_cmpstr (spec->job_id, ==, JOB_ID);
  g_assert_cmpstr (spec->lane, ==, "run");
  g_assert_cmpuint (spec->slots, ==, 1);
  g_assert_null (spec->exclusive);
  g_assert_null (spec->key);
  g_assert_cmpuint (spec->limits.timeout_sec, ==, 0);
  g_assert_cmpuint (spec->steps->len, ==, 1);
  g_assert_cmpstr (step->name, ==, "run");
  g_assert_cmpstr (step->working_directory, ==, "/src");
  g_assert_true (
      g_strv_equal ((const char *const *) (gpointer) step->argv, plain));
}

static void
test_all_options (void)
{
  char *names[] = { (char *) "net", (char *) "db", (char *) "net", NULL };
  const Apm2RunOptions options = {
    .lane = (char *) "bulk",
    .slots = (char *) "4",
    .cpu = (char *) "1.5",
    .memory = (char *) "2G",
    .tasks = (char *) "50",
    .exclusive = names,
    .key = (char *) "lint main",
    .timeout = (char *) "10min",
    .priority = (char *) "7",
    .name = (char *) "Lint",
  };
  g_autoptr (Apm2JobSpec) spec = make (&options);
  const char *const sorted[] = { "db", "net", NULL };

  g_assert_cmpstr (spec->lane, ==, "bulk");
  g_assert_cmpuint (spec->slots, ==, 4);
  g_assert_cmpuint (spec->limits.cpu_quota_percent, ==, 150);
  g_assert_cmpuint (spec->limits.memory_max_bytes, ==, (guint64) 2 << 30);
  g_assert_cmpuint (spec->limits.tasks_max, ==, 50);
  g_assert_cmpuint (spec->limits.timeout_sec, ==, 600);
  g_assert_cmpuint (spec->priority, ==, 7);
  g_assert_cmpstr (spec->key, ==, "lint main");
  g_assert_cmpstr (apm2_job_spec_get_label (spec, "name"), ==, "Lint");
  g_assert_true (
      g_strv_equal ((const char *const *) (gpointer) spec->exclusive, sorted));
}

static void
test_cpu (void)
{
  static const struct
  {
    const char *text;
    guint64 percent;
  } cases[] = {
    { "1", 100 },  { "0.5", 50 },      { "250%", 250 },
    { "0.01", 1 }, { "1000", 100000 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const Apm2RunOptions options = { .cpu = (char *) cases[i].text };
      g_autoptr (Apm2JobSpec) spec = make (&options);

      g_assert_cmpuint (spec->limits.cpu_quota_percent, ==, cases[i].percent);
    }
}

static void
test_refuses (void)
{
  char *bad_name[] = { (char *) "a b", NULL };
  const Apm2RunOptions cases[] = {
    { .slots = (char *) "0" },
    { .slots = (char *) "1025" },
    { .slots = (char *) "-1" },
    { .cpu = (char *) "0" },
    { .cpu = (char *) "1001" },
    { .cpu = (char *) "nan" },
    { .cpu = (char *) "0x10"
                      "z" },
    { .cpu = (char *) "" },
    { .cpu = (char *) "-1" },
    { .memory = (char *) "1K" },
    { .memory = (char *) "many" },
    { .tasks = (char *) "0" },
    { .tasks = (char *) "2G" },
    { .timeout = (char *) "0" },
    { .timeout = (char *) "8d" },
    { .priority = (char *) "101" },
    { .lane = (char *) "no lane" },
    { .key = (char *) "" },
    { .exclusive = bad_name },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (Apm2JobSpec) spec
          = apm2_run_spec_new (&cases[i], plain, "/", JOB_ID, &error);

      g_test_message ("case %zu", i);
      g_assert_null (spec);
      g_assert_nonnull (error);
    }
}

static void
test_empty_command_is_refused (void)
{
  const Apm2RunOptions options = { 0 };
  const char *const argv[] = { "", NULL };
  g_autoptr (GError) error = NULL;

  g_assert_null (apm2_run_spec_new (&options, argv, "/", JOB_ID, &error));
  g_assert_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE);
}

/* The record of a command must be valid whatever was typed, and the codec must
 * take it back. */
static void
check_record (const char *const *argv, const char *directory)
{
  const Apm2RunOptions options = { 0 };
  g_autoptr (GError) error = NULL;
  g_autoptr (Apm2JobSpec) spec
      = apm2_run_spec_new (&options, argv, directory, JOB_ID, &error);
  g_autoptr (Apm2JobSpec) again = NULL;
  g_autofree char *text = NULL;
  gsize length = 0;

  g_assert_no_error (error);
  text = apm2_job_spec_to_json (spec, &length);
  again = apm2_job_spec_from_json (text, length, &error);
  g_assert_no_error (error);
}

static void
test_any_bytes (void)
{
  const char *const argv[]
      = { "caf\xe9", "a\x1b[31mb\x7f", "two\nlines\t", "", "\xc2\x9b", NULL };

  check_record (argv, "/caf\xe9/\x1b[1m/new\nline");
  check_record (argv, NULL);
  check_record (argv, "relative");
  check_record (argv, "/a/../b");
}

static void
test_long_command_is_shortened (void)
{
  const Apm2RunOptions options = { 0 };
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  g_autofree char *word = g_strnfill (100 * 1024, 'x');
  g_autofree char *path = g_strnfill (5000, 'd');
  const char *const one[] = { word, NULL };
  g_autoptr (Apm2JobSpec) spec = NULL;
  const Apm2Step *step = NULL;
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 3000; i++)
    g_ptr_array_add (argv, (gpointer) "word");
  g_ptr_array_add (argv, NULL);
  path[0] = '/';
  check_record ((const char *const *) argv->pdata, path);
  check_record (one, path);

  spec = apm2_run_spec_new (&options, one, path, JOB_ID, &error);
  g_assert_no_error (error);
  step = g_ptr_array_index (spec->steps, 0);
  g_assert_cmpuint (g_strv_length (step->argv), ==, 2);
  g_assert_cmpstr (step->argv[1], ==, "…");
}

/* Cut in the middle of a character it would be no UTF-8. */
static void
test_long_word_ends_with_a_character (void)
{
  g_autoptr (GString) word = g_string_new ("x");
  const char *argv[] = { NULL, NULL };

  for (guint i = 0; i < 40000; i++)
    g_string_append (word, "€");
  argv[0] = word->str;
  check_record (argv, word->str);
}

static void
test_policy (void)
{
  const Apm2RunOptions none = { 0 };
  const Apm2RunOptions all = {
    .max_wait = (char *) "2min",
    .no_broker = (char *) "run",
    .key = (char *) "k",
    .supersede = TRUE,
    .quiet = TRUE,
  };
  Apm2RunPolicy policy;
  g_autoptr (GError) error = NULL;

  g_assert_true (apm2_run_options_get_policy (&none, &policy, &error));
  g_assert_cmpuint (policy.max_wait_usec, ==, APM2_RUN_FOREVER);
  g_assert_false (policy.without_broker);
  g_assert_true (apm2_run_options_get_policy (&all, &policy, &error));
  g_assert_cmpuint (policy.max_wait_usec, ==, 120 * (guint64) G_USEC_PER_SEC);
  g_assert_true (policy.without_broker);
  g_assert_true (policy.supersede);
}

static void
test_policy_refuses (void)
{
  const Apm2RunOptions cases[] = {
    { .max_wait = (char *) "soon" },
    { .max_wait = (char *) "99999999999999999" },
    { .no_broker = (char *) "maybe" },
    { .supersede = TRUE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      Apm2RunPolicy policy;

      g_test_message ("case %zu", i);
      g_assert_false (apm2_run_options_get_policy (&cases[i], &policy, &error));
      g_assert_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/apm2/cli-run-spec/defaults", test_defaults);
  g_test_add_func ("/apm2/cli-run-spec/all-options", test_all_options);
  g_test_add_func ("/apm2/cli-run-spec/cpu", test_cpu);
  g_test_add_func ("/apm2/cli-run-spec/refuses", test_refuses);
  g_test_add_func ("/apm2/cli-run-spec/empty-command-is-refused",
                   test_empty_command_is_refused);
  g_test_add_func ("/apm2/cli-run-spec/any-bytes", test_any_bytes);
  g_test_add_func ("/apm2/cli-run-spec/long-command-is-shortened",
                   test_long_command_is_shortened);
  g_test_add_func ("/apm2/cli-run-spec/long-word-ends-with-a-character",
                   test_long_word_ends_with_a_character);
  g_test_add_func ("/apm2/cli-run-spec/policy", test_policy);
  g_test_add_func ("/apm2/cli-run-spec/policy-refuses", test_policy_refuses);
  return g_test_run ();
}
