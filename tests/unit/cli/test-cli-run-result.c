/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The document of --json-result, and the file that it is written to.
 */

#include <fcntl.h>
#include <jansson.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "apm2-error.h"
#include "apm2-run-result.h"

static json_t *
parse (const Apm2RunResult *result)
{
  g_autofree char *text = apm2_run_result_to_json (result);
  json_t *root = json_loads (text, JSON_REJECT_DUPLICATES, NULL);

  g_assert_nonnull (root);
  g_assert_true (g_str_has_suffix (text, "}\n"));
  return root;
}

static const char *
get_text (const json_t *root, const char *key)
{
  return json_string_value (json_object_get (root, key));
}

static void
test_reasons (void)
{
  static const struct
  {
    const char *receipt;
    const char *reason;
  } cases[] = {
    { "", "passed" },         { NULL, "passed" },   { "step_failed", "failed" },
    { "timeout", "timeout" }, { "busy", "busy" },   { "lost", "lost" },
    { "oom", "oom" },         { "error", "error" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const Apm2RunResult result
          = { .job_id = (char *) "j1", .reason = cases[i].receipt };
      json_t *root = parse (&result);

      g_assert_cmpstr (get_text (root, "reason"), ==, cases[i].reason);
      json_decref (root);
    }
}

static void
test_what_is_not_known_is_null (void)
{
  const Apm2RunResult result = { .exit_status = -1 };
  json_t *root = parse (&result);
  static const char *const keys[]
      = { "job_id",  "verdict",     "exit_status",   "signal",
          "message", "containment", "receipt_digest" };

  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    g_assert_true (json_is_null (json_object_get (root, keys[i])));
  json_decref (root);
}

static void
test_any_text (void)
{
  const Apm2RunResult result = { .message = (char *) "caf\xe9 \x1b[1m\n" };
  json_t *root = parse (&result);

  g_assert_nonnull (get_text (root, "message"));
  json_decref (root);
}

static void
test_file_is_written_as_a_whole (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *dir = g_dir_make_tmp ("apm2-result-XXXXXX", &error);
  g_autofree char *file = g_build_filename (dir, "r.json", NULL);
  Apm2RunReport report = APM2_RUN_REPORT_NONE;
  const Apm2RunResult result = { .job_id = (char *) "j1", .status = 3 };
  const mode_t mask = umask (0027);
  g_autofree char *text = NULL;
  struct stat st;

  g_assert_no_error (error);
  g_assert_true (g_file_set_contents (file, "old", -1, &error));
  g_assert_true (apm2_run_report_open (&report, file, &error));
  g_assert_true (apm2_run_report_write (&report, &result, &error));
  g_assert_no_error (error);
  apm2_run_report_clear (&report);
  (void) umask (mask);

  g_assert_true (g_file_get_contents (file, &text, NULL, &error));
  g_assert_nonnull (strstr (text, "\"status\": 3"));
  g_assert_cmpint (stat (file, &st), ==, 0);
  g_assert_cmpuint (st.st_mode & 07777, ==, 0640);
  g_assert_cmpint (g_unlink (file), ==, 0);
  g_assert_cmpint (g_rmdir (dir), ==, 0);
}

static void
test_file_that_cannot_be (void)
{
  static const char *const files[]
      = { "/no/such/folder/r.json", "/dev/null", "/tmp" };

  for (gsize i = 0; i < G_N_ELEMENTS (files); i++)
    {
      Apm2RunReport report = APM2_RUN_REPORT_NONE;
      g_autoptr (GError) error = NULL;

      g_test_message ("%s", files[i]);
      g_assert_false (apm2_run_report_open (&report, files[i], &error));
      g_assert_nonnull (strstr (error->message, files[i]));
      apm2_run_report_clear (&report);
    }
}

static void
test_no_file_is_wanted (void)
{
  Apm2RunReport report = APM2_RUN_REPORT_NONE;
  const Apm2RunResult result = { 0 };
  g_autoptr (GError) error = NULL;

  g_assert_true (apm2_run_report_open (&report, NULL, &error));
  g_assert_true (apm2_run_report_write (&report, &result, &error));
  g_assert_no_error (error);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/apm2/cli-run-result/reasons", test_reasons);
  g_test_add_func ("/apm2/cli-run-result/what-is-not-known-is-null",
                   test_what_is_not_known_is_null);
  g_test_add_func ("/apm2/cli-run-result/any-text", test_any_text);
  g_test_add_func ("/apm2/cli-run-result/file-is-written-as-a-whole",
                   test_file_is_written_as_a_whole);
  g_test_add_func ("/apm2/cli-run-result/file-that-cannot-be",
                   test_file_that_cannot_be);
  g_test_add_func ("/apm2/cli-run-result/no-file-is-wanted",
                   test_no_file_is_wanted);
  return g_test_run ();
}
