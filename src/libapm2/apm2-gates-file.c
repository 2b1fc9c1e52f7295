/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The file in which a repository says how its commits are tested.
 *
 * The form is that of a key file, but stricter: GKeyFile merges groups and keys
 * that stand there twice and knows no line numbers, so the lines are read here.
 * What this reader takes, GKeyFile reads in the same way. Values have no
 * escapes: a command means what it would mean in a shell.
 *
 * The text comes from a commit that nobody has looked at yet. All that is wrong
 * with it is told at once, up to a bound, by file, line, group and key.
 */

#include "apm2-gates-file.h"

#include <string.h>

#include <glib/gi18n.h>

#include "apm2-error.h"
#include "apm2-gates-key.h"
#include "apm2-gates-order.h"
#include "apm2-text.h"

#define GROUP        "gate "
#define PROBLEMS_MAX 16
#define BLANKS       " \t"

typedef struct
{
  const char *name;    /* borrowed: of the file */
  GPtrArray *problems; /* (owned) (element-type utf8) */
  guint n_problems;    /* with those that are not kept */
  GPtrArray *steps;    /* (owned) (element-type Apm2Step) */
  GHashTable *lines; /* (owned) gate to line, "gate\nkey" to line, from utf8 */
  Apm2Step *step;    /* borrowed (nullable): whose group this is */
  gboolean in_group; /* of whatever name */
  guint line;
} Reader;

static void
reader_clear (Reader *self)
{
  g_clear_pointer (&self->problems, g_ptr_array_unref);
  g_clear_pointer (&self->steps, g_ptr_array_unref);
  g_clear_pointer (&self->lines, g_hash_table_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Reader, reader_clear)

static void add_problem (Reader *self, guint line, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

static void
add_problem (Reader *self, guint line, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  if (self->n_problems++ >= PROBLEMS_MAX)
    return;
  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_ptr_array_add (self->problems,
                   line > 0
                       ? g_strdup_printf ("%s:%u: %s", self->name, line, text)
                       : g_strdup_printf ("%s: %s", self->name, text));
}

static char *
name_place (const char *gate, const char *key)
{
  return key != NULL ? g_strdup_printf ("%s\n%s", gate, key) : g_strdup (gate);
}

/* Returns: %FALSE if it stood there before */
static gboolean
remember_line (Reader *self, const char *gate, const char *key)
{
  g_autofree char *place = name_place (gate, key);

  if (g_hash_table_contains (self->lines, place))
    return FALSE;
  return g_hash_table_insert (
      self->lines, g_steal_pointer (&place), GUINT_TO_POINTER (self->line));
}

/* Returns: 0 if it is not there */
static guint
find_line (const Reader *self, const char *gate, const char *key)
{
  g_autofree char *place = name_place (gate, key);
  gpointer line = g_hash_table_lookup (self->lines, place);

  return GPOINTER_TO_UINT (line);
}

/* Takes blanks off both ends, and no other white space: that is for GKeyFile to
 * refuse too. */
static char *
strip (char *text)
{
  gsize length = strlen (text);

  while (length > 0 && strchr (BLANKS, text[length - 1]) != NULL)
    text[--length] = '\0';
  return text + strspn (text, BLANKS);
}

/* Returns: (transfer full) (nullable): what is wrong with the name of a gate */
static char *
judge_name (const Reader *self, const char *name)
{
  /* Steps that bring the commit; nobody could tell a gate from them. */
  static const char *const own[] = { "checkout", "fetch", NULL };

  if (!apm2_text_is_word (
          name, APM2_TEXT_ALNUM, APM2_TEXT_ALNUM "_.-", APM2_STEP_NAME_MAX))
    return g_strdup (_ ("a gate's name is [A-Za-z0-9][A-Za-z0-9_.-]{0,63}"));
  if (g_strv_contains (own, name))
    return g_strdup (_ ("apm2 has a step of that name itself"));
  if (g_hash_table_contains (self->lines, name))
    return g_strdup (_ ("the group stands there twice"));
  if (self->steps->len >= APM2_STEPS_MAX)
    return g_strdup_printf (_ ("there are more than %d gates"), APM2_STEPS_MAX);
  return NULL;
}

static void
begin_group (Reader *self, char *text)
{
  g_autofree char *quoted = NULL;
  const char *name = NULL;
  g_autofree char *why = NULL;

  self->step = NULL;
  self->in_group = TRUE;
  quoted = apm2_text_quote (text);
  if (!g_str_has_suffix (text, "]") || strpbrk (text + 1, "[") != NULL)
    {
      add_problem (self, self->line, _ ("'%s' is not a [group]"), quoted);
      return;
    }
  text[strlen (text) - 1] = '\0';
  if (!g_str_has_prefix (text + 1, GROUP))
    {
      add_problem (self,
                   self->line,
                   _ ("%s: unknown group; there is only [gate NAME]"),
                   quoted);
      return;
    }
  name = text + 1 + strlen (GROUP);
  why = judge_name (self, name);
  if (why != NULL)
    {
      add_problem (self, self->line, "%s: %s", quoted, why);
      return;
    }
  (void) remember_line (self, name, NULL);
  self->step = apm2_step_new (name);
  g_ptr_array_add (self->steps, self->step);
}

static void
read_key (Reader *self, char *text)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *quoted = NULL;
  char *equals = strchr (text, '=');

  if (equals == NULL || equals == text)
    {
      quoted = apm2_text_quote (text);
      add_problem (self, self->line, _ ("'%s' is not key=value"), quoted);
      return;
    }
  *equals = '\0';
  text = strip (text);
  quoted = apm2_text_quote (text);
  if (!self->in_group)
    add_problem (
        self, self->line, _ ("key '%s' stands before any [gate NAME]"), quoted);
  if (self->step == NULL)
    return;
  if (!remember_line (self, self->step->name, text))
    g_set_error_literal (&error,
                         APM2_ERROR,
                         APM2_ERROR_INVALID_ARGUMENT,
                         _ ("stands there twice"));
  else if (apm2_gates_key_set (self->step, text, strip (equals + 1), &error))
    return;
  add_problem (self,
               self->line,
               _ ("[gate %s] %s: %s"),
               self->step->name,
               quoted,
               error->message);
}

static void
read_lines (Reader *self, const char *data, gsize size)
{
  g_autofree char *text = g_strndup (data, size);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      char *line = lines[i];

      self->line = i + 1;
      if (g_str_has_suffix (line, "\r"))
        line[strlen (line) - 1] = '\0';
      line = strip (line);
      if (line[0] == '[')
        begin_group (self, line);
      else if (line[0] != '\0' && line[0] != '#')
        read_key (self, line);
    }
}

