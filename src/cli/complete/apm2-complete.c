/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What may stand where the cursor is, by the same tables that are parsed.
 *
 * The last word is the one that is typed, maybe empty. What a value or an
 * argument is called in --help says what it may be.
 */

#include "apm2-complete.h"

#include <string.h>

#include <glib/gi18n.h>

#include "apm2-job-state.h"

typedef struct
{
  const char *name; /* part of how --help calls it */
  Apm2CompleteKind kind;
} Naming;

static const Naming namings[] = {
  { "LANE", APM2_COMPLETE_LANES },      { "UNIT", APM2_COMPLETE_UNITS },
  { "WORKER", APM2_COMPLETE_WORKERS },  { "INSTANCE", APM2_COMPLETE_WORKERS },
  { "GATE", APM2_COMPLETE_GATES },      { "COMMAND", APM2_COMPLETE_COMMAND },
  { "FILE", APM2_COMPLETE_FILES },      { "DIR", APM2_COMPLETE_FILES },
  { "DIRECTORY", APM2_COMPLETE_FILES }, { "ID", APM2_COMPLETE_JOBS },
  { "JOB", APM2_COMPLETE_JOBS },
};

static const char *const whens[] = { "auto", "always", "never", NULL };
static const char *const styles[] = { "short", "pretty", "off", NULL };
static const char *const healths[]
    = { "healthy", "degraded", "unhealthy", "unknown", NULL };

static void
candidate_free (gpointer data)
{
  Apm2Candidate *candidate = data;

  g_free (candidate->word);
  g_free (candidate->meaning);
  g_free (candidate);
}

/**
 * apm2_completion_add:
 * @self: a completion
 * @word: what may stand there
 * @meaning: (nullable): for people
 *
 * Adds @word if it goes on with what was typed.
 */
void
apm2_completion_add (Apm2Completion *self,
                     const char *word,
                     const char *meaning)
{
  Apm2Candidate *candidate = NULL;

  if (!g_str_has_prefix (word, self->before))
    return;
  candidate = g_new0 (Apm2Candidate, 1);
  candidate->word = g_strdup (word);
  candidate->meaning = g_strdup (meaning != NULL ? meaning : "");
  g_ptr_array_add (self->candidates, candidate);
}

static void
add_words (Apm2Completion *self, const char *const *words)
{
  for (; *words != NULL; words++)
    apm2_completion_add (self, *words, NULL);
}

static void
add_states (Apm2Completion *self)
{
  for (guint i = 0; i < APM2_N_JOB_STATES; i++)
    apm2_completion_add (
        self, apm2_job_state_to_string ((Apm2JobState) i), NULL);
  apm2_completion_add (self, "passed", NULL);
  apm2_completion_add (self, "failed", NULL);
}

/* Whether @name is one of the names in @text, such as "[ID|DIGEST|-]". */
static gboolean
has_name (const char *text, const char *name)
{
  const gsize length = strlen (name);

  for (const char *c = strstr (text, name); c != NULL; c = strstr (c + 1, name))
    if ((c == text || !g_ascii_isupper (c[-1])) && !g_ascii_isupper (c[length]))
      return TRUE;
  return FALSE;
}

static Apm2CompleteKind
find_kind (const char *text)
{
  for (gsize i = 0; i < G_N_ELEMENTS (namings); i++)
    if (has_name (text, namings[i].name))
      return namings[i].kind;
  return APM2_COMPLETE_WORDS;
}

/* The names before the last comma stay. */
static void
add_columns (Apm2Completion *self, const Apm2Command *command)
{
  const char *comma = strrchr (self->before, ',');
  const int kept = comma != NULL ? (int) (comma - self->before) + 1 : 0;

  for (guint i = 0; i < command->n_columns; i++)
    {
      g_autofree char *word = g_strdup_printf (
          "%.*s%s", kept, self->before, _ (command->columns[i].title));

      apm2_completion_add (self, word, NULL);
    }
}

