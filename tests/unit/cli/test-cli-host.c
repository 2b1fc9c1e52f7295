/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Which hosts there can be, and what ssh is told of them.
 */

#include <glib.h>

#include "apm2-host.h"

static void
test_no_host_is_an_option_or_a_script (void)
{
  static const char *const bad[] = { "",
                                     "-oProxyCommand=x",
                                     "a@-oProxyCommand=x",
                                     "@host",
                                     "user@",
                                     "host name",
                                     "a;b",
                                     "$(id)",
                                     "host:",
                                     "host:x",
                                     "host:0",
                                     "host:65536",
                                     "ho\nst",
                                     "host/x",
                                     "h\xc3\xb6st",
                                     "user@:22" };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      g_test_message ("%s", bad[i]);
      g_assert_false (apm2_host_check (bad[i], &error));
      g_assert_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE);
    }
}

static void
test_long_host_is_none (void)
{
  g_autofree char *host = g_strnfill (321, 'a');

  g_assert_false (apm2_host_check (host, NULL));
}

static void
test_command (void)
{
  static const struct
  {
    const char *host;
    gboolean user;
    gboolean batch;
    const char *command;
  } cases[] = {
    { "build1", FALSE, FALSE, "ssh -xT -- build1 systemd-stdio-bridge" },
    { "root@build1",
      TRUE,
      FALSE,
      "ssh -xT -l root -- build1 systemd-stdio-bridge "
      "-punix:path=/run/user/$(id -u)/bus" },
    { "a@b@build1:2222",
      FALSE,
      TRUE,
      "ssh -xT -o BatchMode=yes -p 2222 -l a@b -- build1 "
      "systemd-stdio-bridge" },
    { "fe80::1%eth0",
      FALSE,
      FALSE,
      "ssh -xT -- fe80::1%eth0 systemd-stdio-bridge" },
    { "[::1]:22", FALSE, FALSE, "ssh -xT -p 22 -- ::1 systemd-stdio-bridge" },
    { "[::1]", FALSE, FALSE, "ssh -xT -- ::1 systemd-stdio-bridge" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_auto (GStrv) argv = NULL;
      g_autofree char *command = NULL;

      g_assert_true (apm2_host_check (cases[i].host, &error));
      g_assert_no_error (error);
      argv = apm2_host_get_command (
          cases[i].host, cases[i].user, cases[i].batch);
      command = g_strjoinv (" ", argv);
      g_assert_cmpstr (command, ==, cases[i].command);
    }
}

static void
test_login (void)
{
  static const char *const words[]
      = { "apm2", "fac", "services", "status", "--", "it's; $(id)", "", NULL };
  g_auto (GStrv) argv = apm2_host_get_login ("a@b:22", TRUE, TRUE, words);
  g_autofree char *command = g_strjoinv (" ", argv);

  g_assert_cmpstr (
      command,
      ==,
      "ssh -xt -o BatchMode=yes -p 22 -l a -- b 'apm2' 'fac' 'services' "
      "'status' '--' 'it'\\''s; $(id)' ''");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cli/host/bad", test_no_host_is_an_option_or_a_script);
  g_test_add_func ("/cli/host/long", test_long_host_is_none);
  g_test_add_func ("/cli/host/command", test_command);
  g_test_add_func ("/cli/host/login", test_login);
  return g_test_run ();
}
