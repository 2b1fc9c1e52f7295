/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Which files an installation has: those of the source tree, all of them, in
 * the places where they are read.
 */

#include <string.h>
#include <sys/stat.h>

#include "../libapm2/test-dir.h"
#include "apm2-error.h"
#include "apm2-install-resources.h"
#include "apm2-install-set.h"

/* GLib reads it once. */
#define HOME "/nonexistent/home"

/* An installation; its programs need not do anything. */
typedef struct
{
  TestDir dir;
  char *libexec_dir;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  const char *const programs[]
      = { "apm2-daemon", "apm2-worker", "apm2-step", "apm2-cli.so" };

  self->dir = test_dir_new ();
  self->libexec_dir = g_build_filename (self->dir.path, "libexec", NULL);
  g_assert_cmpint (g_mkdir (self->libexec_dir, 0755), ==, 0);
  for (gsize i = 0; i < G_N_ELEMENTS (programs); i++)
    {
      g_autofree char *path
          = g_build_filename (self->libexec_dir, programs[i], NULL);

      g_assert_true (g_file_set_contents_full (
          path, "", 0, G_FILE_SET_CONTENTS_NONE, 0755, NULL));
    }
  g_setenv ("APM2_LIBEXECDIR", self->libexec_dir, TRUE);
  g_unsetenv ("APM2_HOME");
  g_unsetenv ("APM2_CONFIG");
  g_unsetenv ("XDG_CONFIG_HOME");
  g_unsetenv ("XDG_DATA_HOME");
  g_setenv ("XDG_RUNTIME_DIR", "/run/x", TRUE);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  g_free (self->libexec_dir);
  test_dir_clear (&self->dir);
}

static Apm2InstallSet *
new_set (Apm2Mode mode)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Apm2Paths) paths = apm2_paths_new (mode, &error);
  Apm2InstallSet *set = NULL;

  g_assert_no_error (error);
  set = apm2_install_set_new (paths, &error);
  g_assert_no_error (error);
  return set;
}

static const char *
get_text (const Apm2InstallSet *set, const char *name)
{
  for (guint i = 0; i < set->items->len; i++)
    {
      const Apm2InstallItem *item = apm2_install_set_get (set, i);

      if (g_str_equal (item->file->name, name))
        return item->file->text;
    }
  g_assert_not_reached ();
}

static gboolean
is_unit (const char *name)
{
  return g_str_has_suffix (name, ".service")
         || g_str_has_suffix (name, ".socket")
         || g_str_has_suffix (name, ".slice");
}

/* Each unit in the tree's folder of @mode is in the program, byte for byte. */
static void
assert_has_units_of_tree (const char *mode)
{
  g_autofree char *tree = g_test_build_filename (
      G_TEST_DIST, "..", "data", "systemd", mode, NULL);
  g_autofree char *folder
      = g_strdup_printf ("/org/apm2/install/%s/unit/", mode);
  g_auto (GStrv) names = NULL;
  g_autoptr (GDir) dir = NULL;
  g_autoptr (GError) error = NULL;
  const char *name = NULL;
  guint n_units = 0;

  dir = g_dir_open (tree, 0, &error);
  g_assert_no_error (error);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *file = g_build_filename (tree, name, NULL);
      g_autofree char *resource = g_strconcat (folder, name, NULL);
      g_autofree char *text = NULL;
      g_autoptr (GBytes) bytes = NULL;

      if (!is_unit (name))
        continue;
      n_units++;
      g_assert_true (g_file_get_contents (file, &text, NULL, &error));
      bytes = g_resource_lookup_data (apm2_install_get_resource (),
                                      resource,
                                      G_RESOURCE_LOOKUP_FLAGS_NONE,
                                      &error);
      g_assert_no_error (error);
      g_assert_cmpmem (g_bytes_get_data (bytes, NULL),
                       g_bytes_get_size (bytes),
                       text,
                       strlen (text));
    }
  names = g_resource_enumerate_children (apm2_install_get_resource (),
                                         folder,
                                         G_RESOURCE_LOOKUP_FLAGS_NONE,
                                         &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_strv_length (names), ==, n_units);
}

static void
test_the_units_are_those_of_the_tree (Fixture *self, gconstpointer data)
{
  assert_has_units_of_tree ("user");
  assert_has_units_of_tree ("system");
}

static void
test_a_user_gets_units_and_activation (Fixture *self, gconstpointer data)
{
  static const char *const promised[] = {
    "apm2-daemon.service",
    "apm2-worker.service",
    "apm2-worker@.service",
    "apm2-daemon.socket",
  };
  g_autoptr (Apm2InstallSet) set = new_set (APM2_MODE_USER);
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *start
      = g_strdup_printf ("\nExec=%s --user daemon run\n", program);
  const char *activation = get_text (set, "org.apm2.Services.service");

  for (gsize i = 0; i < G_N_ELEMENTS (promised); i++)
    g_assert_nonnull (get_text (set, promised[i]));
  for (guint i = 0; i < set->items->len; i++)
    {
      const Apm2InstallItem *item = apm2_install_set_get (set, i);
      const gboolean is_first = i == 0;

      g_assert_cmpint (item->kind,
                       ==,
                       is_first ? APM2_INSTALL_ACTIVATION : APM2_INSTALL_UNIT);
      g_assert_cmpstr (item->file->dir,
                       ==,
                       is_first ? HOME "/.local/share/dbus-1/services"
                                : HOME "/.config/systemd/user");
    }
  g_assert_nonnull (strstr (activation, start));
  g_assert_nonnull (
      strstr (activation, "\nSystemdService=apm2-daemon.service\n"));
}

