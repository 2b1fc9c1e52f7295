/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <sys/stat.h>

#include "apm2-config.h"
#include "apm2-error.h"
#include "test-dir.h"

static char *
main_file (const TestDir *dir)
{
  return g_build_filename (dir->path, "apm2.conf", NULL);
}

static Apm2Config *
load (const TestDir *dir)
{
  g_autofree char *file = main_file (dir);
  g_autoptr (GError) error = NULL;
  Apm2Config *config = apm2_config_load (file, &error);

  g_assert_no_error (error);
  return config;
}

/* Returns: (transfer full): the message, each line without the directory */
static char *
load_problems (const TestDir *dir)
{
  g_autofree char *file = main_file (dir);
  g_autoptr (GError) error = NULL;
  g_autofree char *prefix = g_strconcat (dir->path, "/", NULL);
  g_auto (GStrv) parts = NULL;

  g_assert_null (apm2_config_load (file, &error));
  g_assert_error (error, APM2_ERROR, APM2_ERROR_INVALID_ARGUMENT);
  parts = g_strsplit (error->message, prefix, -1);
  return g_strjoinv ("", parts);
}

static void
add_drop_in (const TestDir *dir, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename ("apm2.conf.d", name, NULL);

  (void) mkdirat (dir->fd, "apm2.conf.d", 0700);
  test_dir_write (dir, path, text);
}

static void
assert_defaults (const Apm2Config *config)
{
  const Apm2LaneConfig *lane = apm2_config_find_lane (config, "bulk");

  g_assert_cmpuint (config->pending_jobs_max, ==, 100000);
  g_assert_cmpuint (config->pending_bytes_max, ==, 1 << 30);
  g_assert_cmpuint (config->aging_sec_per_level, ==, 60);
  g_assert_cmpuint (config->finished_jobs_shown, ==, 64);
  g_assert_cmpuint (config->announced_jobs_max, ==, 1024);
  g_assert_cmpuint (config->lease_expiry_sec, ==, 60);
  g_assert_cmpuint (config->lost_max, ==, 3);
  g_assert_cmpuint (config->backoff_sec, ==, 1);
  g_assert_cmpuint (config->backoff_max_sec, ==, 300);
  g_assert_cmpuint (config->connections_max, ==, 256);
  g_assert_cmpuint (config->auth_timeout_sec, ==, 5);
  g_assert_cmpuint (config->log_bytes_max, ==, 64 << 20);
  g_assert_cmpuint (config->kill_grace_sec, ==, 10);
  g_assert_cmpuint (config->poll_interval_sec, ==, 10);
  g_assert_cmpuint (config->slots, ==, 2);
  g_assert_cmpstr (config->executor, ==, "auto");
  g_assert_cmpstr (config->log_level, ==, "info");
  g_assert_cmpuint (config->lanes->len, ==, 3);
  g_assert_nonnull (apm2_config_find_lane (config, "gates"));
  g_assert_cmpuint (lane->max_parallel, ==, 0);
  g_assert_cmpuint (lane->timeout_sec, ==, 3600);
  g_assert_cmpuint (lane->memory_max_bytes, ==, 0);
  g_assert_cmpuint (lane->tasks_max, ==, 0);
  g_assert_cmpuint (lane->cpu_quota_percent, ==, 0);
  g_assert_false (lane->network);
  g_assert_cmpuint (lane->budget_slots, ==, 0);
  g_assert_cmpuint (lane->budget_cpu_percent, ==, 0);
  g_assert_cmpuint (lane->budget_memory_bytes, ==, 0);
  g_assert_cmpuint (lane->pressure_percent, ==, 0);
  g_assert_cmpuint (lane->passes_max, ==, 16);
}

static void
test_nothing_means_defaults (void)
{
  g_auto (TestDir) dir = test_dir_new ();
  g_autoptr (Apm2Config) missing = load (&dir);
  g_autoptr (Apm2Config) none = apm2_config_load (NULL, NULL);

  assert_defaults (missing);
  assert_defaults (none);
  g_assert_cmpuint (missing->files->len, ==, 0);
}

