/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Units of the source tree as they are written for one installation.
 */

#include <string.h>

#include "apm2-error.h"
#include "apm2-install-site.h"

#define UNIT                                                                   \
  "[Unit]\n"                                                                   \
  "Description=broker\n"                                                       \
  "\n"                                                                         \
  "[Service]\n"                                                                \
  "ExecStart=/usr/local/bin/apm2 --user daemon run\n"                          \
  "LoadCredential=gh-token:%h/.apm2/private/creds/gh-token\n"                  \
  "ProtectHome=yes\n"                                                          \
  "ReadWritePaths=%h/.apm2 -%t/apm2\n"

static Apm2InstallSite *
new_site (const char *program, const char *libexec_dir, const char *home)
{
  g_autoptr (GError) error = NULL;
  Apm2InstallSite *site
      = apm2_install_site_new (program, libexec_dir, home, &error);

  g_assert_no_error (error);
  return site;
}

static Apm2InstallSite *
new_usual (const char *home)
{
  return new_site ("/usr/local/bin/apm2", "/usr/local/libexec/apm2", home);
}

static void
add_bind (Apm2InstallSite *site, const char *dir)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (apm2_install_site_add_bind (site, dir, &error));
  g_assert_no_error (error);
}

static void
assert_has (const char *text, const char *line)
{
  g_autofree char *whole = g_strdup_printf ("\n%s\n", line);

  g_test_message ("there must be '%s' in: %s", line, text);
  g_assert_nonnull (strstr (text, whole));
}

static void
assert_has_not (const char *text, const char *word)
{
  g_test_message ("there must be no '%s' in: %s", word, text);
  g_assert_null (strstr (text, word));
}

static void
test_the_usual_site_changes_nothing (void)
{
  g_autoptr (Apm2InstallSite) site = new_usual (NULL);
  g_autofree char *text = NULL;

  add_bind (site, "/usr/local/bin");
  text = apm2_install_site_render (site, UNIT);
  g_assert_cmpstr (text, ==, UNIT);
}

static void
test_programs_are_named_where_they_are (void)
{
  g_autoptr (Apm2InstallSite) site
      = new_site ("/opt/a/bin/apm2", "/opt/a/lib/apm2", NULL);
  g_autofree char *unit = apm2_install_site_render (site, UNIT);
  g_autofree char *lane = apm2_install_site_render (
      site, "[Service]\nExecStart=/usr/local/libexec/apm2/apm2-step --lane\n");
  g_autofree char *bus
      = apm2_install_site_render (site, "\nExec=@bindir@/apm2 daemon run\n");

  assert_has (unit, "ExecStart=/opt/a/bin/apm2 --user daemon run");
  assert_has (lane, "ExecStart=/opt/a/lib/apm2/apm2-step --lane");
  assert_has (bus, "Exec=/opt/a/bin/apm2 daemon run");
}

static void
test_only_whole_names_are_replaced (void)
{
  g_autoptr (Apm2InstallSite) site = new_site ("/a/apm2", "/b", "/c");
  const char *const text = "/usr/local/bin/apm2-other\n"
                           "/usr/local/bin/apm22 %h/.apm2x %h/.apm2.conf\n";
  g_autofree char *out = apm2_install_site_render (site, text);
  g_autofree char *end = apm2_install_site_render (site, "%h/.apm2");

  g_assert_cmpstr (out, ==, text);
  g_assert_cmpstr (end, ==, "/c");
}

static void
test_another_home_is_told_to_services (void)
{
  g_autoptr (Apm2InstallSite) site = new_usual ("/srv/apm2");
  g_autofree char *text = apm2_install_site_render (site, UNIT);

  assert_has (text, "Environment=APM2_HOME=/srv/apm2");
  assert_has (text, "LoadCredential=gh-token:/srv/apm2/private/creds/gh-token");
  assert_has (text, "ReadWritePaths=/srv/apm2 -%t/apm2");
  assert_has_not (text, "%h/.apm2");
  assert_has_not (text, "Bind");
}

static void
test_what_is_no_service_gets_no_settings (void)
{
  g_autoptr (Apm2InstallSite) site = new_usual ("/srv/apm2");
  g_autofree char *text = NULL;

  add_bind (site, "/home/a/bin");
  text = apm2_install_site_render (site, "[Socket]\nListenStream=%t/a\n");
  g_assert_cmpstr (text, ==, "[Socket]\nListenStream=%t/a\n");
}

