/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What may stand at the end of a command line. */

#include "apm2-commands.h"
#include "apm2-complete.h"

typedef struct
{
  const char *line; /* words; "_" is an empty one */
  Apm2CompleteKind kind;
  guint command_index;
  const char *candidates; /* all of them */
} Case;

static const Case cases[] = {
  { "_", APM2_COMPLETE_WORDS, 0, "run fac daemon" },
  { "f", APM2_COMPLETE_WORDS, 0, "fac" },
  { "help f", APM2_COMPLETE_WORDS, 0, "fac" },
  { "--user --json fac job s", APM2_COMPLETE_WORDS, 0, "show" },
  { "fac job show _", APM2_COMPLETE_JOBS, 0, "" },
  { "fac job show ID _", APM2_COMPLETE_WORDS, 0, "" },
  { "fac job wait ID _", APM2_COMPLETE_JOBS, 0, "" },
  { "fac job show --no-l", APM2_COMPLETE_WORDS, 0, "--no-legend" },
  { "fac jobs --lane _", APM2_COMPLETE_LANES, 0, "" },
  { "fac jobs -al _", APM2_COMPLETE_LANES, 0, "" },
  { "fac jobs --lane=g", APM2_COMPLETE_LANES, 0, "" },
  { "fac jobs --lane gates --state pa", APM2_COMPLETE_WORDS, 0, "passed" },
  { "fac queue pause _", APM2_COMPLETE_LANES, 0, "" },
  { "fac services status _", APM2_COMPLETE_UNITS, 0, "" },
  { "--color a", APM2_COMPLETE_WORDS, 0, "auto always" },
  { "--color=n", APM2_COMPLETE_WORDS, 0, "never" },
  { "--json=s", APM2_COMPLETE_WORDS, 0, "short" },
  { "--json fa", APM2_COMPLETE_WORDS, 0, "fac" },
  { "--timestamp=u", APM2_COMPLETE_WORDS, 0, "us utc us+utc unix" },
  { "fac jobs --columns S", APM2_COMPLETE_WORDS, 0, "STATE SUBMITTED" },
  { "fac jobs --columns ID,N", APM2_COMPLETE_WORDS, 0, "ID,NAME" },
  { "fac job show --columns I", APM2_COMPLETE_WORDS, 0, "" },
  { "-H far fac job show _", APM2_COMPLETE_WORDS, 0, "" },
  { "fac queue pause --host=far _", APM2_COMPLETE_WORDS, 0, "" },
  { "fac jobs --wa", APM2_COMPLETE_WORDS, 0, "--watch" },
  { "run ma", APM2_COMPLETE_COMMAND, 1, "" },
  { "run make ch", APM2_COMPLETE_COMMAND, 1, "" },
  { "run -- make --us", APM2_COMPLETE_COMMAND, 2, "" },
  { "run --lane run -- _", APM2_COMPLETE_COMMAND, 4, "" },
  { "run --lane _", APM2_COMPLETE_LANES, 0, "" },
  { "run --json-result _", APM2_COMPLETE_FILES, 0, "" },
  { "run --supers", APM2_COMPLETE_WORDS, 0, "--supersede" },
  { "fac job show -- --u", APM2_COMPLETE_JOBS, 0, "" },
  { "bogus _", APM2_COMPLETE_WORDS, 0, "" },
  { "comp", APM2_COMPLETE_WORDS, 0, "" },
};

static void
test_case (gconstpointer data)
{
  const Case *c = data;
  g_auto (GStrv) words = g_strsplit (c->line, " ", -1);
  g_autoptr (Apm2Completion) completion = NULL;
  g_autoptr (GString) found = g_string_new (NULL);

  for (gsize i = 0; words[i] != NULL; i++)
    if (g_str_equal (words[i], "_"))
      words[i][0] = '\0';
  completion = apm2_complete (&apm2_command_root, (const char *const *) words);
  for (guint i = 0; i < completion->candidates->len; i++)
    {
      const Apm2Candidate *candidate
          = g_ptr_array_index (completion->candidates, i);

      g_string_append_printf (found, "%s%s", i > 0 ? " " : "", candidate->word);
    }
  g_assert_cmpstr (found->str, ==, c->candidates);
  g_assert_cmpint (completion->kind, ==, c->kind);
  g_assert_cmpuint (completion->command_index, ==, c->command_index);
}

static void
test_options_of_a_verb (void)
{
  static const char *const words[] = { "fac", "submit", "--", NULL };
  g_autoptr (Apm2Completion) completion
      = apm2_complete (&apm2_command_root, words);
  guint n = 0;

  for (const GOptionEntry *e = apm2_options_entries; e->long_name != NULL; e++)
    n += e->flags & G_OPTION_FLAG_HIDDEN ? 0 : 1;
  /* All of every verb, and its own. */
  g_assert_cmpuint (completion->candidates->len, >, n);
}

static void
test_mode_is_taken_over (void)
{
  static const char *const words[]
      = { "--system", "fac", "job", "show", "", NULL };
  g_autoptr (Apm2Completion) completion
      = apm2_complete (&apm2_command_root, words);

  g_assert_true (completion->globals.system);
  g_assert_false (completion->globals.user);
}

static void
test_no_words (void)
{
  static const char *const words[] = { NULL };
  g_autoptr (Apm2Completion) completion
      = apm2_complete (&apm2_command_root, words);

  g_assert_cmpuint (completion->candidates->len, >, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path
          = g_strdup_printf ("/cli/complete/case/%s", cases[i].line);

      g_test_add_data_func (path, &cases[i], test_case);
    }
  g_test_add_func ("/cli/complete/options-of-a-verb", test_options_of_a_verb);
  g_test_add_func ("/cli/complete/mode-is-taken-over", test_mode_is_taken_over);
  g_test_add_func ("/cli/complete/no-words", test_no_words);
  return g_test_run ();
}
