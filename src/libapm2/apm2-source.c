/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The forms in which a job names what it works on: repository, commit, ref.
 *
 * These end up as arguments of git and in receipts. Nothing that passes looks
 * like an option, reaches a helper program, or carries a secret.
 */

#include "apm2-source.h"

#include <string.h>

#include "apm2-text.h"

/* host, host:port, [address], [address]:port. */
static gboolean
is_authority (const char *host)
{
  static const char name[] = APM2_TEXT_ALNUM ".-";
  static const char address[] = APM2_TEXT_DIGITS "abcdefABCDEF:.";
  gsize n;

  if (host[0] == '[')
    {
      n = strspn (host + 1, address);
      if (n == 0 || host[1 + n] != ']')
        return FALSE;
      host += n + 2;
    }
  else
    {
      n = strspn (host, name);
      if (n == 0 || host[0] == '-')
        return FALSE;
      host += n;
    }
  if (host[0] == '\0')
    return TRUE;
  return host[0] == ':'
         && apm2_text_is_word (
             host + 1, APM2_TEXT_DIGITS, APM2_TEXT_DIGITS, strlen ("65535"));
}

/* Git decodes %XX, so an escaped control character is one. */
static gboolean
is_url_path (const char *path)
{
  for (const char *p = path; *p != '\0'; p++)
    if (*p <= ' ' || *p > '~'
        || (*p == '%'
            && (!g_ascii_isxdigit (p[1]) || !g_ascii_isxdigit (p[2])
                || strchr ("01", p[1]) != NULL
                || g_ascii_strncasecmp (p, "%7f", 3) == 0)))
      return FALSE;
  return TRUE;
}

static gboolean
is_remote (const char *rest, gboolean may_name_user)
{
  static const char user[] = APM2_TEXT_ALNUM "_.-";
  const char *slash = strchr (rest, '/');
  g_autofree char *authority = NULL;
  char *at;

  if (slash == NULL || slash[1] == '\0' || !is_url_path (slash))
    return FALSE;

  authority = g_strndup (rest, (gsize) (slash - rest));
  at = strchr (authority, '@');
  if (at == NULL)
    return is_authority (authority);

  *at = '\0';
  return may_name_user
         && apm2_text_is_word (
             authority, APM2_TEXT_ALNUM "_", user, APM2_TEXT_QUOTE_MAX)
         && is_authority (at + 1);
}

/**
 * apm2_source_repository_is_valid:
 * @text: bytes from outside
 *
 * Returns: %TRUE if @text is an absolute path or a file, ssh or https URL; a
 *   user stands only in an ssh URL, a password in none, since what stands here
 *   is shown to everybody
 */
gboolean
apm2_source_repository_is_valid (const char *text)
{
  g_return_val_if_fail (text != NULL, FALSE);

  if (strlen (text) > APM2_REPOSITORY_MAX)
    return FALSE;
  if (text[0] == '/')
    return apm2_text_is_line (text);
  if (g_str_has_prefix (text, "file:///"))
    return is_url_path (text + strlen ("file://"));
  if (g_str_has_prefix (text, "https://"))
    return is_remote (text + strlen ("https://"), FALSE);
  if (g_str_has_prefix (text, "ssh://"))
    return is_remote (text + strlen ("ssh://"), TRUE);
  return FALSE;
}

/**
 * apm2_source_repository_is_remote:
 * @text: a valid repository
 *
 * Returns: %TRUE if it is reached over the network
 */
gboolean
apm2_source_repository_is_remote (const char *text)
{
  g_return_val_if_fail (text != NULL, FALSE);

  return g_str_has_prefix (text, "https://")
         || g_str_has_prefix (text, "ssh://");
}

/**
 * apm2_source_host_is_valid:
 * @text: bytes from outside
 *
 * Returns: %TRUE if @text is what stands in a URL for a host: a name or an
 *   address, with or without a port
 */
gboolean
apm2_source_host_is_valid (const char *text)
{
  g_return_val_if_fail (text != NULL, FALSE);

  return strlen (text) <= APM2_REPOSITORY_MAX && is_authority (text);
}

/**
 * apm2_source_commit_is_valid:
 * @text: bytes from outside
 *
 * Returns: %TRUE if @text is the full lower-case name of an object, SHA-1 or
 *   SHA-256
 */
gboolean
apm2_source_commit_is_valid (const char *text)
{
  static const char hex[] = APM2_TEXT_DIGITS "abcdef";
  gsize length;

  g_return_val_if_fail (text != NULL, FALSE);

  length = strlen (text);
  return (length == 40 || length == 64)
         && apm2_text_is_word (text, hex, hex, 64);
}

/**
 * apm2_source_ref_is_valid:
 * @text: bytes from outside
 *
 * The rules of git-check-ref-format(1), and ASCII only.
 *
 * Returns: %TRUE if @text may name a ref
 */
gboolean
apm2_source_ref_is_valid (const char *text)
{
  static const char first[] = APM2_TEXT_ALNUM "_#%+=,@!$&()";
  static const char rest[] = APM2_TEXT_ALNUM "_#%+=,@!$&()/.-";
  static const char *const forbidden[] = { "..", "//", "/.", "./", ".lock/" };

  g_return_val_if_fail (text != NULL, FALSE);

  if (!apm2_text_is_word (text, first, rest, APM2_REF_MAX)
      || g_str_equal (text, "@"))
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (forbidden); i++)
    if (strstr (text, forbidden[i]) != NULL)
      return FALSE;
  return !g_str_has_suffix (text, "/") && !g_str_has_suffix (text, ".")
         && !g_str_has_suffix (text, ".lock");
}

/* "ssh://git@host/" names a user; whatever else stands before an "@" may be
 * what opens a door. */
static gboolean
shows_secret (const char *text)
{
  static const char scheme[] = APM2_TEXT_ALNUM "+.-";
  gsize length = strspn (text, scheme);
  g_autofree char *authority = NULL;
  const char *at;

  if (!g_ascii_isalpha (text[0]) || !g_str_has_prefix (text + length, "://"))
    return FALSE;

  authority = g_strndup (text + length + 3, strcspn (text + length + 3, "/"));
  at = strchr (authority, '@');
  if (at == NULL)
    return FALSE;
  return !g_str_has_prefix (text, "ssh://")
         || memchr (authority, ':', (gsize) (at - authority)) != NULL;
}

/**
 * apm2_source_project_is_valid:
 * @text: bytes from outside
 *
 * Returns: %TRUE if @text may name a project: one line of 1 to
 *   %APM2_PROJECT_MAX bytes, and no URL with a password or a token
 */
gboolean
apm2_source_project_is_valid (const char *text)
{
  g_return_val_if_fail (text != NULL, FALSE);

  return text[0] != '\0' && strlen (text) <= APM2_PROJECT_MAX
         && apm2_text_is_line (text) && !shows_secret (text);
}
