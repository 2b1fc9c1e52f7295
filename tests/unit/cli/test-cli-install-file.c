/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Files that an installation writes: what is known as untouched, what as
 * somebody's edit, and that no edit is ever lost.
 */

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "../libapm2/test-dir.h"
#include "apm2-error.h"
#include "apm2-install-file.h"

#define NAME "apm2-daemon.service"
#define TEXT "[Unit]\nDescription=new\n"
#define OLD  "[Unit]\nDescription=old\n"

static Apm2InstallFileState
examine (const Apm2InstallFile *file)
{
  g_autoptr (GError) error = NULL;
  Apm2InstallFileState state = APM2_INSTALL_FILE_ABSENT;

  g_assert_true (apm2_install_file_examine (file, &state, &error));
  g_assert_no_error (error);
  return state;
}

static void
write_file (const Apm2InstallFile *file)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (apm2_install_file_write (file, &error));
  g_assert_no_error (error);
}

/* Unlike test_dir_write() it waits for no disk. */
static void
overwrite (const Apm2InstallFile *file, const char *text)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_unlink (file->path), ==, 0);
  g_assert_true (g_file_set_contents_full (
      file->path, text, -1, G_FILE_SET_CONTENTS_NONE, 0644, &error));
  g_assert_no_error (error);
}

static char *
save (const Apm2InstallFile *file)
{
  g_autoptr (GError) error = NULL;
  char *saved = apm2_install_file_save (file, &error);

  g_assert_no_error (error);
  g_assert_nonnull (saved);
  return saved;
}

static char *
read_path (const char *path)
{
  g_autoptr (GError) error = NULL;
  char *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, &error));
  g_assert_no_error (error);
  return text;
}

/* Writes @text as an install that is @name and wanted nothing else would. */
static void
install (const TestDir *dir, const char *name, const char *text)
{
  g_autoptr (Apm2InstallFile) file
      = apm2_install_file_new (dir->path, name, text);

  write_file (file);
}

static void
test_nothing_there_is_absent (void)
{
  g_auto (TestDir) dir = test_dir_new ();
  g_autofree char *missing = g_build_filename (dir.path, "a", "b", NULL);
  g_autoptr (Apm2InstallFile) here
      = apm2_install_file_new (dir.path, NAME, TEXT);
  g_autoptr (Apm2InstallFile) there
      = apm2_install_file_new (missing, NAME, TEXT);

  g_assert_cmpint (examine (here), ==, APM2_INSTALL_FILE_ABSENT);
  g_assert_cmpint (examine (there), ==, APM2_INSTALL_FILE_ABSENT);
}

static void
test_what_was_written_is_current (void)
{
  g_auto (TestDir) dir = test_dir_new ();
  g_autofree char *missing = g_build_filename (dir.path, "a", "b", NULL);
  g_autoptr (Apm2InstallFile) file
      = apm2_install_file_new (missing, NAME, TEXT);
  g_autofree char *text = NULL;
  struct stat st;

  (void) umask (0077);
  write_file (file);
  g_assert_cmpint (examine (file), ==, APM2_INSTALL_FILE_CURRENT);

  g_assert_cmpint (stat (file->path, &st), ==, 0);
  g_assert_cmpint (st.st_mode & 07777, ==, 0644);
  text = read_path (file->path);
  g_assert_true (g_str_has_prefix (text, TEXT));
  g_assert_true (apm2_install_file_is_text_in (file, missing));
}

static void
test_an_older_text_is_outdated (void)
{
  g_auto (TestDir) dir = test_dir_new ();
  g_autoptr (Apm2InstallFile) file
      = apm2_install_file_new (dir.path, NAME, TEXT);
  g_autoptr (Apm2InstallFile) shorter
      = apm2_install_file_new (dir.path, NAME, "[Unit]\n");

  install (&dir, NAME, OLD);
  g_assert_cmpint (examine (file), ==, APM2_INSTALL_FILE_OUTDATED);
  /* Also one that begins as the new one, and goes on. */
  g_assert_cmpint (examine (shorter), ==, APM2_INSTALL_FILE_OUTDATED);
  g_assert_false (apm2_install_file_is_text_in (file, dir.path));
}

