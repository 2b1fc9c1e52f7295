/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The machine that --host names, and how ssh is asked for its bus.
 */

#include "apm2-host.h"

#include <string.h>

#include <glib/gi18n.h>

/* Longer than what a name with a user can be. */
#define HOST_MAX 320

static gboolean
is_plain (const char *text)
{
  for (const char *c = text; *c != '\0'; c++)
    if (!g_ascii_isalnum (*c) && strchr ("@._-+:[]%", *c) == NULL)
      return FALSE;
  return TRUE;
}

/* Returns: (nullable): the port behind the last colon of "HOST:PORT". */
static const char *
find_port (const char *host)
{
  const char *colon = strrchr (host, ':');
  const char *first = strchr (host, ':');

  /* An address of IPv6 has more colons, and a port only behind brackets. */
  if (colon == NULL || (first != colon && colon[-1] != ']'))
    return NULL;
  return colon + 1;
}

/**
 * apm2_host_check:
 * @host: what was typed: [USER@]HOST[:PORT]
 * @error: G_OPTION_ERROR_BAD_VALUE
 *
 * What is no name must not reach ssh, which could take it for an option.
 *
 * Returns: %TRUE if ssh can be asked for it
 */
gboolean
apm2_host_check (const char *host, GError **error)
{
  const char *at = strrchr (host, '@');
  const char *name = at != NULL ? at + 1 : host;
  const char *port = find_port (name);
  guint64 number = 0;

  if (host[0] != '\0' && host[0] != '-' && host[0] != '@' && name[0] != '\0'
      && name[0] != '-' && name[0] != ':' && strlen (host) <= HOST_MAX
      && is_plain (host)
      && (port == NULL
          || g_ascii_string_to_unsigned (
              port, 10, 1, G_MAXUINT16, &number, NULL)))
    return TRUE;
  g_set_error (error,
               G_OPTION_ERROR,
               G_OPTION_ERROR_BAD_VALUE,
               _ ("--host=%s: not a host like build1, root@build1 or "
                  "build1:2222"),
               host);
  return FALSE;
}

static char *
get_name (const char *host, const char *port)
{
  const gsize length = port != NULL ? (gsize) (port - host) - 1 : strlen (host);

  /* ssh wants no brackets. */
  if (host[0] == '[' && length > 2 && host[length - 1] == ']')
    return g_strndup (host + 1, length - 2);
  return g_strndup (host, length);
}

static GStrvBuilder *
begin_command (const char *host, const char *flags, gboolean batch)
{
  GStrvBuilder *argv = g_strv_builder_new ();
  const char *at = strrchr (host, '@');
  const char *name = at != NULL ? at + 1 : host;
  const char *port = find_port (name);
  g_autofree char *login
      = at != NULL ? g_strndup (host, (gsize) (at - host)) : NULL;
  g_autofree char *bare = get_name (name, port);

  g_strv_builder_add_many (argv, "ssh", flags, NULL);
  if (batch)
    g_strv_builder_add_many (argv, "-o", "BatchMode=yes", NULL);
  if (port != NULL)
    g_strv_builder_add_many (argv, "-p", port, NULL);
  if (login != NULL)
    g_strv_builder_add_many (argv, "-l", login, NULL);
  g_strv_builder_add_many (argv, "--", bare, NULL);
  return argv;
}

/**
 * apm2_host_get_command:
 * @host: as apm2_host_check() lets it pass
 * @user: the bus of the user there; else that of the system
 * @batch: ssh may not ask for anything
 *
 * Returns: (transfer full): a command that speaks D-Bus on its stdin and stdout
 */
GStrv
apm2_host_get_command (const char *host, gboolean user, gboolean batch)
{
  g_autoptr (GStrvBuilder) argv = begin_command (host, "-xT", batch);

  g_strv_builder_add (argv, "systemd-stdio-bridge");
  if (user)
    /* Its own --user is for containers only; a shell there fills in the rest.
     */
    g_strv_builder_add (argv, "-punix:path=/run/user/$(id -u)/bus");
  return g_strv_builder_end (argv);
}

/**
 * apm2_host_get_login:
 * @host: as apm2_host_check() lets it pass
 * @terminal: whether what runs there gets a terminal
 * @batch: ssh may not ask for anything
 * @words: (array zero-terminated=1): a command and its arguments
 *
 * Returns: (transfer full): a command that runs @words there, word by word, as
 *   they are
 */
GStrv
apm2_host_get_login (const char *host,
                     gboolean terminal,
                     gboolean batch,
                     const char *const *words)
{
  g_autoptr (GStrvBuilder) argv
      = begin_command (host, terminal ? "-xt" : "-xT", batch);

  /* A shell there reads them all once more. */
  for (gsize i = 0; words[i] != NULL; i++)
    {
      g_autofree char *word = g_shell_quote (words[i]);

      g_strv_builder_add (argv, word);
    }
  return g_strv_builder_end (argv);
}
