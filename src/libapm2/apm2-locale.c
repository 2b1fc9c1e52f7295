/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The language of what a program says.
 *
 * The catalogues are where the installation has them, also if it was moved as a
 * whole; a program that runs from the build directory takes those of the same
 * build. What programs read, such as JSON and the journal, is English.
 */

#include "apm2-locale.h"

#include <locale.h>
#include <string.h>

#include <glib/gi18n.h>

#include "config.h"

/* From the root of a build to a program, and to its catalogues. */
#define BUILD_PROGRAMS "src"
#define BUILD_LOCALES  "po"

/* Goes up from @dir, which has to end with the parts of @below. */
static char *
strip (const char *dir, const char *below)
{
  g_autofree char *suffix = g_strconcat ("/", below, NULL);
  const gsize length = strlen (dir);

  if (below[0] == '\0' || !g_str_has_suffix (dir, suffix))
    return NULL;
  return g_strndup (dir, length - strlen (suffix));
}

static char *
find_in_build (const char *dir)
{
  g_autofree char *src = g_path_get_dirname (dir);
  g_autofree char *root = strip (src, BUILD_PROGRAMS);
  g_autofree char *place
      = root != NULL ? g_build_filename (root, BUILD_LOCALES, NULL) : NULL;

  if (place == NULL || !g_file_test (place, G_FILE_TEST_IS_DIR))
    return NULL;
  return g_steal_pointer (&place);
}

static char *
find_moved (const char *dir)
{
  g_autofree char *root = strip (dir, APM2_BINDIR_BELOW_PREFIX);

  if (root == NULL)
    root = strip (dir, APM2_LIBEXECDIR_BELOW_PREFIX);
  if (root == NULL || APM2_LOCALEDIR_BELOW_PREFIX[0] == '\0')
    return NULL;
  return g_build_filename (root, APM2_LOCALEDIR_BELOW_PREFIX, NULL);
}

static char *
find_catalogues (void)
{
  g_autofree char *self = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *dir = self != NULL ? g_path_get_dirname (self) : NULL;
  char *place = dir != NULL ? find_in_build (dir) : NULL;

  if (place == NULL && dir != NULL)
    place = find_moved (dir);
  return place != NULL ? place : g_strdup (APM2_LOCALEDIR);
}

/**
 * apm2_locale_init:
 *
 * Makes this program speak as its environment says, or in English where that
 * is not in UTF-8. To be called first.
 */
void
apm2_locale_init (void)
{
  g_autofree char *place = NULL;

  (void) setlocale (LC_ALL, "");
  if (g_strcmp0 (setlocale (LC_MESSAGES, NULL), "C") == 0)
    return;
  if (!g_get_charset (NULL))
    {
      apm2_locale_use_english ();
      return;
    }
  place = find_catalogues ();
  (void) bindtextdomain (GETTEXT_PACKAGE, place);
  (void) bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  (void) textdomain (GETTEXT_PACKAGE);
}

/**
 * apm2_locale_use_english:
 *
 * Has all texts in English from now on, those of the system too: what follows
 * is read by programs, or by more people than who set the language.
 */
void
apm2_locale_use_english (void)
{
  (void) setlocale (LC_MESSAGES, "C");
}