static void
test_hidden_programs_are_shown_to_sandboxes (void)
{
  g_autoptr (Apm2InstallSite) site
      = new_site ("/home/a/bin/apm2", "/home/a/libexec", NULL);
  g_autofree char *text = NULL;
  g_autofree char *open = NULL;

  add_bind (site, "/home/a/bin/apm2");
  add_bind (site, "/home/a/bin/apm2");
  add_bind (site, "/homes/bin");
  text = apm2_install_site_render (site, UNIT);
  open = apm2_install_site_render (site, "\n[Service]\nType=exec\n");

  assert_has (text, "BindReadOnlyPaths=/home/a/bin/apm2");
  /* Below what is inaccessible nothing can be bound. */
  assert_has (text, "ProtectHome=tmpfs");
  assert_has_not (text, "/homes");
  g_assert_null (
      strstr (strstr (text, "BindReadOnlyPaths=") + 1, "BindReadOnlyPaths="));
  assert_has_not (open, "BindReadOnlyPaths=");
}

static void
test_a_lane_is_shown_its_program_alone (void)
{
  g_autoptr (Apm2InstallSite) site
      = new_site ("/home/a/bin/apm2", "/home/a/libexec", "/srv/apm2");
  g_autofree char *text = NULL;

  add_bind (site, "/home/a/bin/apm2");
  text = apm2_install_site_render (
      site,
      "\n[Service]\n"
      "ExecStart=/usr/local/libexec/apm2/apm2-step --lane %h/.apm2/work/%i\n"
      "ProtectHome=yes\n");
  g_assert_cmpstr (text,
                   ==,
                   "\n[Service]\n"
                   "BindReadOnlyPaths=/home/a/libexec\n"
                   "ExecStart=/home/a/libexec/apm2-step --lane "
                   "/srv/apm2/work/%i\n"
                   "ProtectHome=tmpfs\n");
}

static void
test_a_hidden_home_is_shown_to_its_writers (void)
{
  g_autoptr (Apm2InstallSite) site = new_usual ("/tmp/apm2");
  g_autofree char *text = apm2_install_site_render (site, UNIT);
  g_autofree char *lane = apm2_install_site_render (
      site, "\n[Service]\nBindPaths=%h/.apm2/work/%i\nPrivateTmp=yes\n");

  assert_has (text, "BindPaths=/tmp/apm2");
  assert_has (lane, "BindPaths=/tmp/apm2/work/%i");
  assert_has_not (lane, "BindPaths=/tmp/apm2\n");
}

static void
test_what_a_unit_cannot_name_is_refused (void)
{
  static const char *const bad[]
      = { "/a b", "/a\"b", "/a'b",  "/a\\b", "/a%b", "/a$b", "/a:b",
          "/a;b", "/a,b",  "/a\nb", "/a\tb", "a",    "",     "/\xff" };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) home_error = NULL;
      g_autoptr (GError) program_error = NULL;
      g_autoptr (Apm2InstallSite) home
          = apm2_install_site_new ("/a", "/b", bad[i], &home_error);
      g_autoptr (Apm2InstallSite) program
          = apm2_install_site_new (bad[i], "/b", NULL, &program_error);

      g_assert_null (home);
      g_assert_null (program);
      g_assert_error (home_error, APM2_ERROR, APM2_ERROR_INVALID_ARGUMENT);
      g_assert_error (program_error, APM2_ERROR, APM2_ERROR_INVALID_ARGUMENT);
      g_assert_nonnull (strstr (home_error->message, "APM2_HOME"));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define TEST(path, func) g_test_add_func ("/apm2/cli-install-site/" path, func)
  TEST ("render/the-usual-site-changes-nothing",
        test_the_usual_site_changes_nothing);
  TEST ("render/programs-are-named-where-they-are",
        test_programs_are_named_where_they_are);
  TEST ("render/only-whole-names-are-replaced",
        test_only_whole_names_are_replaced);
  TEST ("render/another-home-is-told-to-services",
        test_another_home_is_told_to_services);
  TEST ("render/what-is-no-service-gets-no-settings",
        test_what_is_no_service_gets_no_settings);
  TEST ("render/hidden-programs-are-shown-to-sandboxes",
        test_hidden_programs_are_shown_to_sandboxes);
  TEST ("render/a-lane-is-shown-its-program-alone",
        test_a_lane_is_shown_its_program_alone);
  TEST ("render/a-hidden-home-is-shown-to-its-writers",
        test_a_hidden_home_is_shown_to_its_writers);
  TEST ("new/what-a-unit-cannot-name-is-refused",
        test_what_a_unit_cannot_name_is_refused);
#undef TEST
  return g_test_run ();
}
