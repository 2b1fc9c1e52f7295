/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <sys/stat.h>

#include "apm2-credential.h"
#include "apm2-names.h"
#include "test-dir.h"

#define TOKEN "ghp_0123456789abcdefghij\n"

/* A home with a directory for the token, and one for what a service is given.
 */
typedef struct
{
  TestDir dir;
  Apm2Paths *paths;
} Scene;

static void
scene_clear (Scene *self)
{
  g_clear_pointer (&self->paths, apm2_paths_free);
  test_dir_clear (&self->dir);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Scene, scene_clear)

static Scene
scene_new (void)
{
  Scene self = { .dir = test_dir_new () };
  g_autoptr (GError) error = NULL;
  g_autofree char *given = g_build_filename (self.dir.path, "given", NULL);
  g_autofree char *creds
      = g_build_filename (self.dir.path, "private", "creds", NULL);

  g_setenv (APM2_ENV_HOME, self.dir.path, TRUE);
  g_setenv ("CREDENTIALS_DIRECTORY", given, TRUE);
  self.paths = apm2_paths_new (APM2_MODE_USER, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_mkdir_with_parents (creds, 0700), ==, 0);
  g_assert_cmpint (g_mkdir_with_parents (given, 0700), ==, 0);
  return self;
}

static void
put (const Scene *self, const char *name, const char *text, mode_t mode)
{
  g_autofree char *path = g_build_filename (self->dir.path, name, NULL);

  test_dir_write (&self->dir, name, text);
  g_assert_cmpint (g_chmod (path, (int) mode), ==, 0);
}

static void
put_token (const Scene *self, mode_t mode)
{
  put (self, "private/creds/gh-token", TOKEN, mode);
}

static void
set_mode (const Scene *self, const char *name, mode_t mode)
{
  g_assert_cmpint (fchmodat (self->dir.fd, name, mode, 0), ==, 0);
}

/* @cure: (nullable): what the command begins with */
static void
assert_report (Apm2Credential *report,
               const char *state,
               const char *word,
               const char *cure)
{
  g_autoptr (Apm2Credential) self = report;

  g_test_message ("%s; %s", self->message, self->cure);
  g_assert_cmpstr (apm2_credential_state_to_string (self->state), ==, state);
  g_assert_nonnull (strstr (self->message, word));
  g_assert_null (strstr (self->message, "ghp_"));
  if (cure == NULL)
    g_assert_null (self->cure);
  else
    g_assert_true (g_str_has_prefix (self->cure, cure));
}

static void
assert_file (const Scene *self,
             const char *state,
             const char *word,
             const char *cure)
{
  assert_report (apm2_credential_examine_file (self->paths), state, word, cure);
}

static void
assert_given (const Scene *self,
              const char *state,
              const char *word,
              const char *cure)
{
  assert_report (
      apm2_credential_examine_given (self->paths), state, word, cure);
}

static void
test_file_may_be_missing (void)
{
  g_auto (Scene) scene = scene_new ();

  assert_file (&scene, "absent", "does not exist", "sh -c 'umask 077; cat");
  put (&scene, "private/creds/gh-token", "", 0600);
  assert_file (&scene, "absent", "is empty", "sh -c 'umask 077; cat");
}

static void
test_file_is_ok_for_its_owner_alone (void)
{
  static const mode_t good[] = { 0600, 0400 };
  static const mode_t bad[] = { 0640, 0604, 0660, 0644, 0610, 0601, 0777 };
  g_auto (Scene) scene = scene_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (good); i++)
    {
      put_token (&scene, good[i]);
      assert_file (&scene, "ok", "gh-token", NULL);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      put_token (&scene, bad[i]);
      assert_file (&scene, "insecure_mode", "lets others in", "chmod 600 ");
    }
}

static void
test_file_in_an_open_directory_is_insecure (void)
{
  g_auto (Scene) scene = scene_new ();

  put_token (&scene, 0600);
  set_mode (&scene, "private/creds", 0750);
  assert_file (&scene, "insecure_mode", "0750", "chmod 700 ");
  set_mode (&scene, "private/creds", 0700);
  assert_file (&scene, "ok", "gh-token", NULL);
}

static void
test_file_of_somebody_else_is_insecure (void)
{
  g_auto (Scene) scene = scene_new ();

  if (geteuid () != 0)
    {
      g_test_skip ("only root can give files away");
      return;
    }
  put_token (&scene, 0600);
  g_assert_cmpint (
      fchownat (scene.dir.fd, "private/creds/gh-token", 65534, 0, 0), ==, 0);
  assert_file (&scene, "insecure_mode", "belongs to user 65534", "sudo chown ");
}