static int
compare_env (gconstpointer a, gconstpointer b)
{
  const char *x = *(const char *const *) a;
  const char *y = *(const char *const *) b;
  g_autofree char *name_x = g_strndup (x, strcspn (x, "="));
  g_autofree char *name_y = g_strndup (y, strcspn (y, "="));

  return strcmp (name_x, name_y);
}

static void
finish_gates (Reader *self)
{
  if (self->steps->len == 0 && self->n_problems == 0)
    add_problem (self, 0, _ ("has no [gate NAME]"));
  for (guint i = 0; i < self->steps->len; i++)
    {
      Apm2Step *step = g_ptr_array_index (self->steps, i);

      if (find_line (self, step->name, "command") == 0)
        add_problem (self,
                     find_line (self, step->name, NULL),
                     _ ("[gate %s] command: missing"),
                     step->name);
      if (step->env != NULL)
        qsort (
            step->env, g_strv_length (step->env), sizeof (char *), compare_env);
    }
}

static GPtrArray *
order (Reader *self)
{
  g_autofree char *gate = NULL;
  g_autofree char *why = NULL;
  GPtrArray *ordered = NULL;

  if (self->n_problems > 0)
    return NULL;
  ordered = apm2_gates_order (self->steps, &gate, &why);
  if (ordered == NULL)
    add_problem (self,
                 find_line (self, gate, "needs"),
                 _ ("[gate %s] needs: %s"),
                 gate,
                 why);
  return ordered;
}

static void
set_problems (Reader *self, GError **error)
{
  g_autofree char *list = NULL;

  if (self->n_problems > self->problems->len)
    g_ptr_array_add (self->problems,
                     g_strdup_printf (_ ("%s: and %u more"),
                                      self->name,
                                      self->n_problems - self->problems->len));
  g_ptr_array_add (self->problems, NULL);
  list = g_strjoinv ("\n", (GStrv) self->problems->pdata);
  g_set_error_literal (error, APM2_ERROR, APM2_ERROR_INVALID_ARGUMENT, list);
}

/**
 * apm2_gates_file_parse:
 * @data: (array length=size): bytes of a gate file, of any origin
 * @size: how many
 * @name: what messages call the file
 * @error: INVALID_ARGUMENT; one line for each thing that is wrong, with file,
 *   line, group and key
 *
 * Each gate becomes a step that runs its command in a shell.
 *
 * Returns: (transfer full) (element-type Apm2Step): the gates, at least one;
 *   each stands behind those that it needs, and else as in the file
 */
GPtrArray *
apm2_gates_file_parse (const char *data,
                       gsize size,
                       const char *name,
                       GError **error)
{
  g_auto (Reader) self = {
    .name = name,
    .problems = g_ptr_array_new_with_free_func (g_free),
    .steps = g_ptr_array_new_with_free_func ((GDestroyNotify) apm2_step_free),
    .lines = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL),
  };
  GPtrArray *ordered = NULL;

  g_return_val_if_fail (data != NULL || size == 0, NULL);
  g_return_val_if_fail (name != NULL, NULL);

  if (size > APM2_GATES_FILE_BYTES_MAX)
    add_problem (
        &self, 0, _ ("larger than %d bytes"), APM2_GATES_FILE_BYTES_MAX);
  else if (size > 0 && !g_utf8_validate_len (data, size, NULL))
    add_problem (&self, 0, _ ("not UTF-8 text"));
  else
    {
      if (size > 0)
        read_lines (&self, data, size);
      finish_gates (&self);
    }
  ordered = order (&self);
  if (ordered == NULL)
    set_problems (&self, error);
  return ordered;
}