static void
complete_value (Apm2Completion *self,
                const Apm2Command *command,
                const GOptionEntry *entry)
{
  const char *name
      = entry->arg_description != NULL ? entry->arg_description : "";

  if (has_name (name, "STATE"))
    add_states (self);
  else if (has_name (name, "WHEN") && g_str_equal (entry->long_name, "color"))
    add_words (self, whens);
  else if (g_str_equal (entry->long_name, "timestamp"))
    add_words (self, apm2_options_timestamps);
  else if (g_str_equal (entry->long_name, "columns"))
    add_columns (self, command);
  else if (has_name (name, "STYLE"))
    add_words (self, styles);
  else if (has_name (name, "HEALTH"))
    add_words (self, healths);
  else
    self->kind = find_kind (name);
}

static const GOptionEntry *
find_long (const Apm2Command *command, const char *name, gsize length)
{
  const GOptionEntry *tables[] = { apm2_options_entries, command->entries };

  for (gsize i = 0; i < G_N_ELEMENTS (tables); i++)
    for (const GOptionEntry *e = tables[i]; e != NULL && e->long_name != NULL;
         e++)
      if (strlen (e->long_name) == length
          && strncmp (e->long_name, name, length) == 0)
        return e;
  return NULL;
}

static const GOptionEntry *
find_short (const Apm2Command *command, char letter)
{
  const GOptionEntry *tables[] = { apm2_options_entries, command->entries };

  for (gsize i = 0; i < G_N_ELEMENTS (tables); i++)
    for (const GOptionEntry *e = tables[i]; e != NULL && e->long_name != NULL;
         e++)
      if (e->short_name == letter)
        return e;
  return NULL;
}

static gboolean
takes_value (const GOptionEntry *entry)
{
  return entry != NULL && entry->arg != G_OPTION_ARG_NONE
         && !g_str_equal (entry->long_name, "json"); /* only behind a "=" */
}

/* Returns: (nullable): the option whose value is the word behind @word. */
static const GOptionEntry *
find_waiting (const Apm2Command *command, const char *word)
{
  const GOptionEntry *entry = NULL;

  if (g_str_has_prefix (word, "--"))
    {
      entry = strchr (word, '=') == NULL
                  ? find_long (command, word + 2, strlen (word + 2))
                  : NULL;
      return takes_value (entry) ? entry : NULL;
    }
  for (const char *c = word + 1; *c != '\0'; c++)
    {
      entry = find_short (command, *c);
      if (takes_value (entry))
        return c[1] == '\0' ? entry : NULL;
    }
  return NULL;
}

static void
add_options (Apm2Completion *self, const GOptionEntry *entries)
{
  for (const GOptionEntry *e = entries; e != NULL && e->long_name != NULL; e++)
    {
      g_autofree char *word = g_strconcat ("--", e->long_name, NULL);

      if (!(e->flags & G_OPTION_FLAG_HIDDEN))
        apm2_completion_add (
            self, word, e->description != NULL ? _ (e->description) : NULL);
    }
}

/* Shells complete behind a "=" as if it were a word of its own. */
static void
complete_option (Apm2Completion *self, const Apm2Command *command)
{
  const char *word = self->before;
  const char *equals = strchr (word, '=');
  const GOptionEntry *entry = NULL;
  char *value = NULL;

  if (equals == NULL)
    {
      add_options (self, command->entries);
      add_options (self, apm2_options_entries);
      return;
    }
  entry = find_long (command, word + 2, (gsize) (equals - word - 2));
  value = g_strdup (equals + 1);
  g_free (self->before);
  self->before = value;
  if (entry != NULL && entry->arg != G_OPTION_ARG_NONE)
    complete_value (self, command, entry);
}

