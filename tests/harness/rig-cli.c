/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The command line as it was built, run to its end.
 */

#include "rig-cli.h"

#include <string.h>

#include "rig-process.h"
#include "rig-wait.h"

#define EXIT_SKIPPED 77

static char *
run (RigHome *home,
     int expected,
     const char *const *words,
     char **ret_complaint)
{
  g_autofree char *program = rig_program ("cli/apm2");
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  char *out = NULL;
  int status = -1;

  g_ptr_array_add (argv, program);
  g_ptr_array_add (argv, (gpointer) "--user");
  for (gsize i = 0; words[i] != NULL; i++)
    g_ptr_array_add (argv, (gpointer) words[i]);
  g_ptr_array_add (argv, NULL);
  out = rig_run (
      home, (const char *const *) argv->pdata, &status, ret_complaint);
  if (status != expected)
    rig_fail ("apm2 %s %s exits with %d, not %d: %s%s",
              words[0],
              words[1],
              status,
              expected,
              out,
              *ret_complaint);
  return out;
}

/**
 * rig_cli:
 * @home: where
 * @expected: exit status
 * @words: (array zero-terminated=1): arguments
 *
 * Returns: (transfer full): what it printed, without the final line break
 */
char *
rig_cli (RigHome *home, int expected, const char *const *words)
{
  g_autofree char *complaint = NULL;

  return g_strchomp (run (home, expected, words, &complaint));
}

/**
 * rig_cli_fails:
 * @home: where
 * @expected: exit status
 * @words: (array zero-terminated=1): arguments
 *
 * Returns: (transfer full): what it said on stderr
 */
char *
rig_cli_fails (RigHome *home, int expected, const char *const *words)
{
  char *complaint = NULL;

  g_free (run (home, expected, words, &complaint));
  return complaint;
}

/**
 * rig_cli_assert_schema:
 * @home: where
 * @document: JSON with a member "schema"
 *
 * Holds it against the schema that it names.
 */
void
rig_cli_assert_schema (RigHome *home, const char *document)
{
  g_autofree char *script = g_test_build_filename (
      G_TEST_DIST, "unit", "cli", "test-services-schema.py", NULL);
  g_autofree char *file = g_build_filename (home->dir, "document.json", NULL);
  g_autofree char *complaint = NULL;
  g_autofree char *out = NULL;
  const char *const argv[] = { "/usr/bin/python3", script, file, NULL };
  int status = -1;

  g_assert_true (g_file_set_contents (file, document, -1, NULL));
  out = rig_run (home, argv, &status, &complaint);
  if (status != 0 && status != EXIT_SKIPPED)
    rig_fail ("%s is not as its schema says: %s", document, complaint);
}

/**
 * rig_cli_assert_has:
 * @text: what was said
 * @part: what must be in it
 */
void
rig_cli_assert_has (const char *text, const char *part)
{
  if (strstr (text, part) == NULL)
    rig_fail ("'%s' is not in: %s", part, text);
}
