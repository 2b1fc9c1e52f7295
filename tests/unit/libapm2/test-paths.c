/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <sys/stat.h>

#include "apm2-error.h"
#include "apm2-names.h"
#include "apm2-paths.h"
#include "test-dir.h"

/* Each test begins with an environment that says nothing. */
static void
reset_env (void)
{
  g_unsetenv (APM2_ENV_HOME);
  g_unsetenv (APM2_ENV_CONFIG);
  g_unsetenv (APM2_ENV_LIBEXECDIR);
  g_unsetenv ("XDG_RUNTIME_DIR");
}

static Apm2Paths *
new_paths (Apm2Mode mode)
{
  g_autoptr (GError) error = NULL;
  Apm2Paths *paths = apm2_paths_new (mode, &error);

  g_assert_no_error (error);
  return paths;
}

static void
test_user_mode_lives_in_the_home (void)
{
  g_autoptr (Apm2Paths) paths = NULL;
  g_autofree char *home = g_build_filename (g_get_home_dir (), ".apm2", NULL);
  g_autofree char *config = g_build_filename (home, "apm2.conf", NULL);

  reset_env ();
  g_setenv ("XDG_RUNTIME_DIR", "/run/user/1", TRUE);
  paths = new_paths (APM2_MODE_USER);

  g_assert_cmpint (paths->mode, ==, APM2_MODE_USER);
  g_assert_cmpstr (paths->home, ==, home);
  g_assert_cmpstr (paths->config_file, ==, config);
  g_assert_cmpstr (paths->runtime_dir, ==, "/run/user/1/apm2");
  g_assert_cmpstr (
      paths->operator_socket, ==, "/run/user/1/apm2/operator.sock");
}

static void
test_system_mode_lives_in_var (void)
{
  g_autoptr (Apm2Paths) paths = NULL;

  reset_env ();
  g_setenv ("XDG_RUNTIME_DIR", "/run/user/1", TRUE);
  paths = new_paths (APM2_MODE_SYSTEM);

  g_assert_cmpstr (paths->home, ==, "/var/lib/apm2");
  g_assert_cmpstr (paths->fac_dir, ==, "/var/lib/apm2/private/fac");
  g_assert_cmpstr (paths->store_file, ==, "/var/lib/apm2/private/store/fac.db");
  g_assert_cmpstr (
      paths->incoming_dir, ==, "/var/lib/apm2/private/fac/incoming");
  g_assert_cmpstr (
      paths->quarantine_dir, ==, "/var/lib/apm2/private/fac/quarantine");
  g_assert_cmpstr (paths->logs_dir, ==, "/var/lib/apm2/private/fac/logs");
  g_assert_cmpstr (paths->work_dir, ==, "/var/lib/apm2/private/fac/work");
  g_assert_cmpstr (paths->runtime_dir, ==, "/run/apm2");
  g_assert_cmpstr (paths->operator_socket, ==, "/run/apm2/operator.sock");
  g_assert_cmpstr (paths->config_file, ==, "/etc/apm2/apm2.conf");
}

static void
test_auto_follows_the_user (void)
{
  g_autoptr (Apm2Paths) paths = NULL;

  reset_env ();
  paths = new_paths (APM2_MODE_AUTO);

  g_assert_cmpint (
      paths->mode, ==, geteuid () == 0 ? APM2_MODE_SYSTEM : APM2_MODE_USER);
}

static void
test_apm2_home_wins_in_both_modes (void)
{
  g_autoptr (Apm2Paths) user = NULL;
  g_autoptr (Apm2Paths) system = NULL;

  reset_env ();
  g_setenv (APM2_ENV_HOME, "/srv//apm2/", TRUE);
  g_setenv ("XDG_RUNTIME_DIR", "/run/user/1", TRUE);
  user = new_paths (APM2_MODE_USER);
  system = new_paths (APM2_MODE_SYSTEM);

  g_assert_cmpstr (user->home, ==, "/srv/apm2");
  g_assert_cmpstr (user->config_file, ==, "/srv/apm2/apm2.conf");
  g_assert_cmpstr (user->runtime_dir, ==, "/run/user/1/apm2");
  g_assert_cmpstr (system->home, ==, "/srv/apm2");
  g_assert_cmpstr (system->config_file, ==, "/etc/apm2/apm2.conf");
  g_assert_cmpstr (system->runtime_dir, ==, "/run/apm2");
}

