/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "apm2-error.h"
#include "apm2-lane-account.h"
#include "test-dir.h"

static Apm2Config *
new_config (const TestDir *dir, const char *lane)
{
  g_autofree char *path = g_build_filename (dir->path, "apm2.conf", NULL);
  g_autofree char *text = g_strdup_printf ("[lane %s]\nmax-parallel=1\n", lane);
  g_autoptr (GError) error = NULL;
  Apm2Config *config = NULL;

  test_dir_write (dir, "apm2.conf", text);
  config = apm2_config_load (path, &error);
  g_assert_no_error (error);
  return config;
}

static void
test_as_long_as_it_may_be (void)
{
  g_auto (TestDir) dir = test_dir_new ();
  g_autoptr (Apm2Config) config = new_config (&dir, "abcdefghijklmnopqrstuv");
  g_autoptr (GError) error = NULL;

  /* "apm2-" and "-999" make it 31. */
  g_assert_true (apm2_lane_account_check (config, NULL, &error));
  g_assert_no_error (error);
}

static void
test_one_more_is_refused (void)
{
  g_auto (TestDir) dir = test_dir_new ();
  g_autoptr (Apm2Config) config = new_config (&dir, "abcdefghijklmnopqrstuvw");
  g_autoptr (GError) error = NULL;

  g_assert_false (apm2_lane_account_check (config, NULL, &error));
  g_assert_error (error, APM2_ERROR, APM2_ERROR_INVALID_ARGUMENT);
  g_assert_nonnull (strstr (error->message, "22 characters"));
}

static void
test_name_of_the_worker_counts (void)
{
  g_auto (TestDir) dir = test_dir_new ();
  g_autoptr (Apm2Config) config = new_config (&dir, "abcdefghijklmnopqrstuv");
  g_autoptr (GError) error = NULL;

  g_assert_false (apm2_lane_account_check (config, "two", &error));
  g_assert_error (error, APM2_ERROR, APM2_ERROR_INVALID_ARGUMENT);
  g_assert_nonnull (strstr (error->message, "18 characters"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/apm2/lane-account/check/as-long-as-it-may-be",
                   test_as_long_as_it_may_be);
  g_test_add_func ("/apm2/lane-account/check/one-more-is-refused",
                   test_one_more_is_refused);
  g_test_add_func ("/apm2/lane-account/check/name-of-the-worker-counts",
                   test_name_of_the_worker_counts);
  return g_test_run ();
}
