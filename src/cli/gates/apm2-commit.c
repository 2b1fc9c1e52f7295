/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * From the name of a commit to what it is: its id, its tree, its ref.
 *
 * A name means something else tomorrow, so it is looked up once.
 */

#include "apm2-commit.h"

#include <string.h>

#include <glib/gi18n.h>

#include "apm2-error.h"
#include "apm2-git-run.h"
#include "apm2-source.h"
#include "apm2-text.h"

#define HEAD_MAX    (64 * 1024) /* of a commit object; its message may be long */
#define SUBJECT_MAX 200         /* bytes */
#define SHORT_MIN   10

static char *
resolve (const char *rev, GError **error)
{
  g_autofree char *name = g_strdup_printf ("%s^{commit}", rev);
  g_autofree char *quoted = apm2_text_quote (rev);
  int status = 0;
  g_autofree char *id = APM2_GIT_ASK (&status,
                                      error,
                                      "rev-parse",
                                      "--verify",
                                      "--quiet",
                                      "--end-of-options",
                                      name);

  if (id == NULL)
    return NULL;
  if (status == 0 && apm2_source_commit_is_valid (id))
    return g_steal_pointer (&id);
  g_set_error (
      error,
      G_OPTION_ERROR,
      G_OPTION_ERROR_BAD_VALUE,
      _ ("there is no commit '%s' in this repository; 'git log --oneline' "
         "lists those there are"),
      quoted);
  return NULL;
}

/* A commit object begins with "tree ID"; its message follows an empty line. */
static gboolean
parse (Apm2Commit *self, const char *text)
{
  const char *end = strchr (text, '\n');
  const char *message = strstr (text, "\n\n");

  if (end == NULL || !g_str_has_prefix (text, "tree "))
    return FALSE;
  self->tree = g_strndup (text + strlen ("tree "),
                          (gsize) (end - text) - strlen ("tree "));
  if (!apm2_source_commit_is_valid (self->tree))
    return FALSE;
  if (message != NULL)
    {
      g_autofree char *line = NULL;

      message += strspn (message, "\n");
      line = g_strndup (message, strcspn (message, "\n"));
      self->subject = apm2_text_clean (line, SUBJECT_MAX);
    }
  else
    self->subject = g_strdup ("");
  return TRUE;
}

static char *
find_ref (const char *rev)
{
  int status = 0;
  g_autofree char *ref = APM2_GIT_ASK (&status,
                                       NULL,
                                       "rev-parse",
                                       "--symbolic-full-name",
                                       "--end-of-options",
                                       rev);

  /* Older git repeats the option. */
  if (ref != NULL && g_str_has_prefix (ref, "--end-of-options\n"))
    memmove (ref, strchr (ref, '\n') + 1, strlen (strchr (ref, '\n')));
  return ref != NULL && status == 0 && g_str_has_prefix (ref, "refs/")
                 && apm2_source_ref_is_valid (ref)
             ? g_steal_pointer (&ref)
             : NULL;
}

/**
 * apm2_commit_find:
 * @rev: any name of a commit in the repository here
 * @error: G_OPTION_ERROR if there is no such commit, UNAVAILABLE, FAILED
 *
 * Returns: (transfer full): the commit
 */
Apm2Commit *
apm2_commit_find (const char *rev, GError **error)
{
  g_autoptr (Apm2Commit) self = g_new0 (Apm2Commit, 1);
  g_autofree char *text = NULL;
  gsize length = 0;

  self->id = resolve (rev, error);
  if (self->id == NULL)
    return NULL;
  text = APM2_GIT_RUN (
      HEAD_MAX, &length, NULL, error, "cat-file", "commit", self->id);
  if (text == NULL)
    return NULL;
  if (!parse (self, text))
    {
      g_set_error (error,
                   APM2_ERROR,
                   APM2_ERROR_FAILED,
                   _ ("commit %s cannot be read"),
                   self->id);
      return NULL;
    }
  self->ref = find_ref (rev);
  return g_steal_pointer (&self);
}

/**
 * apm2_commit_free:
 * @self: (transfer full): a commit
 */
void
apm2_commit_free (Apm2Commit *self)
{
  g_free (self->id);
  g_free (self->tree);
  g_free (self->ref);
  g_free (self->subject);
  g_free (self);
}

/**
 * apm2_commit_get_short_id:
 * @self: a commit
 *
 * Returns: (transfer full): the beginning of its id, for people
 */
char *
apm2_commit_get_short_id (const Apm2Commit *self)
{
  return g_strndup (self->id, SHORT_MIN);
}