static void
test_a_copy_is_known (void)
{
  g_auto (TestDir) dir = test_dir_new ();
  g_autoptr (Apm2InstallFile) file
      = apm2_install_file_new (dir.path, NAME, TEXT);

  test_dir_write (&dir, NAME, TEXT);
  g_assert_cmpint (examine (file), ==, APM2_INSTALL_FILE_COPY);
  g_assert_true (apm2_install_file_is_text_in (file, dir.path));
}

/* Any byte that is changed, added or cut off makes it somebody's. */
static void
test_any_change_is_an_edit (void)
{
  g_auto (TestDir) dir = test_dir_new ();
  g_autoptr (Apm2InstallFile) file
      = apm2_install_file_new (dir.path, NAME, TEXT);
  g_autofree char *sealed = NULL;

  write_file (file);
  sealed = read_path (file->path);
  for (gsize i = 0; sealed[i] != '\0'; i++)
    {
      g_autofree char *changed = g_strdup (sealed);

      changed[i] = changed[i] == 'x' ? 'y' : 'x';
      overwrite (file, changed);
      g_assert_cmpint (examine (file), ==, APM2_INSTALL_FILE_EDITED);
      changed[i] = '\0';
      overwrite (file, changed);
      /* Cut off exactly before the seal it is a copy of the tree's file. */
      g_assert_cmpint (examine (file),
                       ==,
                       i == strlen (TEXT) ? APM2_INSTALL_FILE_COPY
                                          : APM2_INSTALL_FILE_EDITED);
    }
}

static void
test_added_lines_are_an_edit (void)
{
  g_auto (TestDir) dir = test_dir_new ();
  g_autoptr (Apm2InstallFile) file
      = apm2_install_file_new (dir.path, NAME, TEXT);
  g_autofree char *sealed = NULL;
  g_autofree char *after = NULL;
  g_autofree char *before = NULL;

  write_file (file);
  sealed = read_path (file->path);
  after = g_strconcat (sealed, "[Service]\n", NULL);
  before = g_strconcat ("# mine\n", sealed, NULL);

  test_dir_write (&dir, NAME, after);
  g_assert_cmpint (examine (file), ==, APM2_INSTALL_FILE_EDITED);
  test_dir_write (&dir, NAME, before);
  g_assert_cmpint (examine (file), ==, APM2_INSTALL_FILE_EDITED);
}

static void
test_bytes_behind_a_nul_are_an_edit (void)
{
  g_auto (TestDir) dir = test_dir_new ();
  g_autoptr (Apm2InstallFile) file
      = apm2_install_file_new (dir.path, NAME, TEXT);
  g_autofree char *sealed = NULL;
  g_autoptr (GString) bytes = NULL;
  g_autoptr (GError) error = NULL;

  write_file (file);
  sealed = read_path (file->path);
  bytes = g_string_new (sealed);
  g_string_append_len (bytes, "\0mine\n", 6);
  g_assert_true (g_file_set_contents (
      file->path, bytes->str, (gssize) bytes->len, &error));
  g_assert_no_error (error);
  g_assert_cmpint (examine (file), ==, APM2_INSTALL_FILE_EDITED);
}

static void
test_an_empty_file_is_an_edit (void)
{
  g_auto (TestDir) dir = test_dir_new ();
  g_autoptr (Apm2InstallFile) file
      = apm2_install_file_new (dir.path, NAME, TEXT);

  /* It masks a unit, as a link to /dev/null does. */
  test_dir_write (&dir, NAME, "");
  g_assert_cmpint (examine (file), ==, APM2_INSTALL_FILE_EDITED);
}