static const char everything[] = "# a comment\n"
                                 "[queue]\n"
                                 "pending-jobs-max=7\n"
                                 "pending-bytes-max = 1M\n"
                                 "aging-per-level=2min\n"
                                 "finished-jobs-shown=0\n"
                                 "announced-jobs-max=1\n"
                                 "\n"
                                 "[lease]\n"
                                 "expiry=90\n"
                                 "lost-max=5\n"
                                 "[retry]\n"
                                 "backoff=0\n"
                                 "backoff-max=2min\n"
                                 "[socket]\n"
                                 "connections-max=8\n"
                                 "auth-timeout=2s\n"
                                 "[job]\n"
                                 "log-bytes-max=64K\n"
                                 "kill-grace=0\n"
                                 "[worker]\n"
                                 "poll-interval=1m\n"
                                 "slots=16\n"
                                 "executor=direct\n"
                                 "[log]\n"
                                 "level=warning\n"
                                 "[lane bulk]\n"
                                 "timeout=0\n"
                                 "[lane big]\n"
                                 "max-parallel=3\n"
                                 "timeout=7d\n"
                                 "memory-max=2G\n"
                                 "tasks-max=100\n"
                                 "cpu-quota=200%\n"
                                 "network=yes\n"
                                 "slots=6\n"
                                 "cpus=350%\n"
                                 "memory=3G\n"
                                 "pressure=40%\n"
                                 "gates-parallel=5\n"
                                 "passes-max=0\n";

static void
test_every_key_is_read (void)
{
  g_auto (TestDir) dir = test_dir_new ();
  g_autoptr (Apm2Config) config = NULL;
  const Apm2LaneConfig *lane = NULL;

  test_dir_write (&dir, "apm2.conf", everything);
  config = load (&dir);

  g_assert_cmpuint (config->pending_jobs_max, ==, 7);
  g_assert_cmpuint (config->pending_bytes_max, ==, 1 << 20);
  g_assert_cmpuint (config->aging_sec_per_level, ==, 120);
  g_assert_cmpuint (config->finished_jobs_shown, ==, 0);
  g_assert_cmpuint (config->announced_jobs_max, ==, 1);
  g_assert_cmpuint (config->lease_expiry_sec, ==, 90);
  g_assert_cmpuint (config->lost_max, ==, 5);
  g_assert_cmpuint (config->backoff_sec, ==, 0);
  g_assert_cmpuint (config->backoff_max_sec, ==, 120);
  g_assert_cmpuint (config->connections_max, ==, 8);
  g_assert_cmpuint (config->auth_timeout_sec, ==, 2);
  g_assert_cmpuint (config->log_bytes_max, ==, 65536);
  g_assert_cmpuint (config->kill_grace_sec, ==, 0);
  g_assert_cmpuint (config->poll_interval_sec, ==, 60);
  g_assert_cmpuint (config->slots, ==, 16);
  g_assert_cmpstr (config->executor, ==, "direct");
  g_assert_cmpstr (config->log_level, ==, "warning");
  g_assert_cmpuint (config->lanes->len, ==, 4);
  g_assert_cmpuint (apm2_config_find_lane (config, "bulk")->timeout_sec, ==, 0);
  lane = apm2_config_find_lane (config, "big");
  g_assert_cmpuint (lane->max_parallel, ==, 3);
  g_assert_cmpuint (lane->timeout_sec, ==, 7 * 86400);
  g_assert_cmpuint (lane->memory_max_bytes, ==, G_GUINT64_CONSTANT (2) << 30);
  g_assert_cmpuint (lane->tasks_max, ==, 100);
  g_assert_cmpuint (lane->cpu_quota_percent, ==, 200);
  g_assert_true (lane->network);
  g_assert_cmpuint (lane->budget_slots, ==, 6);
  g_assert_cmpuint (lane->budget_cpu_percent, ==, 350);
  g_assert_cmpuint (
      lane->budget_memory_bytes, ==, G_GUINT64_CONSTANT (3) << 30);
  g_assert_cmpuint (lane->pressure_percent, ==, 40);
  g_assert_cmpuint (lane->gates_parallel, ==, 5);
  g_assert_cmpuint (lane->passes_max, ==, 0);
}

static void
test_drop_ins_win_by_name (void)
{
  g_auto (TestDir) dir = test_dir_new ();
  g_autoptr (Apm2Config) config = NULL;
  const char *last = NULL;

  test_dir_write (&dir, "apm2.conf", "[worker]\nslots=3\npoll-interval=5\n");
  add_drop_in (&dir, "20-b.conf", "[worker]\nslots=5\n");
  add_drop_in (&dir, "10-a.conf", "[worker]\nslots=4\n[lane x]\ntimeout=5\n");
  add_drop_in (&dir, "30-c.conf.bak", "[worker]\nslots=9\n");
  add_drop_in (&dir, ".40-d.conf", "[worker]\nslots=9\n");
  config = load (&dir);

  g_assert_cmpuint (config->slots, ==, 5);
  g_assert_cmpuint (config->poll_interval_sec, ==, 5);
  g_assert_cmpuint (apm2_config_find_lane (config, "x")->timeout_sec, ==, 5);
  g_assert_cmpuint (config->files->len, ==, 3);
  last = g_ptr_array_index (config->files, 2);
  g_assert_true (g_str_has_suffix (last, "/apm2.conf.d/20-b.conf"));
}

