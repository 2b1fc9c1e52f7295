/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * One file that an installation writes, updates and removes.
 *
 * What is written ends with a line that seals it: a comment with the SHA-256 of
 * all lines above. So each later run, of this version or another, knows its own
 * work from that of a person without any record elsewhere, and never takes away
 * a word that somebody else wrote. Whoever wants an edited file replaced gets
 * the edit under another name beside it.
 */

#include "apm2-install-file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gio/gio.h>
#include <glib/gi18n.h>

#include "apm2-error.h"
#include "apm2-fs.h"

#define FILE_MODE      0644
#define DIR_MODE       0755
#define FILE_BYTES_MAX (1024 * 1024)
#define SAVED_SUFFIX   ".apm2-saved"
#define SAVED_MAX      100

#define SEAL_WORDS                                                             \
  "Written by 'apm2 daemon install'; SHA-256 of the lines above: "

/**
 * apm2_install_file_new:
 * @dir: the absolute directory it is to be in
 * @name: its name there
 * @text: what is to be in it: lines of a format that knows comments
 *
 * Returns: (transfer full): the file; nothing is touched yet
 */
Apm2InstallFile *
apm2_install_file_new (const char *dir, const char *name, const char *text)
{
  Apm2InstallFile *self = NULL;

  g_return_val_if_fail (dir != NULL && g_path_is_absolute (dir), NULL);
  g_return_val_if_fail (name != NULL && strchr (name, '/') == NULL, NULL);
  g_return_val_if_fail (text != NULL && g_str_has_suffix (text, "\n"), NULL);

  self = g_new0 (Apm2InstallFile, 1);
  self->dir = g_strdup (dir);
  self->name = g_strdup (name);
  self->path = g_build_filename (dir, name, NULL);
  self->text = g_strdup (text);
  return self;
}

/**
 * apm2_install_file_free:
 * @self: (transfer full) (nullable): a file
 */
void
apm2_install_file_free (Apm2InstallFile *self)
{
  if (self == NULL)
    return;
  g_free (self->dir);
  g_free (self->name);
  g_free (self->path);
  g_free (self->text);
  g_free (self);
}

/* The last line of the file @name whose other lines are @text. */
static char *
make_seal (const char *name, const char *text, gsize length)
{
  const char *begin = "# ";
  const char *end = "";
  g_autofree char *digest = g_compute_checksum_for_data (
      G_CHECKSUM_SHA256, (const guchar *) text, length);

  if (length > 0 && text[0] == '<')
    {
      begin = "<!-- ";
      end = " -->";
    }
  else if (g_str_has_suffix (name, ".rules"))
    begin = "// ";
  return g_strconcat (begin, SEAL_WORDS, digest, end, "\n", NULL);
}

static gboolean
is_sealed (const char *name, const char *found, gsize length)
{
  g_autofree char *last = NULL;
  gsize body = 0;

  if (length == 0 || found[length - 1] != '\n' || strlen (found) != length)
    return FALSE;
  body = length - 1;
  while (body > 0 && found[body - 1] != '\n')
    body--;
  last = make_seal (name, found, body);
  return g_str_equal (found + body, last);
}

static Apm2InstallFileState
judge (const Apm2InstallFile *self, const char *found, gsize length)
{
  const gboolean sealed = is_sealed (self->name, found, length);
  const gsize wanted = strlen (self->text);

  if (length == wanted && memcmp (found, self->text, wanted) == 0)
    return APM2_INSTALL_FILE_COPY;
  if (!sealed)
    return APM2_INSTALL_FILE_EDITED;
  if (length > wanted && memcmp (found, self->text, wanted) == 0
      && strchr (found + wanted, '\n') == found + length - 1)
    return APM2_INSTALL_FILE_CURRENT;
  return APM2_INSTALL_FILE_OUTDATED;
}

