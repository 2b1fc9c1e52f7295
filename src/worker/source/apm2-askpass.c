/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * apm2-askpass: what git asks for user and password (GIT_ASKPASS).
 *
 * The answer is the token that the service manager gave to the unit which
 * fetches, for the one https host that apm2-source names, and for no other: a
 * server may send git elsewhere. The token is in no argument and no variable;
 * it goes from the file to the pipe that git reads.
 *
 * Exit status: 0, or 1 without an answer, with a line that tells why.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define CREDENTIAL "gh-token"
#define FALLBACK   "absent" /* what the unit has where there is no token */
#define TOKEN_MAX  4096

/* GitHub takes any name beside a token; this one is for the tokens of apps. */
#define USER "x-access-token"

static int
refuse (const char *why)
{
  (void) fprintf (stderr, "apm2-askpass: %s\n", why);
  return EXIT_FAILURE;
}

/* @prompt is "WHAT for 'https://[USER@]HOST': ". */
static int
is_about (const char *prompt, const char *what, const char *user)
{
  const char *host = getenv ("APM2_ASKPASS_HOST");
  char expected[2 * TOKEN_MAX];
  int length = 0;

  if (host == NULL || host[0] == '\0')
    return 0;
  length = snprintf (
      expected, sizeof expected, "%s for 'https://%s%s': ", what, user, host);
  return length > 0 && (size_t) length < sizeof expected
         && strcmp (prompt, expected) == 0;
}

/* Returns: how many bytes of the token are in @token; 0: there is none. */
static size_t
read_token (char *token, size_t size)
{
  const char *dir = getenv ("CREDENTIALS_DIRECTORY");
  char path[PATH_MAX];
  struct stat st;
  size_t length = 0;
  int fd = -1;

  if (dir == NULL || dir[0] != '/'
      || snprintf (path, sizeof path, "%s/" CREDENTIAL, dir)
             >= (int) sizeof path)
    return 0;
  fd = open (path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  if (fd < 0)
    return 0;
  if (fstat (fd, &st) == 0 && S_ISREG (st.st_mode))
    {
      ssize_t n = 0;

      while (length < size
             && (n = read (fd, token + length, size - length)) > 0)
        length += (size_t) n;
      if (n < 0)
        length = 0;
    }
  (void) close (fd);
  return length;
}

/* A token is one line of visible characters. */
static size_t
check_token (const char *token, size_t length)
{
  while (length > 0
         && (token[length - 1] == '\n' || token[length - 1] == '\r'
             || token[length - 1] == ' '))
    length--;
  for (size_t i = 0; i < length; i++)
    {
      if (token[i] <= ' ' || token[i] > '~')
        return 0;
    }
  if (length == strlen (FALLBACK) && memcmp (token, FALLBACK, length) == 0)
    return 0;
  return length;
}

static int
answer (const char *data, size_t length)
{
  if (fwrite (data, 1, length, stdout) != length || fputc ('\n', stdout) == EOF
      || fflush (stdout) == EOF)
    return refuse ("git does not listen");
  return EXIT_SUCCESS;
}

int
main (int argc, char **argv)
{
  static char token[TOKEN_MAX];
  size_t length = 0;
  int status = EXIT_FAILURE;

  /* Neither a core nor another process of the user shall have it. */
  (void) prctl (PR_SET_DUMPABLE, 0, 0, 0, 0);
  (void) setvbuf (stdout, NULL, _IONBF, 0);
  if (argc != 2)
    return refuse ("usage: apm2-askpass PROMPT");
  length = check_token (token, read_token (token, sizeof token));
  if (length == 0)
    return refuse ("there is no token");
  if (is_about (argv[1], "Username", ""))
    status = answer (USER, strlen (USER));
  else if (is_about (argv[1], "Password", USER "@"))
    status = answer (token, length);
  else
    status = refuse ("the token is not for that host");
  explicit_bzero (token, sizeof token);
  return status;
}