static void
test_drop_ins_need_no_main_file (void)
{
  g_auto (TestDir) dir = test_dir_new ();
  g_autoptr (Apm2Config) config = NULL;

  add_drop_in (&dir, "a.conf", "[worker]\nslots=5\n");
  config = load (&dir);

  g_assert_cmpuint (config->slots, ==, 5);
}

static void
test_all_problems_are_told_at_once (void)
{
  g_auto (TestDir) dir = test_dir_new ();
  g_autofree char *problems = NULL;

  test_dir_write (&dir,
                  "apm2.conf",
                  "[worker]\n"
                  "slots=0\n"
                  "# comment\n"
                  "slot=1\n"
                  "executor=magic\n"
                  "\n"
                  "[wroker]\n"
                  "slots=1\n"
                  "[lane Bad]\n"
                  "timeout=1\n"
                  "[lane good]\n"
                  "timeout=soon\n"
                  "cpu-quota=%\n"
                  "network=maybe\n"
                  "memory-max=1X\n"
                  "timeout[de]=1\n"
                  "pressure=101%\n"
                  "slots=many\n");
  add_drop_in (&dir, "a.conf", "[queue]\n\npending-jobs-max=many\n");
  problems = load_problems (&dir);

  g_assert_cmpstr (
      problems,
      ==,
      "apm2.conf:2: [worker] slots: '0' is out of range; from 1 to 256\n"
      "apm2.conf:4: [worker] slot: unknown key\n"
      "apm2.conf:5: [worker] executor: 'magic' is none of auto, systemd and "
      "direct\n"
      "apm2.conf:7: unknown group [wroker]\n"
      "apm2.conf:9: [lane Bad]: a lane's name is a lower-case letter and up "
      "to 30 letters or digits\n"
      "apm2.conf:12: [lane good] timeout: 'soon' is not a length of time; "
      "write for example 90s, 10min or 2h30m\n"
      "apm2.conf:13: [lane good] cpu-quota: '%' is not a whole number\n"
      "apm2.conf:14: [lane good] network: 'maybe' is neither yes nor no\n"
      "apm2.conf:15: [lane good] memory-max: '1X' is not a size; write bytes, "
      "or for example 64K, 512M or 2G\n"
      "apm2.conf:16: [lane good] timeout[de]: unknown key\n"
      "apm2.conf:17: [lane good] pressure: '101%' is out of range; from 0% to "
      "100%\n"
      "apm2.conf:18: [lane good] slots: 'many' is not a whole number\n"
      "apm2.conf.d/a.conf:3: [queue] pending-jobs-max: 'many' is not a whole "
      "number");
}

static void
test_lines_that_are_none_are_told (void)
{
  g_auto (TestDir) dir = test_dir_new ();
  g_autofree char *problems = NULL;

  test_dir_write (&dir,
                  "apm2.conf",
                  "early=1\n"
                  "[worker\n"
                  "[worker]\n"
                  "slots\n"
                  "=5\n"
                  "  slots = 3\n");
  problems = load_problems (&dir);

  g_assert_cmpstr (problems,
                   ==,
                   "apm2.conf:1: key 'early' stands before any [group]\n"
                   "apm2.conf:2: '[worker' is not a [group]\n"
                   "apm2.conf:4: 'slots' is not key=value\n"
                   "apm2.conf:5: '=5' is not key=value");
}