static void
test_xdg_homes_are_respected (Fixture *self, gconstpointer data)
{
  g_autoptr (Apm2InstallSet) absolute = NULL;
  g_autoptr (Apm2InstallSet) relative = NULL;

  g_setenv ("XDG_CONFIG_HOME", "/somewhere/else", TRUE);
  g_setenv ("XDG_DATA_HOME", "/somewhere/data", TRUE);
  absolute = new_set (APM2_MODE_USER);
  g_assert_cmpstr (
      absolute->activation_dir, ==, "/somewhere/data/dbus-1/services");
  g_assert_cmpstr (absolute->unit_dir, ==, "/somewhere/else/systemd/user");
  /* As the specification says. */
  g_setenv ("XDG_CONFIG_HOME", "else", TRUE);
  g_setenv ("XDG_DATA_HOME", "data", TRUE);
  relative = new_set (APM2_MODE_USER);
  g_assert_true (g_str_has_prefix (relative->activation_dir, HOME));
  g_assert_true (g_str_has_prefix (relative->unit_dir, HOME));
}

static void
test_the_system_gets_accounts_before_units (Fixture *self, gconstpointer data)
{
  g_autoptr (Apm2InstallSet) set = new_set (APM2_MODE_SYSTEM);
  guint n_kinds = 1;

  g_assert_cmpstr (set->unit_dir, ==, "/etc/systemd/system");
  g_assert_cmpint (
      apm2_install_set_get (set, 0)->kind, ==, APM2_INSTALL_SYSUSERS);
  for (guint i = 1; i < set->items->len; i++)
    {
      const Apm2InstallKind last = apm2_install_set_get (set, i - 1)->kind;
      const Apm2InstallKind kind = apm2_install_set_get (set, i)->kind;

      g_assert_cmpint (kind, >=, last);
      n_kinds += kind != last;
    }
  g_assert_cmpuint (n_kinds, ==, APM2_N_INSTALL_KINDS);
}

/* Nothing of the tree's own paths is left where the programs are elsewhere. */
static void
test_units_name_this_installation (Fixture *self, gconstpointer data)
{
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *step
      = g_strdup_printf ("ExecStart=%s/apm2-step --lane ", self->libexec_dir);
  g_autofree char *start = g_strdup_printf ("ExecStart=%s --user ", program);
  g_autofree char *variable = g_strdup_printf (
      "\nEnvironment=APM2_LIBEXECDIR=%s\n", self->libexec_dir);

  for (Apm2Mode mode = APM2_MODE_USER; mode <= APM2_MODE_SYSTEM; mode++)
    {
      g_autoptr (Apm2InstallSet) set = new_set (mode);

      for (guint i = 0; i < set->items->len; i++)
        {
          const char *text = apm2_install_set_get (set, i)->file->text;

          g_assert_null (strstr (text, "/usr/local/bin"));
          g_assert_null (strstr (text, "/usr/local/libexec"));
          g_assert_null (strstr (text, "@bindir@"));
        }
      g_assert_nonnull (strstr (get_text (set, "apm2-lane@.service"), step));
      g_assert_nonnull (
          strstr (get_text (set, "apm2-worker@.service"), variable));
      if (mode == APM2_MODE_USER)
        g_assert_nonnull (
            strstr (get_text (set, "apm2-daemon.service"), start));
    }
}

static void
test_another_home_is_in_each_service (Fixture *self, gconstpointer data)
{
  g_autoptr (Apm2InstallSet) set = NULL;

  g_setenv ("APM2_HOME", "/srv/apm2", TRUE);
  set = new_set (APM2_MODE_USER);
  for (guint i = 0; i < set->items->len; i++)
    {
      const Apm2InstallFile *file = apm2_install_set_get (set, i)->file;

      g_assert_null (strstr (file->text, "%h/.apm2"));
      if (apm2_install_set_get (set, i)->kind == APM2_INSTALL_UNIT
          && g_str_has_suffix (file->name, ".service")
          && !g_str_has_prefix (file->name, "apm2-lane")
          && !g_str_has_prefix (file->name, "apm2-fetch"))
        g_assert_nonnull (
            strstr (file->text, "\nEnvironment=APM2_HOME=/srv/apm2\n"));
    }
}

static void
test_a_missing_program_is_an_error (Fixture *self, gconstpointer data)
{
  g_autofree char *step
      = g_build_filename (self->libexec_dir, "apm2-step", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (Apm2Paths) paths = apm2_paths_new (APM2_MODE_USER, &error);
  g_autoptr (Apm2InstallSet) set = NULL;

  g_assert_cmpint (g_unlink (step), ==, 0);
  set = apm2_install_set_new (paths, &error);
  if (set != NULL)
    {
      g_test_skip ("apm2 is installed on this machine");
      return;
    }
  g_assert_error (error, APM2_ERROR, APM2_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (error->message, "apm2-step"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_setenv ("HOME", HOME, TRUE);

#define TEST(path, func)                                                       \
  g_test_add (                                                                 \
      "/apm2/cli-install-set/" path, Fixture, NULL, set_up, func, tear_down)
  TEST ("units/are-those-of-the-tree", test_the_units_are_those_of_the_tree);
  TEST ("units/name-this-installation", test_units_name_this_installation);
  TEST ("units/another-home-is-in-each-service",
        test_another_home_is_in_each_service);
  TEST ("user/gets-units-and-activation",
        test_a_user_gets_units_and_activation);
  TEST ("user/xdg-homes-are-respected", test_xdg_homes_are_respected);
  TEST ("system/gets-accounts-before-units",
        test_the_system_gets_accounts_before_units);
  TEST ("new/a-missing-program-is-an-error",
        test_a_missing_program_is_an_error);
#undef TEST
  return g_test_run ();
}
