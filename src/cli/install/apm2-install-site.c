/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * From the units of the source tree to those of one installation.
 *
 * The units in the tree are right as they stand for programs in /usr/local and
 * for the usual APM2_HOME. For another place the paths in them are rewritten,
 * services are told APM2_HOME, and programs that lie where a sandbox is closed
 * are bound into it. What a unit file cannot name is refused, not quoted and
 * hoped for.
 */

#include "apm2-install-site.h"

#include <string.h>

#include <glib/gi18n.h>

#include "config.h"

#include "apm2-error.h"
#include "apm2-names.h"

#define TREE_PROGRAM     "/usr/local/bin/apm2"
#define TREE_PROGRAM_IN  "@bindir@/apm2"
#define TREE_LIBEXEC_DIR "/usr/local/libexec/apm2"
#define TREE_DOC_DIR     "/usr/local/share/doc/apm2"
#define TREE_HOME        "%h/.apm2"

/* What a unit closes by ProtectHome= and PrivateTmp=. */
static const char *const hidden_dirs[]
    = { "/home", "/root", "/run/user", "/tmp", "/var/tmp" };

/* Unit files give these a meaning, in one setting or another. */
static gboolean
check_path (const char *what, const char *path, GError **error)
{
  const char *bad = strpbrk (path, " \"'\\%$:;,|");

  for (const char *c = path; bad == NULL && *c != '\0'; c++)
    if (g_ascii_iscntrl (*c))
      bad = c;
  if (bad == NULL && g_path_is_absolute (path)
      && g_utf8_validate (path, -1, NULL))
    return TRUE;
  g_set_error (error,
               APM2_ERROR,
               APM2_ERROR_INVALID_ARGUMENT,
               _ ("Cannot write units that name %s '%s': it must be an "
                  "absolute path without spaces, quotes and any of \\ %% $ : ; "
                  ", |; use another path"),
               what,
               path);
  return FALSE;
}

/**
 * apm2_install_site_new:
 * @program: the path of apm2
 * @libexec_dir: the directory of apm2-step
 * @home: (nullable): APM2_HOME, or %NULL for the usual one
 * @error: INVALID_ARGUMENT if a unit cannot name one of them
 *
 * Returns: (transfer full): the site
 */
Apm2InstallSite *
apm2_install_site_new (const char *program,
                       const char *libexec_dir,
                       const char *home,
                       GError **error)
{
  g_autoptr (Apm2InstallSite) self = NULL;

  g_return_val_if_fail (program != NULL && libexec_dir != NULL, NULL);

  if (!check_path (_ ("the program"), program, error)
      || !check_path (_ ("the directory"), libexec_dir, error))
    return NULL;
  self = g_new0 (Apm2InstallSite, 1);
  self->program = g_strdup (program);
  self->libexec_dir = g_strdup (libexec_dir);
  self->home = g_strdup (home);
  self->binds = g_ptr_array_new_with_free_func (g_free);
  self->environment = g_ptr_array_new_with_free_func (g_free);
  if (home != NULL
      && !apm2_install_site_add_variable (self, APM2_ENV_HOME, home, error))
    return NULL;
  return g_steal_pointer (&self);
}

/**
 * apm2_install_site_free:
 * @self: (transfer full) (nullable): a site
 */
void
apm2_install_site_free (Apm2InstallSite *self)
{
  if (self == NULL)
    return;
  g_free (self->program);
  g_free (self->libexec_dir);
  g_free (self->home);
  g_clear_pointer (&self->binds, g_ptr_array_unref);
  g_clear_pointer (&self->environment, g_ptr_array_unref);
  g_free (self);
}

/**
 * apm2_install_site_add_variable:
 * @self: a site
 * @name: of an environment variable
 * @value: a path
 * @error: INVALID_ARGUMENT if a unit cannot name it
 *
 * Lets all services see the variable.
 *
 * Returns: %TRUE if it was added
 */
gboolean
apm2_install_site_add_variable (Apm2InstallSite *self,
                                const char *name,
                                const char *value,
                                GError **error)
{
  g_return_val_if_fail (self != NULL && name != NULL && value != NULL, FALSE);

  if (!check_path (name, value, error))
    return FALSE;
  g_ptr_array_add (self->environment, g_strconcat (name, "=", value, NULL));
  return TRUE;
}

static gboolean
is_below (const char *path, const char *dir)
{
  const gsize length = strlen (dir);

  return strncmp (path, dir, length) == 0
         && (path[length] == '/' || path[length] == '\0');
}

static gboolean
is_hidden (const char *path)
{
  for (gsize i = 0; i < G_N_ELEMENTS (hidden_dirs); i++)
    if (is_below (path, hidden_dirs[i]))
      return TRUE;
  return FALSE;
}