static void
test_ranges_are_exact (void)
{
  static const struct
  {
    const char *text;
    gboolean good;
  } cases[] = {
    { "[worker]\npoll-interval=1", TRUE },
    { "[worker]\npoll-interval=60s", TRUE },
    { "[worker]\npoll-interval=0", FALSE },
    { "[worker]\npoll-interval=61", FALSE },
    { "[worker]\nslots=256", TRUE },
    { "[worker]\nslots=257", FALSE },
    { "[worker]\nslots=-1", FALSE },
    { "[worker]\nslots=", FALSE },
    { "[worker]\nslots=1 2", FALSE },
    { "[job]\nlog-bytes-max=1K", TRUE },
    { "[job]\nlog-bytes-max=1023", FALSE },
    { "[lane x]\ntimeout=7d", TRUE },
    { "[lane x]\ntimeout=604801", FALSE },
    { "[lane x]\nmax-parallel=4097", FALSE },
    { "[lane x]\nmax-parallel=4294967297", FALSE },
    { "[lane ]\ntimeout=1", FALSE },
    { "[lane]\ntimeout=1", FALSE },
    { "[lane  x]\ntimeout=1", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_auto (TestDir) dir = test_dir_new ();
      g_autofree char *file = main_file (&dir);
      g_autoptr (Apm2Config) config = NULL;

      g_test_message ("%s", cases[i].text);
      test_dir_write (&dir, "apm2.conf", cases[i].text);
      config = apm2_config_load (file, NULL);

      g_assert_cmpint (config != NULL, ==, cases[i].good);
    }
}

static void
test_large_and_odd_files_are_refused (void)
{
  g_auto (TestDir) dir = test_dir_new ();
  g_autofree char *large = g_strnfill (256 * 1024, '#');
  g_autoptr (Apm2Config) config = NULL;
  g_autofree char *larger = g_strnfill (256 * 1024 + 1, '#');
  g_autofree char *size_problem = NULL;
  g_autofree char *text_problem = NULL;
  g_autofree char *kind_problem = NULL;

  test_dir_write (&dir, "apm2.conf", large);
  config = load (&dir);
  g_assert_nonnull (config);

  test_dir_write (&dir, "apm2.conf", larger);
  size_problem = load_problems (&dir);
  g_assert_nonnull (strstr (size_problem, "larger than 262144 bytes"));

  test_dir_write (&dir, "apm2.conf", "[worker]\nslots=\xff\n");
  text_problem = load_problems (&dir);
  g_assert_cmpstr (text_problem, ==, "apm2.conf: not UTF-8 text");

  g_assert_cmpint (unlinkat (dir.fd, "apm2.conf", 0), ==, 0);
  g_assert_cmpint (mkfifoat (dir.fd, "apm2.conf", 0600), ==, 0);
  kind_problem = load_problems (&dir);
  g_assert_nonnull (strstr (kind_problem, "not a regular file"));
}

static void
test_a_nul_is_refused (void)
{
  static const char text[] = "[worker]\nslots=3\n\0junk";
  g_auto (TestDir) dir = test_dir_new ();
  g_autofree char *file = main_file (&dir);
  g_autofree char *problems = NULL;

  g_assert_true (g_file_set_contents (file, text, sizeof text - 1, NULL));
  problems = load_problems (&dir);

  g_assert_cmpstr (problems, ==, "apm2.conf: not UTF-8 text");
}

static void
test_shown_text_reads_back (void)
{
  g_auto (TestDir) dir = test_dir_new ();
  g_autofree char *file = main_file (&dir);
  g_autoptr (Apm2Config) first = NULL;
  g_autoptr (Apm2Config) second = NULL;
  g_autofree char *shown = NULL;
  g_autofree char *again = NULL;

  test_dir_write (&dir, "apm2.conf", everything);
  first = load (&dir);
  shown = apm2_config_to_keyfile (first);
  test_dir_write (&dir, "apm2.conf", shown);
  second = load (&dir);
  again = apm2_config_to_keyfile (second);

  g_assert_cmpstr (shown, ==, again);
  g_assert_nonnull (strstr (shown, file));
  g_assert_nonnull (
      strstr (shown,
              "\n[lane big]\nmax-parallel=3\ntimeout=7d\n"
              "memory-max=2G\ntasks-max=100\n"
              "cpu-quota=200%\nworkspace-max=0\nnetwork=yes\nslots=6\n"
              "cpus=350%\nmemory=3G\npressure=40%\n"
              "gates-parallel=5\npasses-max=0\n"));
  g_assert_nonnull (strstr (shown, "\n[lease]\nexpiry=90s\nlost-max=5\n"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/apm2/config/load/nothing-means-defaults",
                   test_nothing_means_defaults);
  g_test_add_func ("/apm2/config/load/every-key-is-read",
                   test_every_key_is_read);
  g_test_add_func ("/apm2/config/load/drop-ins-win-by-name",
                   test_drop_ins_win_by_name);
  g_test_add_func ("/apm2/config/load/drop-ins-need-no-main-file",
                   test_drop_ins_need_no_main_file);
  g_test_add_func ("/apm2/config/load/all-problems-are-told-at-once",
                   test_all_problems_are_told_at_once);
  g_test_add_func ("/apm2/config/load/lines-that-are-none-are-told",
                   test_lines_that_are_none_are_told);
  g_test_add_func ("/apm2/config/load/ranges-are-exact", test_ranges_are_exact);
  g_test_add_func ("/apm2/config/load/large-and-odd-files-are-refused",
                   test_large_and_odd_files_are_refused);
  g_test_add_func ("/apm2/config/load/a-nul-is-refused", test_a_nul_is_refused);
  g_test_add_func ("/apm2/config/to-keyfile/reads-back",
                   test_shown_text_reads_back);
  return g_test_run ();
}
