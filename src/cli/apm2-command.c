/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * From the words of a command line to one verb, and from its error to one line.
 *
 * Walks the tables of nouns and verbs. Help and mistakes are dealt with here,
 * before a verb runs, so they need no broker, no bus and no configuration.
 */

#include "apm2-command.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include <glib/gi18n.h>

#include "config.h"

#include "apm2-args-unit.h"
#include "apm2-columns.h"
#include "apm2-display.h"
#include "apm2-error.h"
#include "apm2-help.h"
#include "apm2-locale.h"
#include "apm2-mistake.h"
#include "apm2-pager.h"
#include "apm2-there.h"

/**
 * apm2_command_find_child:
 * @self: a noun
 * @name: a word
 *
 * Returns: (transfer none) (nullable): the child of that name
 */
const Apm2Command *
apm2_command_find_child (const Apm2Command *self, const char *name)
{
  for (gsize i = 0; self->children != NULL && self->children[i] != NULL; i++)
    if (g_str_equal (self->children[i]->name, name))
      return self->children[i];
  return NULL;
}

typedef struct
{
  const Apm2Command *root;
  const Apm2Command *command;
  GString *path;      /* (owned) */
  GPtrArray *options; /* (owned) (element-type utf8) */
  GPtrArray *rest;    /* (owned) (element-type utf8) */
  GArray *columns;    /* (owned) (nullable) (element-type guint) */
  gboolean help;      /* "help" stood among the nouns */
} Walk;