static void
test_without_runtime_dir_the_home_serves (void)
{
  static const char *const values[] = { NULL, "", "relative/dir" };

  for (gsize i = 0; i < G_N_ELEMENTS (values); i++)
    {
      g_autoptr (Apm2Paths) paths = NULL;

      reset_env ();
      g_setenv (APM2_ENV_HOME, "/srv/apm2", TRUE);
      if (values[i] != NULL)
        g_setenv ("XDG_RUNTIME_DIR", values[i], TRUE);
      paths = new_paths (APM2_MODE_USER);

      g_assert_cmpstr (paths->runtime_dir, ==, "/srv/apm2/run");
    }
}

/* As in a job of cron: the directory is used if it is there and ours. */
static void
test_without_runtime_dir_the_usual_serves (void)
{
  g_autofree char *usual = g_strdup_printf ("/run/user/%u", geteuid ());
  g_autofree char *home = g_build_filename (g_get_home_dir (), ".apm2", NULL);
  g_autofree char *expected = NULL;
  g_autofree char *found = NULL;
  g_autoptr (Apm2Paths) paths = NULL;
  struct stat st;
  const gboolean is_there = lstat (usual, &st) == 0 && S_ISDIR (st.st_mode)
                            && st.st_uid == geteuid ();

  reset_env ();
  expected = is_there ? g_build_filename (usual, "apm2", NULL)
                      : g_build_filename (home, "run", NULL);
  found = apm2_paths_find_user_runtime ();
  paths = new_paths (APM2_MODE_USER);

  g_assert_cmpstr (found, ==, is_there ? usual : NULL);
  g_assert_cmpstr (paths->runtime_dir, ==, expected);
}

static void
assert_refused (const char *variable, const char *value)
{
  g_autoptr (GError) error = NULL;

  reset_env ();
  g_setenv (variable, value, TRUE);
  g_assert_null (apm2_paths_new (APM2_MODE_USER, &error));
  g_assert_error (error, APM2_ERROR, APM2_ERROR_INVALID_ARGUMENT);
  g_assert_nonnull (strstr (error->message, variable));
}

static void
test_relative_paths_are_refused (void)
{
  assert_refused (APM2_ENV_HOME, "relative");
  assert_refused (APM2_ENV_HOME, "./x");
  assert_refused (APM2_ENV_HOME, "~/.apm2");
  assert_refused (APM2_ENV_CONFIG, "apm2.conf");
}

static void
test_empty_means_unset (void)
{
  g_autoptr (Apm2Paths) paths = NULL;

  reset_env ();
  g_setenv (APM2_ENV_HOME, "", TRUE);
  g_setenv (APM2_ENV_CONFIG, "", TRUE);
  paths = new_paths (APM2_MODE_SYSTEM);

  g_assert_cmpstr (paths->home, ==, "/var/lib/apm2");
  g_assert_cmpstr (paths->config_file, ==, "/etc/apm2/apm2.conf");
}

static void
test_config_has_its_own_variable (void)
{
  g_autoptr (Apm2Paths) paths = NULL;

  reset_env ();
  g_setenv (APM2_ENV_CONFIG, "/srv/other.conf", TRUE);
  paths = new_paths (APM2_MODE_SYSTEM);

  g_assert_cmpstr (paths->config_file, ==, "/srv/other.conf");
}

static void
test_socket_path_takes_107_bytes (void)
{
  /* "/apm2/operator.sock" follows */
  g_autofree char *base = g_strnfill (107 - 19, 'a');
  g_autoptr (Apm2Paths) paths = NULL;
  g_autofree char *longer = NULL;

  base[0] = '/';
  reset_env ();
  g_setenv ("XDG_RUNTIME_DIR", base, TRUE);
  paths = new_paths (APM2_MODE_USER);
  g_assert_cmpuint (strlen (paths->operator_socket), ==, 107);

  longer = g_strconcat (base, "a", NULL);
  assert_refused ("XDG_RUNTIME_DIR", longer);
}

