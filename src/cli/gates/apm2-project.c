/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What counts as the same repository, wherever somebody has a clone of it.
 *
 * Two clones of one URL are one project, and so is the repository itself, if it
 * is on this machine. How the URL is written makes no difference, nor does who
 * it logs in as; a password never gets in here.
 */

#include "apm2-project.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

static void
chop (char *text, const char *suffix)
{
  const gsize length = strlen (text);

  if (g_str_has_suffix (text, suffix) && length > strlen (suffix))
    text[length - strlen (suffix)] = '\0';
}

static void
chop_slashes (char *text)
{
  while (strlen (text) > 1 && g_str_has_suffix (text, "/"))
    chop (text, "/");
}

/* Takes off what makes a path that of a repository. */
static char *
chop_repository (char *text)
{
  chop_slashes (text);
  chop (text, "/.git");
  chop_slashes (text);
  chop (text, ".git");
  chop_slashes (text);
  return text;
}

/**
 * apm2_project_from_path:
 * @path: absolute path of a repository
 *
 * Returns: (transfer full): the project of a repository that is nobody's clone
 */
char *
apm2_project_from_path (const char *path)
{
  g_autofree char *real = NULL;
  char *resolved = NULL;

  g_return_val_if_fail (path != NULL && path[0] == '/', NULL);

  resolved = realpath (path, NULL);
  real = resolved != NULL ? g_strdup (resolved)
                          : g_canonicalize_filename (path, "/");
  free (resolved);
  return g_strdup (chop_repository (real));
}

static char *
from_local (const char *path, const char *base)
{
  g_autofree char *absolute = g_canonicalize_filename (path, base);

  return apm2_project_from_path (absolute);
}

/* "user@HOST:22/path" behind "ssh://" becomes "host/path". */
static char *
from_authority (const char *scheme, const char *rest)
{
  static const char *const ports[][2] = {
    { "ssh", ":22" }, { "https", ":443" }, { "http", ":80" }, { "git", ":9418" }
  };
  const gsize length = strcspn (rest, "/");
  g_autofree char *authority = g_ascii_strdown (rest, (gssize) length);
  g_autofree char *path = g_strdup (rest + length);
  const char *at = strrchr (authority, '@');
  g_autofree char *host = g_strdup (at != NULL ? at + 1 : authority);

  for (gsize i = 0; i < G_N_ELEMENTS (ports); i++)
    if (g_str_equal (scheme, ports[i][0]))
      chop (host, ports[i][1]);
  return g_strdup_printf ("%s://%s%s", scheme, host, chop_repository (path));
}

static char *
from_scheme (const char *url, const char *colon)
{
  g_autofree char *scheme = g_ascii_strdown (url, colon - url);

  if (g_str_has_prefix (scheme, "git+"))
    memmove (scheme, scheme + strlen ("git+"), strlen (scheme + 4) + 1);
  return from_authority (scheme, colon + strlen ("://"));
}

/* "user@host:path", which ssh understands. Where a server has its repositories
 * below the home of their user, this is the same as ssh://user@host/path. */
static char *
from_scp (const char *url, const char *colon)
{
  g_autofree char *host = g_strndup (url, (gsize) (colon - url));
  const char *path = colon + 1;
  g_autofree char *rest
      = g_strdup_printf ("%s%s%s", host, path[0] == '/' ? "" : "/", path);

  return from_authority ("ssh", rest);
}

/* The colon behind a host; one behind a slash belongs to a path. */
static const char *
find_scp_colon (const char *url)
{
  const char *from = url;
  const char *bracket = strstr (url, "]:");
  const char *colon = NULL;

  if (bracket != NULL && strcspn (url, "[") < strcspn (url, "/"))
    from = bracket;
  colon = strchr (from, ':');
  return colon != NULL && colon > url
                 && (gsize) (colon - url) < strcspn (url, "/")
             ? colon
             : NULL;
}

/**
 * apm2_project_from_url:
 * @url: where a repository was cloned from
 * @base: what a relative path starts from, absolute
 *
 * Returns: (transfer full): its project
 */
char *
apm2_project_from_url (const char *url, const char *base)
{
  const char *colon = NULL;
  g_autofree char *local = NULL;

  g_return_val_if_fail (url != NULL && base != NULL, NULL);

  if (g_ascii_strncasecmp (url, "file://", strlen ("file://")) == 0)
    {
      local = g_filename_from_uri (url, NULL, NULL);
      return from_local (local != NULL ? local : url + strlen ("file://"),
                         base);
    }
  colon = strstr (url, "://");
  if (colon != NULL && colon > url)
    return from_scheme (url, colon);
  colon = find_scp_colon (url);
  return colon != NULL ? from_scp (url, colon) : from_local (url, base);
}