static void
test_a_link_is_told_as_one (void)
{
  g_auto (TestDir) dir = test_dir_new ();
  g_autoptr (Apm2InstallFile) file
      = apm2_install_file_new (dir.path, NAME, TEXT);

  g_assert_cmpint (symlinkat ("/dev/null", dir.fd, NAME), ==, 0);
  g_assert_cmpint (examine (file), ==, APM2_INSTALL_FILE_LINK);
}

static void
test_what_is_no_file_is_an_error (void)
{
  g_auto (TestDir) dir = test_dir_new ();
  g_autoptr (Apm2InstallFile) file
      = apm2_install_file_new (dir.path, NAME, TEXT);
  g_autoptr (GError) error = NULL;
  Apm2InstallFileState state = APM2_INSTALL_FILE_ABSENT;

  g_assert_cmpint (mkdirat (dir.fd, NAME, 0700), ==, 0);
  g_assert_false (apm2_install_file_examine (file, &state, &error));
  g_assert_error (error, APM2_ERROR, APM2_ERROR_INVALID_ARGUMENT);
  g_assert_nonnull (strstr (error->message, file->path));
}

/* Each format has its own comments. */
static void
test_the_seal_is_a_comment (void)
{
  static const struct
  {
    const char *name;
    const char *text;
    const char *begin;
    const char *end;
  } rows[] = {
    { "a.service", "[Unit]\n", "# ", "" },
    { "a.conf", "u a -\n", "# ", "" },
    { "a.conf", "<?xml version=\"1.0\"?>\n<a/>\n", "<!-- ", " -->" },
    { "50-a.rules", "polkit.addRule ();\n", "// ", "" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_auto (TestDir) dir = test_dir_new ();
      g_autoptr (Apm2InstallFile) file
          = apm2_install_file_new (dir.path, rows[i].name, rows[i].text);
      g_autofree char *text = NULL;
      g_autofree char *end = g_strconcat (rows[i].end, "\n", NULL);

      write_file (file);
      text = read_path (file->path);
      g_assert_true (g_str_has_prefix (text, rows[i].text));
      g_assert_true (
          g_str_has_prefix (text + strlen (rows[i].text), rows[i].begin));
      g_assert_true (g_str_has_suffix (text, end));
      g_assert_cmpint (examine (file), ==, APM2_INSTALL_FILE_CURRENT);
    }
}

static void
test_an_edit_is_saved_and_never_overwritten (void)
{
  g_auto (TestDir) dir = test_dir_new ();
  g_autoptr (Apm2InstallFile) file
      = apm2_install_file_new (dir.path, NAME, TEXT);
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;
  g_autofree char *again = NULL;
  g_autofree char *first_text = NULL;
  g_autofree char *second_text = NULL;

  test_dir_write (&dir, NAME, "first\n");
  first = save (file);
  write_file (file);
  test_dir_write (&dir, NAME, "second\n");
  second = save (file);
  write_file (file);
  test_dir_write (&dir, NAME, "second\n");
  again = save (file);

  g_assert_cmpstr (first, !=, second);
  g_assert_cmpstr (second, ==, again);
  g_assert_true (g_str_has_suffix (first, NAME ".apm2-saved"));
  first_text = read_path (first);
  second_text = read_path (second);
  g_assert_cmpstr (first_text, ==, "first\n");
  g_assert_cmpstr (second_text, ==, "second\n");
}

static void
test_a_saved_link_is_the_link (void)
{
  g_auto (TestDir) dir = test_dir_new ();
  g_autoptr (Apm2InstallFile) file
      = apm2_install_file_new (dir.path, NAME, TEXT);
  g_autofree char *target = g_build_filename (dir.path, "mine", NULL);
  g_autofree char *saved = NULL;
  g_autofree char *link = NULL;
  g_autofree char *text = NULL;

  test_dir_write (&dir, "mine", "mine\n");
  g_assert_cmpint (symlinkat (target, dir.fd, NAME), ==, 0);
  saved = save (file);
  write_file (file);

  link = g_file_read_link (saved, NULL);
  g_assert_cmpstr (link, ==, target);
  text = read_path (target);
  g_assert_cmpstr (text, ==, "mine\n");
  g_assert_cmpint (examine (file), ==, APM2_INSTALL_FILE_CURRENT);
}

static void
test_a_linked_directory_is_followed (void)
{
  g_auto (TestDir) dir = test_dir_new ();
  g_autofree char *link = g_build_filename (dir.path, "link", NULL);
  g_autofree char *real = g_build_filename (dir.path, "real", NULL);
  g_autoptr (Apm2InstallFile) file = apm2_install_file_new (link, NAME, TEXT);

  g_assert_cmpint (g_mkdir (real, 0700), ==, 0);
  g_assert_cmpint (symlink ("real", link), ==, 0);
  write_file (file);
  g_assert_cmpint (examine (file), ==, APM2_INSTALL_FILE_CURRENT);
  g_assert_true (apm2_install_file_is_text_in (file, real));
}

static void
test_a_difference_is_that_of_the_edit (void)
{
  g_auto (TestDir) dir = test_dir_new ();
  g_autoptr (Apm2InstallFile) file
      = apm2_install_file_new (dir.path, NAME, TEXT);
  g_autofree char *sealed = NULL;
  g_autofree char *edited = NULL;
  g_autofree char *none = NULL;
  g_autofree char *diff = NULL;

  write_file (file);
  none = apm2_install_file_diff (file);
  g_assert_null (none);
  sealed = read_path (file->path);
  edited = g_strconcat (sealed, "mine\n", NULL);
  overwrite (file, edited);
  diff = apm2_install_file_diff (file);
  g_assert_nonnull (strstr (diff, "\n-mine\n"));
  g_assert_null (strstr (diff, "\n+["));
  g_assert_null (strstr (diff, "\n-["));
}

static void
test_removing_takes_the_name (void)
{
  g_auto (TestDir) dir = test_dir_new ();
  g_autoptr (Apm2InstallFile) file
      = apm2_install_file_new (dir.path, NAME, TEXT);
  g_autoptr (GError) error = NULL;

  write_file (file);
  g_assert_true (apm2_install_file_remove (file, &error));
  g_assert_no_error (error);
  g_assert_cmpint (examine (file), ==, APM2_INSTALL_FILE_ABSENT);
  g_assert_false (apm2_install_file_remove (file, &error));
  g_assert_error (error, APM2_ERROR, APM2_ERROR_NOT_FOUND);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define TEST(path, func) g_test_add_func ("/apm2/cli-install-file/" path, func)
  TEST ("examine/nothing-there-is-absent", test_nothing_there_is_absent);
  TEST ("examine/what-was-written-is-current",
        test_what_was_written_is_current);
  TEST ("examine/an-older-text-is-outdated", test_an_older_text_is_outdated);
  TEST ("examine/a-copy-is-known", test_a_copy_is_known);
  TEST ("examine/any-change-is-an-edit", test_any_change_is_an_edit);
  TEST ("examine/added-lines-are-an-edit", test_added_lines_are_an_edit);
  TEST ("examine/bytes-behind-a-nul-are-an-edit",
        test_bytes_behind_a_nul_are_an_edit);
  TEST ("examine/an-empty-file-is-an-edit", test_an_empty_file_is_an_edit);
  TEST ("examine/a-link-is-told-as-one", test_a_link_is_told_as_one);
  TEST ("examine/what-is-no-file-is-an-error",
        test_what_is_no_file_is_an_error);
  TEST ("write/the-seal-is-a-comment", test_the_seal_is_a_comment);
  TEST ("write/a-linked-directory-is-followed",
        test_a_linked_directory_is_followed);
  TEST ("save/an-edit-is-never-overwritten",
        test_an_edit_is_saved_and_never_overwritten);
  TEST ("save/a-link-is-the-link", test_a_saved_link_is_the_link);
  TEST ("diff/is-that-of-the-edit", test_a_difference_is_that_of_the_edit);
  TEST ("remove/takes-the-name", test_removing_takes_the_name);
#undef TEST
  return g_test_run ();
}