static void
test_ensure_makes_all_private (void)
{
  g_auto (TestDir) dir = test_dir_new ();
  g_autofree char *home = g_build_filename (dir.path, "home", NULL);
  g_autofree char *run = g_build_filename (dir.path, "r", NULL);
  g_autoptr (Apm2Paths) paths = NULL;
  g_autoptr (GError) error = NULL;
  static const char *const made[] = {
    "home",
    "home/private",
    "home/private/fac",
    "home/private/fac/incoming",
    "home/private/fac/quarantine",
    "home/private/fac/logs",
    "home/private/fac/work",
    "r/apm2",
  };

  reset_env ();
  g_setenv (APM2_ENV_HOME, home, TRUE);
  g_setenv ("XDG_RUNTIME_DIR", run, TRUE);
  paths = new_paths (APM2_MODE_USER);
  g_assert_true (apm2_paths_ensure (paths, &error));
  g_assert_no_error (error);
  g_assert_true (apm2_paths_ensure (paths, &error));
  g_assert_no_error (error);

  for (gsize i = 0; i < G_N_ELEMENTS (made); i++)
    {
      struct stat st;

      g_assert_cmpint (
          fstatat (dir.fd, made[i], &st, AT_SYMLINK_NOFOLLOW), ==, 0);
      g_assert_cmpuint (st.st_mode, ==, S_IFDIR | 0700);
    }
}

static void
assert_dir (const TestDir *dir, const char *name, mode_t mode)
{
  struct stat st;

  g_assert_cmpint (fstatat (dir->fd, name, &st, AT_SYMLINK_NOFOLLOW), ==, 0);
  g_assert_cmpuint (st.st_mode, ==, S_IFDIR | mode);
}

static Apm2Paths *
new_system_paths (const TestDir *dir)
{
  g_autofree char *home = g_build_filename (dir->path, "home", NULL);
  Apm2Paths *paths = NULL;

  reset_env ();
  g_setenv (APM2_ENV_HOME, home, TRUE);
  paths = new_paths (APM2_MODE_SYSTEM);
  g_free (paths->runtime_dir);
  paths->runtime_dir = g_build_filename (dir->path, "run", NULL);
  return paths;
}

static void
test_ensure_leaves_the_workers_part_to_it (void)
{
  g_auto (TestDir) dir = test_dir_new ();
  g_autoptr (Apm2Paths) paths = new_system_paths (&dir);
  g_autoptr (GError) error = NULL;

  g_assert_true (apm2_paths_ensure (paths, &error));

  g_assert_no_error (error);
  assert_dir (&dir, "home", 0750);
  assert_dir (&dir, "home/private", 0750);
  assert_dir (&dir, "home/private/store", 0700);
  assert_dir (&dir, "home/private/fac", 01770);
  assert_dir (&dir, "home/private/fac/incoming", 0700);
  assert_dir (&dir, "home/private/fac/quarantine", 0700);
  assert_dir (&dir, "run", 0755);
  g_assert_cmpint (faccessat (dir.fd, "home/private/fac/logs", F_OK, 0), <, 0);
  g_assert_cmpint (faccessat (dir.fd, "home/private/fac/work", F_OK, 0), <, 0);

  g_assert_true (apm2_paths_ensure_worker (paths, &error));

  g_assert_no_error (error);
  assert_dir (&dir, "home/private/fac/logs", 0750);
  assert_dir (&dir, "home/private/fac/work", 0750);
  /* Each leaves alone what the other has made. */
  g_assert_true (apm2_paths_ensure (paths, &error));
  g_assert_no_error (error);
}

static void
test_ensure_worker_comes_second (void)
{
  g_auto (TestDir) dir = test_dir_new ();
  g_autoptr (Apm2Paths) paths = new_system_paths (&dir);
  g_autoptr (GError) error = NULL;

  g_assert_false (apm2_paths_ensure_worker (paths, &error));

  g_assert_error (error, APM2_ERROR, APM2_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (error->message, paths->fac_dir));
}

static void
test_ensure_closes_an_open_home (void)
{
  g_auto (TestDir) dir = test_dir_new ();
  g_autoptr (Apm2Paths) paths = NULL;
  g_autoptr (GError) error = NULL;
  struct stat st;

  reset_env ();
  g_setenv (APM2_ENV_HOME, dir.path, TRUE);
  g_assert_cmpint (fchmod (dir.fd, 0777), ==, 0);
  paths = new_paths (APM2_MODE_USER);
  g_assert_true (apm2_paths_ensure (paths, &error));

  g_assert_no_error (error);
  g_assert_cmpint (fstat (dir.fd, &st), ==, 0);
  g_assert_cmpuint (st.st_mode & 07777, ==, 0700);
}

