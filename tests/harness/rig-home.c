/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The directories of one test. They are below a new temporary directory, short
 * enough for a socket, and are removed with everything in them.
 */

#include "rig-home.h"

#include <fcntl.h>

#include <glib/gstdio.h>

#include "apm2-fs-remove.h"
#include "rig-wait.h"

/* What is let through to the programs; everything else of the environment of
 * whoever runs the tests stays outside. */
static const char *const inherited[] = {
  "PATH",         "LC_ALL",        "TZ",           "HOME",
  "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "G_DEBUG",
  "G_SLICE",      "GIO_USE_VFS",   "LANG",
};

/**
 * rig_home_new:
 * @config: (nullable): text of apm2.conf
 *
 * Returns: (transfer full): a fresh home
 */
RigHome *
rig_home_new (const char *config)
{
  RigHome *self = g_new0 (RigHome, 1);
  g_autoptr (GError) error = NULL;

  self->dir = g_dir_make_tmp ("apm2-rig-XXXXXX", &error);
  g_assert_no_error (error);
  self->home = g_build_filename (self->dir, "home", NULL);
  self->runtime = g_build_filename (self->dir, "run", NULL);
  self->socket
      = g_build_filename (self->runtime, "apm2", "operator.sock", NULL);
  self->address = g_strconcat ("unix:path=", self->socket, NULL);
  g_assert_cmpint (g_mkdir (self->home, 0700), ==, 0);
  g_assert_cmpint (g_mkdir (self->runtime, 0700), ==, 0);
  if (config != NULL)
    rig_home_configure (self, config);
  return self;
}

/**
 * rig_home_free:
 * @self: (transfer full) (nullable): a home; no program may run in it any more
 */
void
rig_home_free (RigHome *self)
{
  g_autoptr (GError) error = NULL;

  if (self == NULL)
    return;
  if (!apm2_fs_remove_tree (AT_FDCWD, self->dir, &error))
    rig_fail ("cannot remove %s: %s", self->dir, error->message);
  g_free (self->dir);
  g_free (self->home);
  g_free (self->runtime);
  g_free (self->socket);
  g_free (self->address);
  g_free (self->bus_address);
  g_free (self);
}

/**
 * rig_home_configure:
 * @self: a home
 * @config: text of apm2.conf, for programs that start after this
 */
void
rig_home_configure (RigHome *self, const char *config)
{
  g_autofree char *file = g_build_filename (self->home, "apm2.conf", NULL);
  g_autoptr (GError) error = NULL;

  (void) g_file_set_contents (file, config, -1, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_chmod (file, 0600), ==, 0);
}

/**
 * rig_home_path:
 * @self: a home
 * @relative: below private/fac
 *
 * Returns: (transfer full): the absolute path
 */
char *
rig_home_path (RigHome *self, const char *relative)
{
  return g_build_filename (self->home, "private", "fac", relative, NULL);
}

/**
 * rig_home_environment:
 * @self: a home
 *
 * Returns: (transfer full): the environment of a program that runs in it
 */
GStrv
rig_home_environment (RigHome *self)
{
  GStrv env = g_new0 (char *, 1);

  for (gsize i = 0; i < G_N_ELEMENTS (inherited); i++)
    if (g_getenv (inherited[i]) != NULL)
      env = g_environ_setenv (env, inherited[i], g_getenv (inherited[i]), TRUE);
  env = g_environ_setenv (env, "APM2_HOME", self->home, TRUE);
  env = g_environ_setenv (env, "XDG_RUNTIME_DIR", self->runtime, TRUE);
  if (self->bus_address != NULL)
    env = g_environ_setenv (
        env, "DBUS_SESSION_BUS_ADDRESS", self->bus_address, TRUE);
  return env;
}

/**
 * rig_program:
 * @relative: below src/ of the build
 *
 * The build is that of the test itself, or the one that APM2_TEST_BUILD names.
 *
 * Returns: (transfer full): the absolute path
 */
char *
rig_program (const char *relative)
{
  const char *other = g_getenv ("APM2_TEST_BUILD");
  g_autofree char *path = NULL;

  if (other != NULL)
    path = g_build_filename (other, "src", relative, NULL);
  else
    path = g_test_build_filename (G_TEST_BUILT, "..", "src", relative, NULL);
  if (!g_file_test (path, G_FILE_TEST_IS_EXECUTABLE))
    rig_fail ("there is no program %s", path);
  return g_steal_pointer (&path);
}