static void
test_file_must_not_be_a_link (void)
{
  g_auto (Scene) scene = scene_new ();

  put (&scene, "real", TOKEN, 0600);
  g_assert_cmpint (
      symlinkat ("../../real", scene.dir.fd, "private/creds/gh-token"), ==, 0);
  assert_file (&scene, "insecure_mode", "symbolic link", "rm ");

  g_assert_cmpint (unlinkat (scene.dir.fd, "private/creds/gh-token", 0), ==, 0);
  g_assert_cmpint (
      mkdirat (scene.dir.fd, "private/creds/gh-token", 0700), ==, 0);
  assert_file (&scene, "insecure_mode", "not a regular file", "rm -r ");
}

static void
test_directory_must_not_be_a_link (void)
{
  g_auto (Scene) scene = scene_new ();

  put_token (&scene, 0600);
  g_assert_cmpint (
      renameat (scene.dir.fd, "private/creds", scene.dir.fd, "real"), ==, 0);
  g_assert_cmpint (symlinkat ("../real", scene.dir.fd, "private/creds"), ==, 0);
  assert_file (&scene, "insecure_mode", "symbolic link", "rm ");
}

static void
test_given_counts_the_fallback_as_none (void)
{
  static const char *const none[] = { APM2_CREDENTIAL_FALLBACK, "" };
  g_auto (Scene) scene = scene_new ();

  assert_given (&scene, "absent", "does not exist", "sh -c 'umask 077; cat");
  for (gsize i = 0; i < G_N_ELEMENTS (none); i++)
    {
      put (&scene, "given/gh-token", none[i], 0400);
      assert_given (
          &scene, "absent", "does not exist", "sh -c 'umask 077; cat");
    }
  /* As long as the fallback, and longer. */
  put (&scene, "given/gh-token", "abcdef", 0400);
  assert_given (&scene, "ok", "has a GitHub token", NULL);
  put (&scene, "given/gh-token", "absent\n", 0400);
  assert_given (&scene, "ok", "has a GitHub token", NULL);
}

static void
test_given_knows_a_token_that_came_later (void)
{
  g_auto (Scene) scene = scene_new ();

  put (&scene, "given/gh-token", APM2_CREDENTIAL_FALLBACK, 0400);
  put_token (&scene, 0600);
  assert_given (&scene, "absent", "was started before", "systemctl --user ");
}

static void
test_given_is_as_secure_as_its_file (void)
{
  g_auto (Scene) scene = scene_new ();

  put (&scene, "given/gh-token", TOKEN, 0400);
  put_token (&scene, 0644);
  assert_given (&scene, "insecure_mode", "0644", "chmod 600 ");
  put_token (&scene, 0600);
  assert_given (&scene, "ok", "has a GitHub token", NULL);
}

static void
test_given_by_nobody_leaves_the_file (void)
{
  g_auto (Scene) scene = scene_new ();

  g_clear_pointer (&scene.paths, apm2_paths_free);
  g_unsetenv ("CREDENTIALS_DIRECTORY");
  scene.paths = apm2_paths_new (APM2_MODE_USER, NULL);
  put_token (&scene, 0604);
  assert_given (&scene, "insecure_mode", "0604", "chmod 600 ");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, function) g_test_add_func ("/apm2/credential/" name, function)

  ADD ("file/may-be-missing", test_file_may_be_missing);
  ADD ("file/is-ok-for-its-owner-alone", test_file_is_ok_for_its_owner_alone);
  ADD ("file/in-an-open-directory-is-insecure",
       test_file_in_an_open_directory_is_insecure);
  ADD ("file/of-somebody-else-is-insecure",
       test_file_of_somebody_else_is_insecure);
  ADD ("file/must-not-be-a-link", test_file_must_not_be_a_link);
  ADD ("directory/must-not-be-a-link", test_directory_must_not_be_a_link);
  ADD ("given/counts-the-fallback-as-none",
       test_given_counts_the_fallback_as_none);
  ADD ("given/knows-a-token-that-came-later",
       test_given_knows_a_token_that_came_later);
  ADD ("given/is-as-secure-as-its-file", test_given_is_as_secure_as_its_file);
  ADD ("given/by-nobody-leaves-the-file", test_given_by_nobody_leaves_the_file);
  return g_test_run ();
}
