/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Which files an installation has, and where they go.
 *
 * The texts are those of the source tree, compiled into the program, so that
 * there is one of each. In system mode each kind goes where its reader looks
 * for what an administrator put there; if the package has put the same text
 * into another place that is read, it needs no second one.
 */

#include "apm2-install-set.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <glib/gi18n.h>

#include "apm2-error.h"
#include "apm2-install-resources.h"
#include "apm2-install-site.h"
#include "apm2-module.h"
#include "apm2-names.h"

#define RESOURCE_ROOT "/org/apm2/install/"

typedef struct
{
  const char *folder; /* below the root and the mode */
  const char *dir;    /* where it goes in system mode */
  const char *packaged[3];
  const char *user_packaged[3];
} Place;

static const Place places[APM2_N_INSTALL_KINDS] = {
  [APM2_INSTALL_SYSUSERS]
  = { "sysusers",
      "/etc/sysusers.d",
      { "/usr/local/lib/sysusers.d", "/usr/lib/sysusers.d" } },
  [APM2_INSTALL_TMPFILES]
  = { "tmpfiles",
      "/etc/tmpfiles.d",
      { "/usr/local/lib/tmpfiles.d", "/usr/lib/tmpfiles.d" } },
  [APM2_INSTALL_BUS_POLICY]
  = { "bus-policy", "/etc/dbus-1/system.d", { "/usr/share/dbus-1/system.d" } },
  [APM2_INSTALL_ACTIVATION]
  = { "activation",
      "/usr/local/share/dbus-1/system-services",
      { "/usr/share/dbus-1/system-services" },
      { "/usr/local/share/dbus-1/services", "/usr/share/dbus-1/services" } },
  /* No other place is read by each version of polkit; see find_dir(). */
  [APM2_INSTALL_POLKIT_ACTIONS]
  = { "polkit-actions", "/usr/share/polkit-1/actions", { NULL } },
  [APM2_INSTALL_POLKIT_RULE] = { "polkit-rule",
                                 "/etc/polkit-1/rules.d",
                                 { "/usr/share/polkit-1/rules.d" } },
  [APM2_INSTALL_UNIT] = { "unit", "/etc/systemd/system", { NULL } },
};

static void
item_free (Apm2InstallItem *item)
{
  apm2_install_file_free (item->file);
  g_free (item);
}

static char *
find_program (GError **error)
{
  g_autofree char *path = g_file_read_link ("/proc/self/exe", error);

  if (path != NULL && g_file_test (path, G_FILE_TEST_IS_EXECUTABLE))
    return g_steal_pointer (&path);
  if (path != NULL)
    g_set_error (error,
                 APM2_ERROR,
                 APM2_ERROR_UNAVAILABLE,
                 _ ("Cannot tell where apm2 is installed: %s is not there any "
                    "more; run the command again"),
                 path);
  return NULL;
}