/* The directory may be a link: people keep their settings elsewhere. */
static int
open_dir (const char *dir)
{
  return open (dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static gboolean
examine_in (const Apm2InstallFile *self,
            int dirfd,
            Apm2InstallFileState *ret_state,
            GError **error)
{
  g_autofree char *found = NULL;
  gsize length = 0;
  struct stat st;

  *ret_state = APM2_INSTALL_FILE_ABSENT;
  if (fstatat (dirfd, self->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
    {
      if (errno == ENOENT)
        return TRUE;
      apm2_error_set_errno (error, errno, _ ("Cannot examine %s"), self->path);
      return FALSE;
    }
  if (S_ISLNK (st.st_mode))
    {
      *ret_state = APM2_INSTALL_FILE_LINK;
      return TRUE;
    }
  found = apm2_fs_read_file (dirfd, self->name, FILE_BYTES_MAX, &length, error);
  if (found == NULL)
    return FALSE;
  *ret_state = judge (self, found, length);
  return TRUE;
}

/**
 * apm2_install_file_examine:
 * @self: a file
 * @ret_state: (out): what was found at its place
 * @error: NOT_AUTHORIZED or UNAVAILABLE if it cannot be read; INVALID_ARGUMENT
 *   if something is there that is no file
 *
 * Returns: %TRUE if @ret_state is known
 */
gboolean
apm2_install_file_examine (const Apm2InstallFile *self,
                           Apm2InstallFileState *ret_state,
                           GError **error)
{
  apm2_autofd int dirfd = -1;

  g_return_val_if_fail (self != NULL && ret_state != NULL, FALSE);

  dirfd = open_dir (self->dir);
  if (dirfd >= 0)
    return examine_in (self, dirfd, ret_state, error);
  *ret_state = APM2_INSTALL_FILE_ABSENT;
  if (errno == ENOENT)
    return TRUE;
  apm2_error_set_errno (
      error, errno, _ ("Cannot open directory %s"), self->dir);
  return FALSE;
}

/**
 * apm2_install_file_is_text_in:
 * @self: a file
 * @dir: another directory that its readers look into
 *
 * Returns: %TRUE if @dir has a file of this name with exactly this text, sealed
 *   or not
 */
gboolean
apm2_install_file_is_text_in (const Apm2InstallFile *self, const char *dir)
{
  g_autoptr (Apm2InstallFile) there = NULL;
  Apm2InstallFileState state = APM2_INSTALL_FILE_ABSENT;

  g_return_val_if_fail (self != NULL && dir != NULL, FALSE);

  there = apm2_install_file_new (dir, self->name, self->text);
  return apm2_install_file_examine (there, &state, NULL)
         && (state == APM2_INSTALL_FILE_CURRENT
             || state == APM2_INSTALL_FILE_COPY);
}

/* Returns: (transfer full): all that is written */
static char *
seal (const Apm2InstallFile *self)
{
  g_autofree char *last
      = make_seal (self->name, self->text, strlen (self->text));

  return g_strconcat (self->text, last, NULL);
}

/**
 * apm2_install_file_diff:
 * @self: a file that is there
 *
 * Returns: (transfer full) (nullable): what writing it would change, as
 *   `diff -u` tells it; %NULL if nothing, or without that program
 */
char *
apm2_install_file_diff (const Apm2InstallFile *self)
{
  g_autoptr (GSubprocess) process = NULL;
  g_autofree char *text = NULL;
  g_autofree char *diff = NULL;

  g_return_val_if_fail (self != NULL, NULL);

  process = g_subprocess_new (G_SUBPROCESS_FLAGS_STDIN_PIPE
                                  | G_SUBPROCESS_FLAGS_STDOUT_PIPE
                                  | G_SUBPROCESS_FLAGS_STDERR_SILENCE,
                              NULL,
                              "diff",
                              "-u",
                              "--label",
                              self->path,
                              "--label",
                              self->path,
                              "--",
                              self->path,
                              "-",
                              NULL);
  text = seal (self);
  if (process == NULL
      || !g_subprocess_communicate_utf8 (process, text, NULL, &diff, NULL, NULL)
      || diff[0] == '\0')
    return NULL;
  return g_steal_pointer (&diff);
}

/**
 * apm2_install_file_write:
 * @self: a file
 * @error: why it could not be written
 *
 * Puts the text and its seal in place, 0644, whole or not at all; makes missing
 * directories. What was there is gone: see apm2_install_file_save().
 *
 * Returns: %TRUE once it is durable
 */
gboolean
apm2_install_file_write (const Apm2InstallFile *self, GError **error)
{
  g_autofree char *sealed = NULL;
  apm2_autofd int dirfd = -1;

  g_return_val_if_fail (self != NULL, FALSE);

  if (g_mkdir_with_parents (self->dir, DIR_MODE) < 0)
    {
      apm2_error_set_errno (
          error, errno, _ ("Cannot make directory %s"), self->dir);
      return FALSE;
    }
  dirfd = open_dir (self->dir);
  if (dirfd < 0)
    {
      apm2_error_set_errno (
          error, errno, _ ("Cannot open directory %s"), self->dir);
      return FALSE;
    }
  sealed = seal (self);
  return apm2_fs_write_file (dirfd,
                             self->name,
                             sealed,
                             strlen (sealed),
                             FILE_MODE,
                             APM2_FS_WRITE_NONE,
                             error);
}

/* Whether @saved is a name for exactly what stands at @name now. */
static gboolean
is_same_file (int dirfd, const char *name, const char *saved)
{
  g_autofree char *a
      = apm2_fs_read_file (dirfd, name, FILE_BYTES_MAX, NULL, NULL);
  g_autofree char *b
      = apm2_fs_read_file (dirfd, saved, FILE_BYTES_MAX, NULL, NULL);

  return a != NULL && b != NULL && g_str_equal (a, b);
}

/**
 * apm2_install_file_save:
 * @self: a file that is there
 * @error: why it could not be saved
 *
 * Gives what is there a second name beside it, which no program reads and no
 * later run touches. The same words are saved once.
 *
 * Returns: (transfer full): the path it can be found at
 */
char *
apm2_install_file_save (const Apm2InstallFile *self, GError **error)
{
  apm2_autofd int dirfd = -1;
  int errsv = 0;

  g_return_val_if_fail (self != NULL, NULL);

  dirfd = open_dir (self->dir);
  errsv = errno;
  for (guint i = 0; dirfd >= 0 && i < SAVED_MAX; i++)
    {
      g_autofree char *saved
          = i == 0 ? g_strconcat (self->name, SAVED_SUFFIX, NULL)
                   : g_strdup_printf ("%s" SAVED_SUFFIX ".%u", self->name, i);

      if (linkat (dirfd, self->name, dirfd, saved, 0) == 0)
        return g_build_filename (self->dir, saved, NULL);
      errsv = errno;
      if (errsv != EEXIST)
        break;
      if (is_same_file (dirfd, self->name, saved))
        return g_build_filename (self->dir, saved, NULL);
    }
  apm2_error_set_errno (error,
                        errsv,
                        _ ("Cannot save %s beside it, so it stays as it is"),
                        self->path);
  return NULL;
}

/**
 * apm2_install_file_remove:
 * @self: a file
 * @error: why it could not be removed
 *
 * Returns: %TRUE once the name is gone
 */
gboolean
apm2_install_file_remove (const Apm2InstallFile *self, GError **error)
{
  apm2_autofd int dirfd = -1;

  g_return_val_if_fail (self != NULL, FALSE);

  dirfd = open_dir (self->dir);
  if (dirfd >= 0 && unlinkat (dirfd, self->name, 0) == 0 && fsync (dirfd) == 0)
    return TRUE;
  apm2_error_set_errno (error, errno, _ ("Cannot remove %s"), self->path);
  return FALSE;
}
