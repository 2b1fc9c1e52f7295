/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Which URLs and paths are one repository.
 */

#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "apm2-project.h"

static const struct
{
  const char *url;
  const char *project;
} cases[] = {
  { "https://example.org/a/b.git", "https://example.org/a/b" },
  { "https://example.org/a/b/", "https://example.org/a/b" },
  { "HTTPS://Example.ORG:443/a/B", "https://example.org/a/B" },
  { "https://me:secret@example.org/a/b.git", "https://example.org/a/b" },
  { "https://me:p@ss@example.org/a", "https://example.org/a" },
  { "https://example.org:8443/a", "https://example.org:8443/a" },
  { "ssh://git@example.org/a/b.git", "ssh://example.org/a/b" },
  { "ssh://git@example.org:22/a/b", "ssh://example.org/a/b" },
  { "git+ssh://git@example.org/a", "ssh://example.org/a" },
  { "git@example.org:a/b.git", "ssh://example.org/a/b" },
  { "example.org:/srv/git/b.git/", "ssh://example.org/srv/git/b" },
  { "git@[::1]:a", "ssh://[::1]/a" },
  { "git://example.org:9418/a.git", "git://example.org/a" },
  { "file:///nowhere/a%20b/c.git", "/nowhere/a b/c" },
  { "/nowhere/c/.git", "/nowhere/c" },
  { "/nowhere/c.git/", "/nowhere/c" },
  { "/nowhere/.git", "/nowhere" },
  { "../c", "/nowhere/c" },
  { "./a:b", "/nowhere/base/a:b" },
  { "/nowhere/a:b", "/nowhere/a:b" },
};

static void
test_urls (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *project
          = apm2_project_from_url (cases[i].url, "/nowhere/base");

      g_assert_cmpstr (project, ==, cases[i].project);
    }
}

/* A link to a repository is the repository. */
static void
test_links (void)
{
  g_autofree char *dir = g_dir_make_tmp ("apm2-project-XXXXXX", NULL);
  g_autofree char *repository = g_build_filename (dir, "r.git", NULL);
  g_autofree char *link = g_build_filename (dir, "link", NULL);
  g_autofree char *by_path = NULL;
  g_autofree char *by_link = NULL;
  g_autofree char *by_url = NULL;
  g_autofree char *url = g_strconcat ("file://", link, NULL);

  g_assert_cmpint (g_mkdir (repository, 0700), ==, 0);
  g_assert_cmpint (symlink ("r.git", link), ==, 0);
  by_path = apm2_project_from_path (repository);
  by_link = apm2_project_from_path (link);
  by_url = apm2_project_from_url (url, "/");
  g_assert_true (g_str_has_suffix (by_path, "/r"));
  g_assert_cmpstr (by_link, ==, by_path);
  g_assert_cmpstr (by_url, ==, by_path);
  g_assert_cmpint (g_unlink (link), ==, 0);
  g_assert_cmpint (g_rmdir (repository), ==, 0);
  g_assert_cmpint (g_rmdir (dir), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cli/project/urls", test_urls);
  g_test_add_func ("/cli/project/links", test_links);
  return g_test_run ();
}