/**
 * apm2_install_site_add_bind:
 * @self: a site
 * @path: a program that services run, or a directory of such
 * @error: INVALID_ARGUMENT if a unit cannot name it
 *
 * Lets their sandboxes show @path if it lies where they would hide it.
 *
 * Returns: %TRUE unless @error is set
 */
gboolean
apm2_install_site_add_bind (Apm2InstallSite *self,
                            const char *path,
                            GError **error)
{
  g_return_val_if_fail (self != NULL && path != NULL, FALSE);

  if (!is_hidden (path)
      || g_ptr_array_find_with_equal_func (
          self->binds, path, g_str_equal, NULL))
    return TRUE;
  if (!check_path (_ ("the program"), path, error))
    return FALSE;
  g_ptr_array_add (self->binds, g_strdup (path));
  return TRUE;
}

static gboolean
goes_on (char c)
{
  return g_ascii_isalnum (c) || c == '-' || c == '_' || c == '.';
}

/* Replaces @old by @new where it is a whole path or the beginning of one. */
static void
replace_path (GString *text, const char *old, const char *new)
{
  const gsize length = strlen (old);
  const char *found = strstr (text->str, old);

  while (found != NULL)
    {
      gsize at = (gsize) (found - text->str);

      if (goes_on (found[length]))
        at += length;
      else
        {
          g_string_erase (text, (gssize) at, (gssize) length);
          g_string_insert (text, (gssize) at, new);
          at += strlen (new);
        }
      found = strstr (text->str + at, old);
    }
}

static gboolean
is_sandboxed (const GString *text)
{
  return strstr (text->str, "\nProtectHome=") != NULL
         || strstr (text->str, "\nPrivateTmp=") != NULL;
}

static void
append_lines (GString *out, const char *setting, const GPtrArray *values)
{
  for (guint i = 0; i < values->len; i++)
    g_string_append_printf (
        out, "%s=%s\n", setting, (const char *) values->pdata[i]);
}

/* A slot of a lane runs apm2-step alone: a job is shown no other program, and
 * told nothing. */
static void
append_settings_of_lane (GString *out, const Apm2InstallSite *self)
{
  if (is_hidden (self->libexec_dir))
    g_string_append_printf (out, "BindReadOnlyPaths=%s\n", self->libexec_dir);
}

static void
append_settings (GString *out, const GString *text, const Apm2InstallSite *self)
{
  append_lines (out, "Environment", self->environment);
  if (is_sandboxed (text))
    append_lines (out, "BindReadOnlyPaths", self->binds);
  if (self->home != NULL && is_hidden (self->home)
      && strstr (text->str, "\nReadWritePaths=") != NULL)
    g_string_append_printf (out, "BindPaths=%s\n", self->home);
}

static void
add_settings (GString *text, const Apm2InstallSite *self, gboolean is_lane)
{
  const char *title = "\n[Service]\n";
  const char *found = strstr (text->str, title);
  g_autoptr (GString) lines = g_string_new (NULL);

  if (found == NULL)
    return;
  if (is_lane)
    append_settings_of_lane (lines, self);
  else
    append_settings (lines, text, self);
  g_string_insert (
      text, found - text->str + (gssize) strlen (title), lines->str);
  /* Below what is inaccessible nothing can be shown, below what is empty it
   * can. */
  if (strstr (lines->str, "BindReadOnlyPaths=") != NULL)
    (void) g_string_replace (
        text, "\nProtectHome=yes\n", "\nProtectHome=tmpfs\n", 0);
}

/**
 * apm2_install_site_render:
 * @self: a site
 * @text: a file of the source tree
 *
 * Returns: (transfer full): the same for this site; @text itself where programs
 *   and state are at their usual places
 */
char *
apm2_install_site_render (const Apm2InstallSite *self, const char *text)
{
  g_autoptr (GString) out = g_string_new (text);
  gboolean is_lane = FALSE;

  g_return_val_if_fail (self != NULL && text != NULL, NULL);

  is_lane = strstr (text, "=" TREE_LIBEXEC_DIR "/") != NULL;

  replace_path (out, TREE_PROGRAM, self->program);
  replace_path (out, TREE_PROGRAM_IN, self->program);
  replace_path (out, TREE_LIBEXEC_DIR, self->libexec_dir);
  replace_path (out, TREE_DOC_DIR, APM2_DOCDIR);
  if (self->home != NULL)
    replace_path (out, TREE_HOME, self->home);
  add_settings (out, self, is_lane);
  return g_string_free (g_steal_pointer (&out), FALSE);
}
