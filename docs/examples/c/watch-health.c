/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Prints the health of apm2, and each change of it.
 *
 * Usage: watch-health [--system]
 */

#include <stdio.h>
#include <string.h>

#include "apm2-client.h"

static char *
describe (Apm2Services *proxy)
{
  /* Without an owner the proxy knows nothing, and says so. */
  const char *health = apm2_services_get_overall_health (proxy);
  const char *const *reasons = apm2_services_get_overall_reasons (proxy);
  g_autofree char *words = NULL;

  if (health == NULL || reasons == NULL)
    return g_strdup ("not running");
  if (reasons[0] == NULL)
    return g_strdup (health);
  words = g_strjoinv (", ", (char **) reasons);
  return g_strdup_printf ("%s: %s", health, words);
}

static void
tell (Apm2Services *proxy)
{
  static char *told = NULL;
  g_autofree char *now = describe (proxy);

  if (g_strcmp0 (now, told) == 0)
    return;
  (void) puts (now);
  (void) fflush (stdout);
  g_free (told);
  told = g_steal_pointer (&now);
}

int
main (int argc, char **argv)
{
  gboolean on_system_bus = argc > 1 && strcmp (argv[1], "--system") == 0;
  g_autoptr (GError) error = NULL;
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (Apm2Services) proxy = NULL;

  /* Who only looks must not start what is looked at. */
  proxy = apm2_services_proxy_new_for_bus_sync (
      on_system_bus ? G_BUS_TYPE_SYSTEM : G_BUS_TYPE_SESSION,
      G_DBUS_PROXY_FLAGS_DO_NOT_AUTO_START,
      "org.apm2.Services",
      "/org/apm2/Services",
      NULL,
      &error);
  if (proxy == NULL)
    {
      (void) fprintf (stderr, "watch-health: %s\n", error->message);
      return 1;
    }
  g_signal_connect (proxy, "g-properties-changed", G_CALLBACK (tell), NULL);
  g_signal_connect (proxy, "notify::g-name-owner", G_CALLBACK (tell), NULL);
  tell (proxy);
  g_main_loop_run (loop);
  return 0;
}