/* What the environment says now is what the services are to go by. */
static gboolean
add_variables (Apm2InstallSite *site, GError **error)
{
  const char *const names[] = { APM2_ENV_CONFIG, APM2_ENV_LIBEXECDIR };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      const char *value = g_getenv (names[i]);

      if (value != NULL && value[0] != '\0'
          && !apm2_install_site_add_variable (site, names[i], value, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
add_binds (Apm2InstallSite *site, GError **error)
{
  const char *const names[]
      = { "apm2-daemon", "apm2-worker", "apm2-step", APM2_MODULE_CLI };

  if (!apm2_install_site_add_bind (site, site->program, error))
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = apm2_paths_find_program (names[i], error);
      g_autofree char *dir = path != NULL ? g_path_get_dirname (path) : NULL;

      if (dir == NULL || !apm2_install_site_add_bind (site, dir, error))
        return FALSE;
    }
  return TRUE;
}

/* Returns: (nullable): APM2_HOME as units must be told it. */
static char *
find_unusual_home (const Apm2Paths *paths)
{
  g_autofree char *joined = g_build_filename (g_get_home_dir (), ".apm2", NULL);
  g_autofree char *usual = g_canonicalize_filename (joined, "/");

  if (paths->mode == APM2_MODE_SYSTEM || g_str_equal (paths->home, usual))
    return NULL;
  return g_strdup (paths->home);
}

static Apm2InstallSite *
new_site (const Apm2Paths *paths, GError **error)
{
  g_autoptr (Apm2InstallSite) site = NULL;
  g_autofree char *program = find_program (error);
  g_autofree char *step = NULL;
  g_autofree char *libexec_dir = NULL;
  g_autofree char *home = find_unusual_home (paths);

  if (program == NULL)
    return NULL;
  step = apm2_paths_find_program ("apm2-step", error);
  if (step == NULL)
    return NULL;
  libexec_dir = g_path_get_dirname (step);
  site = apm2_install_site_new (program, libexec_dir, home, error);
  if (site == NULL || !add_variables (site, error) || !add_binds (site, error))
    return NULL;
  return g_steal_pointer (&site);
}

/* A relative one is to be ignored, says the XDG specification. */
static char *
find_xdg_dir (const char *variable, const char *below_home)
{
  const char *dir = g_getenv (variable);

  return dir != NULL && g_path_is_absolute (dir)
             ? g_strdup (dir)
             : g_build_filename (g_get_home_dir (), below_home, NULL);
}

static char *
find_user_unit_dir (void)
{
  g_autofree char *config = find_xdg_dir ("XDG_CONFIG_HOME", ".config");

  return g_build_filename (config, "systemd", "user", NULL);
}

static char *
find_user_activation_dir (void)
{
  g_autofree char *data = find_xdg_dir ("XDG_DATA_HOME", ".local/share");

  return g_build_filename (data, "dbus-1", "services", NULL);
}

/* Where /usr cannot be written to; newer versions of polkit read /etc, too. */
static const char *
find_dir (const Apm2InstallSet *self, Apm2InstallKind kind)
{
  if (kind == APM2_INSTALL_UNIT)
    return self->unit_dir;
  if (kind == APM2_INSTALL_ACTIVATION && self->activation_dir != NULL)
    return self->activation_dir;
  if (kind == APM2_INSTALL_POLKIT_ACTIONS && access (places[kind].dir, W_OK) < 0
      && errno == EROFS)
    return "/etc/polkit-1/actions";
  return places[kind].dir;
}

static void
add_item (Apm2InstallSet *self,
          const Apm2InstallSite *site,
          Apm2InstallKind kind,
          const char *name,
          GBytes *bytes)
{
  const char *const *packaged = self->mode == APM2_MODE_USER
                                    ? places[kind].user_packaged
                                    : places[kind].packaged;
  g_autofree char *tree
      = g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  g_autofree char *text = apm2_install_site_render (site, tree);
  Apm2InstallItem *item = g_new0 (Apm2InstallItem, 1);

  item->kind = kind;
  item->file = apm2_install_file_new (find_dir (self, kind), name, text);
  for (gsize i = 0; packaged[i] != NULL && item->elsewhere == NULL; i++)
    if (apm2_install_file_is_text_in (item->file, packaged[i]))
      item->elsewhere = packaged[i];
  g_ptr_array_add (self->items, item);
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return g_strcmp0 (*(const char *const *) a, *(const char *const *) b);
}

static gboolean
add_kind (Apm2InstallSet *self,
          const Apm2InstallSite *site,
          Apm2InstallKind kind,
          GError **error)
{
  GResource *resource = apm2_install_get_resource ();
  g_autofree char *folder = g_strconcat (RESOURCE_ROOT,
                                         apm2_mode_to_string (self->mode),
                                         "/",
                                         places[kind].folder,
                                         "/",
                                         NULL);
  g_auto (GStrv) names = g_resource_enumerate_children (
      resource, folder, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);

  /* A mode need not have files of each kind. */
  if (names == NULL)
    return TRUE;
  qsort (names, g_strv_length (names), sizeof names[0], compare_names);
  for (gsize i = 0; names[i] != NULL; i++)
    {
      g_autofree char *path = g_strconcat (folder, names[i], NULL);
      g_autoptr (GBytes) bytes = g_resource_lookup_data (
          resource, path, G_RESOURCE_LOOKUP_FLAGS_NONE, error);

      if (bytes == NULL)
        return FALSE;
      add_item (self, site, kind, names[i], bytes);
    }
  return TRUE;
}

/**
 * apm2_install_set_new:
 * @paths: of the mode to install for
 * @error: INVALID_ARGUMENT if the units cannot name something; NOT_FOUND if a
 *   program is missing
 *
 * Reads, and writes nothing.
 *
 * Returns: (transfer full): the files, for the program that runs and for the
 *   environment that it has
 */
Apm2InstallSet *
apm2_install_set_new (const Apm2Paths *paths, GError **error)
{
  g_autoptr (Apm2InstallSet) self = NULL;
  g_autoptr (Apm2InstallSite) site = NULL;

  g_return_val_if_fail (paths != NULL, NULL);

  site = new_site (paths, error);
  if (site == NULL)
    return NULL;
  self = g_new0 (Apm2InstallSet, 1);
  self->mode = paths->mode;
  self->began_usec = g_get_real_time ();
  self->unit_dir = paths->mode == APM2_MODE_SYSTEM
                       ? g_strdup (places[APM2_INSTALL_UNIT].dir)
                       : find_user_unit_dir ();
  if (paths->mode == APM2_MODE_USER)
    self->activation_dir = find_user_activation_dir ();
  self->items = g_ptr_array_new_with_free_func ((GDestroyNotify) item_free);
  for (guint kind = 0; kind < APM2_N_INSTALL_KINDS; kind++)
    if (!add_kind (self, site, (Apm2InstallKind) kind, error))
      return NULL;
  return g_steal_pointer (&self);
}

/**
 * apm2_install_set_free:
 * @self: (transfer full) (nullable): a set
 */
void
apm2_install_set_free (Apm2InstallSet *self)
{
  if (self == NULL)
    return;
  g_free (self->unit_dir);
  g_free (self->activation_dir);
  g_clear_pointer (&self->items, g_ptr_array_unref);
  g_free (self);
}

/**
 * apm2_install_set_get:
 * @self: a set
 * @index: below the length of @self->items
 *
 * Returns: (transfer none): one of its files
 */
Apm2InstallItem *
apm2_install_set_get (const Apm2InstallSet *self, guint index)
{
  g_return_val_if_fail (self != NULL && index < self->items->len, NULL);

  return g_ptr_array_index (self->items, index);
}

/**
 * apm2_install_set_is_changed:
 * @self: a set
 * @name: a file of it
 *
 * Returns: whether this run changed the file
 */
gboolean
apm2_install_set_is_changed (const Apm2InstallSet *self, const char *name)
{
  g_return_val_if_fail (self != NULL && name != NULL, FALSE);

  for (guint i = 0; i < self->items->len; i++)
    {
      const Apm2InstallItem *item = apm2_install_set_get (self, i);

      if (item->changed && g_str_equal (item->file->name, name))
        return TRUE;
    }
  return FALSE;
}