static void
test_ensure_refuses_a_link (void)
{
  g_auto (TestDir) dir = test_dir_new ();
  g_autofree char *private_dir = g_build_filename (dir.path, "private", NULL);
  g_autoptr (Apm2Paths) paths = NULL;
  g_autoptr (GError) error = NULL;

  reset_env ();
  g_setenv (APM2_ENV_HOME, dir.path, TRUE);
  g_assert_cmpint (symlinkat ("/tmp", dir.fd, "private"), ==, 0);
  paths = new_paths (APM2_MODE_USER);

  g_assert_false (apm2_paths_ensure (paths, &error));
  g_assert_error (error, APM2_ERROR, APM2_ERROR_INVALID_ARGUMENT);
  g_assert_nonnull (strstr (error->message, private_dir));
}

static void
test_heartbeat_file_is_per_instance (void)
{
  static const struct
  {
    const char *instance;
    const char *name;
  } cases[] = {
    { NULL, "worker_heartbeat.json" },
    { "", "worker_heartbeat.json" },
    { "default", "worker_heartbeat.json" },
    { "two", "worker_heartbeat.two.json" },
  };
  g_autoptr (Apm2Paths) paths = NULL;

  reset_env ();
  paths = new_paths (APM2_MODE_SYSTEM);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *file
          = apm2_paths_get_heartbeat_file (paths, cases[i].instance);
      g_autofree char *expected
          = g_strconcat ("/var/lib/apm2/private/fac/", cases[i].name, NULL);

      g_assert_cmpstr (file, ==, expected);
    }
}

static void
test_log_file_is_per_step (void)
{
  g_autoptr (Apm2Paths) paths = NULL;
  g_autofree char *file = NULL;

  reset_env ();
  paths = new_paths (APM2_MODE_SYSTEM);
  file = apm2_paths_get_log_file (paths, "j1", 12, 7);

  g_assert_cmpstr (file, ==, "/var/lib/apm2/private/fac/logs/j1/12/007.log");
}

static void
test_address_is_escaped (void)
{
  g_autoptr (Apm2Paths) paths = NULL;
  g_autofree char *address = NULL;

  reset_env ();
  g_setenv ("XDG_RUNTIME_DIR", "/run/a b,c;d", TRUE);
  paths = new_paths (APM2_MODE_USER);
  address = apm2_paths_get_operator_address (paths);

  g_assert_cmpstr (
      address, ==, "unix:path=/run/a%20b%2Cc%3Bd/apm2/operator.sock");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/apm2/paths/new/user-mode-lives-in-the-home",
                   test_user_mode_lives_in_the_home);
  g_test_add_func ("/apm2/paths/new/system-mode-lives-in-var",
                   test_system_mode_lives_in_var);
  g_test_add_func ("/apm2/paths/new/auto-follows-the-user",
                   test_auto_follows_the_user);
  g_test_add_func ("/apm2/paths/new/apm2-home-wins-in-both-modes",
                   test_apm2_home_wins_in_both_modes);
  g_test_add_func ("/apm2/paths/new/without-runtime-dir-the-home-serves",
                   test_without_runtime_dir_the_home_serves);
  g_test_add_func ("/apm2/paths/user/without-runtime-dir-the-usual-serves",
                   test_without_runtime_dir_the_usual_serves);
  g_test_add_func ("/apm2/paths/new/relative-paths-are-refused",
                   test_relative_paths_are_refused);
  g_test_add_func ("/apm2/paths/new/empty-means-unset", test_empty_means_unset);
  g_test_add_func ("/apm2/paths/new/config-has-its-own-variable",
                   test_config_has_its_own_variable);
  g_test_add_func ("/apm2/paths/new/socket-path-takes-107-bytes",
                   test_socket_path_takes_107_bytes);
  g_test_add_func ("/apm2/paths/ensure/makes-all-private",
                   test_ensure_makes_all_private);
  g_test_add_func ("/apm2/paths/ensure/leaves-the-workers-part-to-it",
                   test_ensure_leaves_the_workers_part_to_it);
  g_test_add_func ("/apm2/paths/ensure/worker-comes-second",
                   test_ensure_worker_comes_second);
  g_test_add_func ("/apm2/paths/ensure/closes-an-open-home",
                   test_ensure_closes_an_open_home);
  g_test_add_func ("/apm2/paths/ensure/refuses-a-link",
                   test_ensure_refuses_a_link);
  g_test_add_func ("/apm2/paths/heartbeat-file/is-per-instance",
                   test_heartbeat_file_is_per_instance);
  g_test_add_func ("/apm2/paths/log-file/is-per-step",
                   test_log_file_is_per_step);
  g_test_add_func ("/apm2/paths/operator-address/is-escaped",
                   test_address_is_escaped);
  return g_test_run ();
}