static void
complete_argument (Apm2Completion *self,
                   const Apm2Command *command,
                   guint n_args)
{
  for (gsize i = 0; command->children != NULL && command->children[i] != NULL;
       i++)
    if (!command->children[i]->hidden)
      apm2_completion_add (
          self, command->children[i]->name, _ (command->children[i]->summary));
  if (command->children == NULL && n_args < command->args_max
      && command->arguments != NULL)
    self->kind = find_kind (command->arguments);
}

/* Names that only the broker there knows, and nobody waits for ssh. */
static gboolean
is_of_broker (Apm2CompleteKind kind)
{
  return kind == APM2_COMPLETE_JOBS || kind == APM2_COMPLETE_LANES
         || kind == APM2_COMPLETE_UNITS || kind == APM2_COMPLETE_WORKERS;
}

static gboolean
names_host (const char *word)
{
  return g_str_equal (word, "--host") || g_str_has_prefix (word, "--host=")
         || g_str_has_prefix (word, "-H");
}

static void
note_global (Apm2Options *globals, const char *word)
{
  if (g_str_equal (word, "--user"))
    globals->user = TRUE;
  if (g_str_equal (word, "--system"))
    globals->system = TRUE;
}

/* Where the words before the last one lead. */
typedef struct
{
  const Apm2Command *command;  /* (nullable) there is no such */
  const GOptionEntry *waiting; /* (nullable) for its value */
  gboolean over;               /* no options any more */
  gboolean elsewhere;          /* on another machine */
  guint n_args;
  int foreign; /* where somebody else's command begins; -1: nowhere */
} Place;

static void
take_word (Place *place, Apm2Options *globals, const char *word, int index)
{
  const Apm2Command *command = place->command;

  if (place->waiting != NULL)
    place->waiting = NULL;
  else if (!place->over && g_str_equal (word, "--"))
    {
      place->over = TRUE;
      place->foreign = command->stop_at_first ? index + 1 : -1;
    }
  else if (!place->over && word[0] == '-' && word[1] != '\0')
    {
      note_global (globals, word);
      place->elsewhere = place->elsewhere || names_host (word);
      place->waiting = find_waiting (command, word);
    }
  else if (command->children == NULL)
    {
      place->n_args++;
      place->foreign = command->stop_at_first ? index : -1;
    }
  else if (!g_str_equal (word, "help"))
    place->command = apm2_command_find_child (command, word);
}

/**
 * apm2_complete:
 * @root: the tables
 * @words: (array zero-terminated=1): what was typed after the program's name,
 *   with the word in which the cursor stands, maybe empty, as the last
 *
 * Returns: (transfer full): what may stand there
 */
Apm2Completion *
apm2_complete (const Apm2Command *root, const char *const *words)
{
  Apm2Completion *self = g_new0 (Apm2Completion, 1);
  const int last = (int) g_strv_length ((GStrv) words) - 1;
  Place place = { .command = root, .foreign = -1 };

  self->candidates = g_ptr_array_new_with_free_func (candidate_free);
  self->before = g_strdup (last >= 0 ? words[last] : "");
  for (int i = 0; i < last && place.command != NULL && place.foreign < 0; i++)
    take_word (&place, &self->globals, words[i], i);
  if (place.command == NULL)
    return self;
  if (place.foreign >= 0)
    self->kind = APM2_COMPLETE_COMMAND;
  else if (place.waiting != NULL)
    complete_value (self, place.command, place.waiting);
  else if (!place.over && self->before[0] == '-')
    complete_option (self, place.command);
  else
    complete_argument (self, place.command, place.n_args);
  if (place.elsewhere && is_of_broker (self->kind))
    self->kind = APM2_COMPLETE_WORDS;
  if (self->kind == APM2_COMPLETE_COMMAND)
    self->command_index = (guint) (place.foreign >= 0 ? place.foreign : last);
  return self;
}

/**
 * apm2_completion_free:
 * @self: a completion
 */
void
apm2_completion_free (Apm2Completion *self)
{
  g_ptr_array_unref (self->candidates);
  g_free (self->before);
  g_free (self);
}
