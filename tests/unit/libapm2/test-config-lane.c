/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The lanes of apm2.conf: which there are, their defaults and their ranges. */

#include <unistd.h>

#include "apm2-config.h"
#include "apm2-error.h"
#include "test-dir.h"

static Apm2Config *
try_load (const TestDir *dir, GError **error)
{
  g_autofree char *file = g_build_filename (dir->path, "apm2.conf", NULL);

  return apm2_config_load (file, error);
}

static Apm2Config *
load (const TestDir *dir)
{
  g_autoptr (GError) error = NULL;
  Apm2Config *config = try_load (dir, &error);

  g_assert_no_error (error);
  return config;
}

static void
test_run_lane_fits_the_machine (void)
{
  g_autoptr (Apm2Config) config = apm2_config_load (NULL, NULL);
  const Apm2LaneConfig *lane = apm2_config_find_lane (config, "run");
  glong cpus = sysconf (_SC_NPROCESSORS_ONLN);

  g_assert_cmpuint (lane->budget_slots, ==, MAX (1, cpus / 4));
  g_assert_cmpuint (lane->timeout_sec, ==, 0);
  g_assert_cmpuint (lane->budget_cpu_percent, ==, 0);
  g_assert_cmpuint (lane->passes_max, ==, 16);
}

static void
test_run_lane_is_configured_like_others (void)
{
  g_auto (TestDir) dir = test_dir_new ();
  g_autoptr (Apm2Config) config = NULL;
  const Apm2LaneConfig *lane = NULL;

  test_dir_write (&dir, "apm2.conf", "[lane run]\nslots=0\ntimeout=5\n");
  config = load (&dir);
  lane = apm2_config_find_lane (config, "run");

  g_assert_cmpuint (lane->budget_slots, ==, 0);
  g_assert_cmpuint (lane->timeout_sec, ==, 5);
}

static void
test_lanes_are_bounded (void)
{
  g_auto (TestDir) dir = test_dir_new ();
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (Apm2Config) config = NULL;
  g_autoptr (GError) error = NULL;

  /* three are there from the start */
  for (guint i = 0; i < 61; i++)
    g_string_append_printf (text, "[lane x%u]\ntimeout=5\n", i);
  test_dir_write (&dir, "apm2.conf", text->str);
  config = load (&dir);
  g_assert_cmpuint (config->lanes->len, ==, 64);

  g_string_append (text, "[lane more]\ntimeout=5\n");
  test_dir_write (&dir, "apm2.conf", text->str);
  g_assert_null (try_load (&dir, &error));
  g_assert_error (error, APM2_ERROR, APM2_ERROR_INVALID_ARGUMENT);
  g_assert_true (g_str_has_suffix (
      error->message, "/apm2.conf:123: [lane more]: more than 64 lanes"));
}

static void
test_ranges_of_a_budget_are_exact (void)
{
  static const struct
  {
    const char *text;
    gboolean good;
  } cases[] = {
    { "[lane x]\nslots=0", TRUE },
    { "[lane x]\nslots=4096", TRUE },
    { "[lane x]\nslots=4097", FALSE },
    { "[lane x]\nslots=4294967296", FALSE },
    { "[lane x]\ncpus=409600%", TRUE },
    { "[lane x]\ncpus=250", TRUE },
    { "[lane x]\ncpus=409601%", FALSE },
    { "[lane x]\ncpus=1.5", FALSE },
    { "[lane x]\nmemory=1024T", TRUE },
    { "[lane x]\nmemory=1025T", FALSE },
    { "[lane x]\nmemory=50%", FALSE },
    { "[lane x]\npressure=0%", TRUE },
    { "[lane x]\npressure=100%", TRUE },
    { "[lane x]\npressure=4294967297%", FALSE },
    { "[lane x]\npressure=-1%", FALSE },
    { "[lane x]\ngates-parallel=8", TRUE },
    { "[lane x]\ngates-parallel=9", FALSE },
    { "[lane x]\npasses-max=4096", TRUE },
    { "[lane x]\npasses-max=4097", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_auto (TestDir) dir = test_dir_new ();
      g_autoptr (Apm2Config) config = NULL;

      g_test_message ("%s", cases[i].text);
      test_dir_write (&dir, "apm2.conf", cases[i].text);
      config = try_load (&dir, NULL);

      g_assert_cmpint (config != NULL, ==, cases[i].good);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/apm2/config-lane/run-fits-the-machine",
                   test_run_lane_fits_the_machine);
  g_test_add_func ("/apm2/config-lane/run-is-configured-like-others",
                   test_run_lane_is_configured_like_others);
  g_test_add_func ("/apm2/config-lane/lanes-are-bounded",
                   test_lanes_are_bounded);
  g_test_add_func ("/apm2/config-lane/ranges-of-a-budget-are-exact",
                   test_ranges_of_a_budget_are_exact);
  return g_test_run ();
}
