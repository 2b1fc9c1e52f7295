/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a job finds around it: directories, environment, its source. */

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "attempt.h"
#include "wait.h"

#define SH(name, script) "{'name':'" name "','argv':['sh','-c','" script "']}"

static int
compare_texts (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static void
test_environment (Scene *scene, gconstpointer data)
{
  g_autoptr (Attempt) attempt
      = attempt_new (scene,
                     "'steps':[{'name':'look','argv':['env'],"
                     "'env':{'MINE':'1','LANG':'C','PATH':'/usr/bin'}}]");
  g_autofree char *top = g_build_filename (scene->paths->work_dir, "j1", NULL);
  g_autofree char *log = NULL;
  g_autofree char *expected = NULL;
  g_auto (GStrv) lines = NULL;
  g_autofree char *sorted = NULL;

  attempt_run (attempt);

  log = attempt_read_log (attempt, 0);
  lines = g_strsplit (g_strchomp (log), "\n", -1);
  qsort (lines, g_strv_length (lines), sizeof *lines, compare_texts);
  sorted = g_strjoinv ("\n", lines);
  expected = g_strdup_printf ("APM2_JOB_ID=j1\n"
                              "APM2_PROGRESS=%s/tmp/apm2-progress\n"
                              "APM2_STEP=look\n"
                              "CI=true\n"
                              "HOME=%s/home\n"
                              "LANG=C\n"
                              "MINE=1\n"
                              "PATH=/usr/bin\n"
                              "TMPDIR=%s/tmp",
                              top,
                              top,
                              top);
  g_assert_cmpstr (sorted, ==, expected);
}

static void
test_directories (Scene *scene, gconstpointer data)
{
  g_autoptr (Attempt) attempt
      = attempt_new (scene,
                     "'steps':["
                     "{'name':'a','argv':['sh','-c','pwd; mkdir sub; ls -A; "
                     "                     stat -c %a $HOME $TMPDIR .']},"
                     "{'name':'b','argv':['pwd'],'working_directory':'sub'},"
                     "{'name':'c','argv':['pwd'],'working_directory':'/usr'}]");
  g_autofree char *work
      = g_build_filename (scene->paths->work_dir, "j1", "work", NULL);
  g_autofree char *first = g_strdup_printf ("%s\nsub\n700\n700\n700\n", work);
  g_autofree char *second = g_strdup_printf ("%s/sub\n", work);

  attempt_run (attempt);

  for (guint i = 0; i < 3; i++)
    {
      const char *const expected[] = { first, second, "/usr\n" };
      g_autofree char *log = attempt_read_log (attempt, i);

      g_assert_cmpstr (log, ==, expected[i]);
    }
}

static void
test_log_is_private (Scene *scene, gconstpointer data)
{
  g_autoptr (Attempt) attempt
      = attempt_new (scene, "'steps':[" SH ("a", "true") "]");
  g_autofree char *path = apm2_paths_get_log_file (scene->paths, "j1", 1, 0);
  g_autofree char *dir = g_path_get_dirname (path);
  GStatBuf st = { 0 };

  attempt_run (attempt);

  g_assert_cmpint (g_stat (path, &st), ==, 0);
  g_assert_cmpint (st.st_mode & 07777, ==, 0600);
  g_assert_cmpint (g_stat (dir, &st), ==, 0);
  g_assert_cmpint (st.st_mode & 07777, ==, 0700);
}

static void
test_leftovers_are_removed (Scene *scene, gconstpointer data)
{
  g_autoptr (Attempt) attempt
      = attempt_new (scene, "'steps':[" SH ("a", "ls -A . $HOME $TMPDIR") "]");
  g_autofree char *old
      = g_build_filename (scene->paths->work_dir, "j1", "work", "old", NULL);
  g_autofree char *log = NULL;

  g_assert_cmpint (g_mkdir_with_parents (old, 0700), ==, 0);
  attempt_run (attempt);

  attempt_assert_passed (attempt);
  log = attempt_read_log (attempt, 0);
  g_assert_null (strstr (log, "old"));
}

/* Whatever a job leaves is gone when its end is told; attempt_free() looks. */
static void
test_nothing_is_left (Scene *scene, gconstpointer data)
{
  g_autoptr (Attempt) attempt = attempt_new (
      scene,
      "'steps':[" SH ("a",
                      "mkdir -p d/e; touch d/e/f; chmod 0 d/e d; "
                      "ln -s /etc link; mkfifo fifo") "]");

  attempt_run (attempt);

  attempt_assert_passed (attempt);
  g_assert_true (g_file_test ("/etc/passwd", G_FILE_TEST_EXISTS));
}

/* A repository with one commit, whose id is returned. */
static char *
make_repository (Scene *scene, const char *name)
{
  static const char script[]
      = "git init -q \"$0\" && cd \"$0\" && echo one > file && "
        "mkdir -p .git/hooks && "
        "printf '#!/bin/sh\\ntouch %s/hooked\\n' \"$0\" "
        "  > .git/hooks/post-checkout && chmod +x .git/hooks/post-checkout && "
        "git add file && git -c user.name=n -c user.email=e "
        "commit -q -m one && git rev-parse HEAD";
  g_autofree char *path = scene_path (scene, name);
  const char *const argv[] = { "sh", "-c", script, path, NULL };
  g_autoptr (Step) step = step_new (scene, argv);
  char *commit = NULL;

  step_run (step);
  g_assert_cmpint (step->end.exit_status, ==, 0);
  commit = g_strchomp (step_read_log (step));
  g_assert_cmpuint (strlen (commit), ==, 40);
  return commit;
}

static Attempt *
new_with_source (Scene *scene, const char *repository, const char *commit)
{
  g_autofree char *members = g_strdup_printf (
      "'source':{'repository':'%s','commit':'%s'},"
      "'steps':[" SH ("a", "cat file; git rev-parse HEAD") "]",
      repository,
      commit);

  return attempt_new (scene, members);
}

static void
test_checkout (Scene *scene, gconstpointer data)
{
  g_autofree char *commit = make_repository (scene, "repo");
  g_autofree char *path = scene_path (scene, "repo");
  g_autofree char *hooked = scene_path (scene, "repo/hooked");
  g_autoptr (Attempt) attempt = new_with_source (scene, path, commit);
  g_autofree char *expected = g_strdup_printf ("one\n%s\n", commit);
  g_autofree char *log = NULL;

  attempt_run (attempt);

  attempt_assert_passed (attempt);
  attempt_assert_step (attempt, 0, "passed");
  log = attempt_read_log (attempt, 1);
  g_assert_cmpstr (log, ==, expected);
  g_assert_false (g_file_test (hooked, G_FILE_TEST_EXISTS));
}

static void
test_checkout_by_url (Scene *scene, gconstpointer data)
{
  g_autofree char *commit = make_repository (scene, "repo");
  g_autofree char *path = scene_path (scene, "repo");
  g_autofree char *url = g_strconcat ("file://", path, NULL);
  g_autoptr (Attempt) attempt = new_with_source (scene, url, commit);

  attempt_run (attempt);

  attempt_assert_passed (attempt);
}

static void
test_checkout_below_a_ref (Scene *scene, gconstpointer data)
{
  g_autofree char *commit = make_repository (scene, "repo");
  g_autofree char *path = scene_path (scene, "repo");
  g_autofree char *script
      = g_strdup_printf ("cd %s && git -c user.name=n -c user.email=e "
                         "commit -q --allow-empty -m two",
                         path);
  g_autoptr (Step) step = step_new_sh (scene, script);
  g_autoptr (Attempt) attempt = new_with_source (scene, path, commit);

  step_run (step);
  g_assert_cmpint (step->end.exit_status, ==, 0);
  attempt_run (attempt);

  attempt_assert_passed (attempt);
}

static void
test_checkout_without_commit (Scene *scene, gconstpointer data)
{
  static const char commit[] = "0123456789012345678901234567890123456789";
  G_GNUC_UNUSED g_autofree char *some = make_repository (scene, "repo");
  g_autofree char *path = scene_path (scene, "repo");
  g_autoptr (Attempt) attempt = new_with_source (scene, path, commit);
  g_autofree char *message = g_strdup_printf (
      "Step 'checkout' failed: %s has no commit %s", path, commit);

  attempt_run (attempt);

  attempt_assert_failed (attempt, "step_failed", message);
  attempt_assert_step (attempt, 0, "failed");
  attempt_assert_step (attempt, 1, "skipped");
}

static void
test_checkout_of_a_remote (Scene *scene, gconstpointer data)
{
  g_autoptr (Attempt) attempt
      = new_with_source (scene,
                         "https://host.invalid/repo",
                         "0123456789012345678901234567890123456789");

  attempt_run (attempt);

  attempt_assert_failed (attempt,
                         "step_failed",
                         "Step 'checkout' failed: https://host.invalid/repo "
                         "cannot be reached: its "
                         "host is not known");
}

static void
test_checkout_of_another_tree (Scene *scene, gconstpointer data)
{
  g_autofree char *commit = make_repository (scene, "repo");
  g_autofree char *path = scene_path (scene, "repo");
  g_autofree char *members
      = g_strdup_printf ("'source':{'repository':'%s','commit':'%s',"
                         "'tree':'0123456789012345678901234567890123456789'},"
                         "'steps':[" SH ("a", "true") "]",
                         path,
                         commit);
  g_autoptr (Attempt) attempt = attempt_new (scene, members);

  attempt_run (attempt);

  attempt_assert_outcome (attempt, "denied", "source_mismatch");
  attempt_assert_step (attempt, 0, "failed");
  attempt_assert_step (attempt, 1, "skipped");
}

static void
test_checkout_of_a_foreign_repository (Scene *scene, gconstpointer data)
{
  g_autofree char *commit = make_repository (scene, "repo");
  g_autofree char *path = scene_path (scene, "repo");
  g_autofree char *git_dir = scene_path (scene, "repo/.git");
  g_autoptr (Attempt) attempt = NULL;
  g_autofree char *log = NULL;

  if (geteuid () != 0)
    {
      g_test_skip ("only root can give a repository away");
      return;
    }
  g_assert_cmpint (chown (path, 12345, 12345), ==, 0);
  g_assert_cmpint (chown (git_dir, 12345, 12345), ==, 0);
  attempt = new_with_source (scene, path, commit);
  attempt_run (attempt);

  attempt_assert_outcome (attempt, "completed", "step_failed");
  log = attempt_read_log (attempt, 0);
  g_assert_nonnull (strstr (log, "dubious ownership"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func)                                                        \
  g_test_add ("/apm2/workspace/" path,                                         \
              Scene,                                                           \
              NULL,                                                            \
              scene_set_up,                                                    \
              func,                                                            \
              scene_tear_down)
  ADD ("step/environment-is-exactly-as-promised", test_environment);
  ADD ("step/begins-in-its-directory", test_directories);
  ADD ("step/log-is-private", test_log_is_private);
  ADD ("prepare/removes-leftovers", test_leftovers_are_removed);
  ADD ("remove/leaves-nothing", test_nothing_is_left);
  ADD ("checkout/brings-the-commit-and-runs-no-hook", test_checkout);
  ADD ("checkout/from-a-file-url", test_checkout_by_url);
  ADD ("checkout/of-a-commit-below-a-ref", test_checkout_below_a_ref);
  ADD ("checkout/commit-missing", test_checkout_without_commit);
  ADD ("checkout/of-a-remote-that-is-not-there", test_checkout_of_a_remote);
  ADD ("checkout/of-another-tree-is-denied", test_checkout_of_another_tree);
  ADD ("checkout/a-foreign-repository-is-refused",
       test_checkout_of_a_foreign_repository);
#undef ADD
  return scene_run_tests ();
}