static void
walk_clear (Walk *self)
{
  g_string_free (self->path, TRUE);
  g_ptr_array_unref (self->options);
  g_ptr_array_unref (self->rest);
  g_clear_pointer (&self->columns, g_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Walk, walk_clear)

static gboolean
walk_split (Walk *self,
            const Apm2ArgsTable *tables,
            gsize n_tables,
            GError **error)
{
  g_autoptr (GPtrArray) words = g_steal_pointer (&self->rest);
  const gboolean stop
      = self->command->children != NULL || self->command->stop_at_first;

  self->rest = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (words, NULL);
  apm2_args_split ((const char *const *) words->pdata,
                   tables,
                   n_tables,
                   stop,
                   self->options,
                   self->rest);
  return apm2_args_unit_check (
      (const char *const *) words->pdata, tables, n_tables, stop, error);
}

/* Goes down the nouns as far as the words name one. */
static gboolean
walk_down (Walk *self, Apm2Options *globals, GError **error)
{
  const Apm2ArgsTable table = { apm2_options_entries, globals };

  while (self->command->children != NULL)
    {
      const Apm2Command *child = NULL;
      const char *word = NULL;

      if (!walk_split (self, &table, 1, error))
        return FALSE;
      if (self->rest->len == 0)
        return TRUE;
      word = g_ptr_array_index (self->rest, 0);
      child = apm2_command_find_child (self->command, word);
      if (child != NULL)
        {
          g_string_append_printf (self->path, " %s", child->name);
          self->command = child;
        }
      else if (g_str_equal (word, "help"))
        self->help = TRUE;
      else
        {
          apm2_mistake_set_unknown_command (
              self->root, self->command, self->path->str, word, error);
          return FALSE;
        }
      g_ptr_array_remove_index (self->rest, 0);
    }
  return TRUE;
}

/* Also of a script whose variable is empty. */
static gboolean
misses_args (const Walk *walk)
{
  const Apm2Command *command = walk->command;

  if (walk->rest->len < command->args_min)
    return TRUE;
  return command->args_missing != NULL && walk->rest->len > 0
         && *(const char *) g_ptr_array_index (walk->rest, 0) == '\0';
}

static gboolean
check_args (const Walk *walk, GError **error)
{
  const Apm2Command *command = walk->command;

  if (misses_args (walk))
    {
      g_set_error_literal (error,
                           G_OPTION_ERROR,
                           G_OPTION_ERROR_FAILED,
                           _ (command->args_missing));
      return FALSE;
    }
  if (walk->rest->len > command->args_max)
    {
      g_autofree char *word = apm2_display_escape_line (
          g_ptr_array_index (walk->rest, command->args_max), TRUE);

      g_set_error (error,
                   G_OPTION_ERROR,
                   G_OPTION_ERROR_FAILED,
                   _ ("too many arguments, from '%s' on; see '%s --help'"),
                   word,
                   walk->path->str);
      return FALSE;
    }
  return TRUE;
}

static int
run_verb (const Walk *walk,
          const Apm2Options *globals,
          const Apm2Term *term,
          gconstpointer options,
          GError **error)
{
  Apm2CommandCall call = { 0 };

  g_return_val_if_fail (walk->command->run != NULL, APM2_EXIT_FAILURE);

  if (!check_args (walk, error))
    return -1;
  call.command = walk->command;
  call.name = walk->path->str;
  call.globals = globals;
  call.term = term;
  call.columns = walk->columns;
  call.options = options;
  call.n_args = walk->rest->len;
  g_ptr_array_add (walk->rest, NULL);
  call.args = (const char *const *) walk->rest->pdata;
  return walk->command->run (&call, error);
}

static gboolean
choose_columns (Walk *walk, const Apm2Options *globals, GError **error)
{
  const Apm2Command *command = walk->command;

  if (globals->columns == NULL || command->children != NULL)
    return TRUE;
  if (command->columns == NULL)
    {
      g_set_error (error,
                   G_OPTION_ERROR,
                   G_OPTION_ERROR_BAD_VALUE,
                   _ ("--columns: '%s' lists nothing that has columns"),
                   walk->path->str);
      return FALSE;
    }
  walk->columns = apm2_columns_choose (
      command->columns, command->n_columns, globals->columns, error);
  return walk->columns != NULL;
}

static gboolean
check_host (const Walk *walk, const Apm2Options *globals, GError **error)
{
  if (globals->host == NULL || !walk->command->here)
    return TRUE;
  g_set_error (error,
               G_OPTION_ERROR,
               G_OPTION_ERROR_BAD_VALUE,
               _ ("--host: '%s' looks at this machine only; log in there: ssh "
                  "-t %s %s"),
               walk->path->str,
               globals->host,
               walk->path->str);
  return FALSE;
}

static int
print_help (const Walk *walk, const Apm2Term *term)
{
  g_autofree char *text
      = apm2_help_to_string (walk->command, walk->path->str, term->out_color);

  fputs (text, stdout);
  return APM2_EXIT_OK;
}

static int
finish_parse (Walk *walk,
              Apm2Options *globals,
              gpointer options,
              GError **error)
{
  const Apm2ArgsTable tables[] = { { apm2_options_entries, globals },
                                   { walk->command->entries, options } };
  g_autoptr (GError) local = NULL;
  Apm2Term term;

  if (walk->command->children == NULL
      && !walk_split (walk, tables, G_N_ELEMENTS (tables), error))
    return -1;
  if (!apm2_args_parse (walk->options, tables, G_N_ELEMENTS (tables), &local))
    {
      apm2_mistake_explain_options (walk->path->str,
                                    walk->options,
                                    tables,
                                    G_N_ELEMENTS (tables),
                                    &local);
      g_propagate_error (error, g_steal_pointer (&local));
      return -1;
    }
  if (!apm2_options_resolve (globals, isatty (STDOUT_FILENO) == 1, error))
    return -1;

  if (globals->json != APM2_JSON_STYLE_OFF)
    apm2_locale_use_english ();
  apm2_term_init (&term, globals->color);
  if (globals->version)
    {
      puts ("apm2 " APM2_VERSION);
      return APM2_EXIT_OK;
    }
  if (globals->help || walk->help)
    return print_help (walk, &term);
  if (walk->command->children != NULL)
    {
      g_set_error (error,
                   G_OPTION_ERROR,
                   G_OPTION_ERROR_FAILED,
                   _ ("no command given; '%s --help' lists them"),
                   walk->path->str);
      return -1;
    }
  if (globals->host != NULL && walk->command->there)
    return apm2_there_run (globals,
                           walk->path->str,
                           walk->options,
                           tables,
                           G_N_ELEMENTS (tables),
                           walk->rest,
                           error);
  if (!check_host (walk, globals, error)
      || !choose_columns (walk, globals, error))
    return -1;
  return run_verb (walk, globals, &term, options, error);
}

static int
run (Walk *walk, Apm2Options *globals, GError **error)
{
  g_autofree gpointer options
      = g_malloc0 (MAX (walk->command->options_size, 1));
  int status = finish_parse (walk, globals, options, error);

  apm2_args_clear (walk->command->entries, options);
  return status;
}

/**
 * apm2_command_print_error:
 * @error: why a verb failed
 *
 * Prints it on stderr; a message of several lines says several things.
 */
void
apm2_command_print_error (const GError *error)
{
  g_auto (GStrv) lines = g_strsplit (error->message, "\n", -1);

  for (gsize i = 0; lines[i] != NULL; i++)
    {
      g_autofree char *line
          = apm2_display_escape_line (lines[i], g_get_charset (NULL));

      fprintf (stderr, "apm2: %s\n", line);
    }
}

static void
walk_begin (Walk *self, const Apm2Command *root, const char *const *words)
{
  self->root = root;
  self->command = root;
  self->path = g_string_new (root->name);
  self->options = g_ptr_array_new_with_free_func (g_free);
  self->rest = g_ptr_array_new_with_free_func (g_free);
  for (gsize i = 0; words[i] != NULL; i++)
    g_ptr_array_add (self->rest, g_strdup (words[i]));
}

static int
conclude (const Walk *walk, int status, const GError *error)
{
  apm2_pager_close ();
  if (error != NULL)
    {
      apm2_command_print_error (error);
      status = walk->command->exit_failure != 0 ? walk->command->exit_failure
                                                : apm2_exit_from_error (error);
    }
  if (fflush (stdout) != 0 && errno != EPIPE)
    {
      fprintf (stderr,
               _ ("apm2: cannot write the output: %s\n"),
               g_strerror (errno));
      status = status == APM2_EXIT_OK ? APM2_EXIT_FAILURE : status;
    }
  return status;
}

/**
 * apm2_command_main:
 * @root: the tables
 * @words: (array zero-terminated=1): what was typed after the program's name
 *
 * Runs one command line and prints the one line that tells why it failed.
 *
 * Returns: an Apm2Exit
 */
int
apm2_command_main (const Apm2Command *root, const char *const *words)
{
  g_auto (Walk) walk = { 0 };
  g_auto (Apm2Options) globals = { 0 };
  g_autoptr (GError) error = NULL;
  int status = -1;

  walk_begin (&walk, root, words);
  if (walk_down (&walk, &globals, &error))
    status = run (&walk, &globals, &error);
  return conclude (&walk, status, error);
}

/* Of nouns, tables that are not whole can tell nothing; the version is no
 * matter of them. */
static gboolean
is_within (const Walk *walk)
{
  return walk->command->children == NULL
         || g_ptr_array_find_with_equal_func (
             walk->options, "--version", g_str_equal, NULL);
}

/**
 * apm2_command_try:
 * @root: tables of some verbs
 * @words: (array zero-terminated=1): what was typed after the program's name
 * @ret_status: (out): an Apm2Exit, if it was run
 *
 * Like apm2_command_main(), but only if all that is asked for is in the tables.
 *
 * Returns: (transfer none) (nullable): the module that has to run it, as it was
 *   not run here
 */
const char *
apm2_command_try (const Apm2Command *root,
                  const char *const *words,
                  int *ret_status)
{
  g_auto (Walk) walk = { 0 };
  g_auto (Apm2Options) globals = { 0 };
  g_autoptr (GError) error = NULL;
  int status;

  walk_begin (&walk, root, words);
  if (!walk_down (&walk, &globals, NULL))
    return root->module;
  if (walk.command->module != NULL && walk.command != root)
    return walk.command->module;
  if (!is_within (&walk))
    return root->module;
  status = run (&walk, &globals, &error);
  if (status == APM2_COMMAND_ELSEWHERE)
    return root->module;
  *ret_status = conclude (&walk, status, error);
  return NULL;
}
