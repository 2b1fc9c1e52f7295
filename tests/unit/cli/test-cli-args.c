/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Which words are options, which are not, and what the options mean.
 */

#include <string.h>

#include <glib/gstdio.h>

#include "apm2-args-unit.h"
#include "apm2-options.h"

typedef struct
{
  char *lane;
  gboolean wait;
  int n;
  GStrv env;
} Verb;

static const GOptionEntry entries[] = {
  { "lane",
    'l',
    0,
    G_OPTION_ARG_FILENAME,
    APM2_ARGS_OFFSET (Verb, lane),
    NULL,
    NULL },
  { "wait",
    'w',
    0,
    G_OPTION_ARG_NONE,
    APM2_ARGS_OFFSET (Verb, wait),
    NULL,
    NULL },
  { "lines", 'n', 0, G_OPTION_ARG_INT, APM2_ARGS_OFFSET (Verb, n), NULL, NULL },
  { "env",
    0,
    0,
    G_OPTION_ARG_FILENAME_ARRAY,
    APM2_ARGS_OFFSET (Verb, env),
    NULL,
    NULL },
  G_OPTION_ENTRY_NULL,
};

typedef struct
{
  Verb verb;
  Apm2Options globals;
  char *rest; /* joined by '|' */
  GError *error;
} Parsed;

static void
parsed_clear (Parsed *self)
{
  apm2_args_clear (entries, &self->verb);
  apm2_options_clear (&self->globals);
  g_free (self->rest);
  g_clear_error (&self->error);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Parsed, parsed_clear)

static void
parse (Parsed *self, const char *line, gboolean stop_at_first)
{
  const Apm2ArgsTable tables[]
      = { { apm2_options_entries, &self->globals }, { entries, &self->verb } };
  g_autoptr (GPtrArray) options = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) rest = g_ptr_array_new_with_free_func (g_free);
  g_auto (GStrv) words = g_strsplit (line, " ", -1);

  apm2_args_split ((const char *const *) words,
                   tables,
                   G_N_ELEMENTS (tables),
                   stop_at_first,
                   options,
                   rest);
  g_ptr_array_add (rest, NULL);
  self->rest = g_strjoinv ("|", (GStrv) rest->pdata);
  if (!apm2_args_parse (options, tables, G_N_ELEMENTS (tables), &self->error)
      || !apm2_options_resolve (&self->globals, FALSE, &self->error))
    g_assert_nonnull (self->error);
}

static void
test_command_ends_the_options (void)
{
  g_auto (Parsed) p = { 0 };

  parse (&p, "--lane gates --wait make --wait -n x --json", TRUE);

  g_assert_no_error (p.error);
  g_assert_cmpstr (p.verb.lane, ==, "gates");
  g_assert_true (p.verb.wait);
  g_assert_cmpstr (p.rest, ==, "make|--wait|-n|x|--json");
  g_assert_cmpint (p.globals.json, ==, APM2_JSON_STYLE_OFF);
}

static void
test_dashes_end_the_options (void)
{
  g_auto (Parsed) p = { 0 };

  parse (&p, "--wait -- --lane -- x", TRUE);

  g_assert_no_error (p.error);
  g_assert_null (p.verb.lane);
  g_assert_cmpstr (p.rest, ==, "--lane|--|x");
}

static void
test_options_may_follow_words (void)
{
  g_auto (Parsed) p = { 0 };

  parse (&p, "id1 --lane gates id2 --user", FALSE);

  g_assert_no_error (p.error);
  g_assert_cmpstr (p.verb.lane, ==, "gates");
  g_assert_cmpstr (p.rest, ==, "id1|id2");
  g_assert_cmpint (p.globals.mode, ==, APM2_MODE_USER);
}

static void
test_json_leaves_the_next_word_alone (void)
{
  g_auto (Parsed) p = { 0 };

  parse (&p, "--json id1", FALSE);

  g_assert_no_error (p.error);
  g_assert_cmpstr (p.rest, ==, "id1");
  g_assert_cmpint (p.globals.json, ==, APM2_JSON_STYLE_SHORT);
}

static void
test_json_takes_a_style (void)
{
  g_auto (Parsed) p = { 0 };

  parse (&p, "--json=pretty", FALSE);

  g_assert_no_error (p.error);
  g_assert_cmpint (p.globals.json, ==, APM2_JSON_STYLE_PRETTY);
}

static void
test_unknown_style_is_refused (void)
{
  g_auto (Parsed) p = { 0 };

  parse (&p, "--json=yaml", FALSE);

  g_assert_error (p.error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE);
}

static void
test_value_may_look_like_an_option (void)
{
  g_auto (Parsed) p = { 0 };

  parse (&p, "--lane --json make", TRUE);

  g_assert_no_error (p.error);
  g_assert_cmpstr (p.verb.lane, ==, "--json");
  g_assert_cmpstr (p.rest, ==, "make");
}

static void
test_short_options_may_be_joined (void)
{
  g_auto (Parsed) p = { 0 };

  parse (&p, "-wjn 3 id", FALSE);

  g_assert_no_error (p.error);
  g_assert_true (p.verb.wait);
  g_assert_cmpint (p.verb.n, ==, 3);
  g_assert_cmpint (p.globals.json, ==, APM2_JSON_STYLE_SHORT);
  g_assert_cmpstr (p.rest, ==, "id");
}

static void
test_short_option_may_hold_its_value (void)
{
  g_auto (Parsed) p = { 0 };

  parse (&p, "-n3 id", FALSE);

  g_assert_no_error (p.error);
  g_assert_cmpint (p.verb.n, ==, 3);
  g_assert_cmpstr (p.rest, ==, "id");
}

static void
test_list_keeps_all_values (void)
{
  g_auto (Parsed) p = { 0 };

  parse (&p, "--env A=1 --env=B=2 x", TRUE);

  g_assert_no_error (p.error);
  g_assert_cmpuint (g_strv_length (p.verb.env), ==, 2);
  g_assert_cmpstr (p.verb.env[1], ==, "B=2");
}

static void
test_unknown_option_is_named (void)
{
  g_auto (Parsed) p = { 0 };

  parse (&p, "--lnae gates", TRUE);

  g_assert_error (p.error, G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION);
  g_assert_nonnull (strstr (p.error->message, "--lnae"));
}

static void
test_missing_value_is_refused (void)
{
  g_auto (Parsed) p = { 0 };

  parse (&p, "--lane", TRUE);

  g_assert_error (p.error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE);
}

static void
test_modes_exclude_each_other (void)
{
  g_auto (Parsed) p = { 0 };

  parse (&p, "--user --system", FALSE);

  g_assert_error (p.error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE);
}

static void
test_dash_is_a_word (void)
{
  g_auto (Parsed) p = { 0 };

  parse (&p, "- --wait", FALSE);

  g_assert_no_error (p.error);
  g_assert_cmpstr (p.rest, ==, "-");
  g_assert_true (p.verb.wait);
}

static void
test_unit_stands_with_its_number (void)
{
  static const GOptionEntry with_units[] = {
    { "timeout", 't', 0, G_OPTION_ARG_FILENAME, NULL, NULL, "SPAN" },
    { "memory", 0, 0, G_OPTION_ARG_FILENAME, NULL, NULL, "SIZE" },
    { "lines", 'n', 0, G_OPTION_ARG_INT, NULL, NULL, "N" },
    { "wait", 'w', 0, G_OPTION_ARG_NONE, NULL, NULL, NULL },
    G_OPTION_ENTRY_NULL,
  };
  static const struct
  {
    const char *line;
    gboolean is_command;
    const char *advice; /* NULL: there is nothing to say */
  } lines[] = {
    { "--timeout 10 minutes make", TRUE, "--timeout 10min" },
    { "--wait --timeout=10 minutes -- make", TRUE, "--timeout 10min" },
    { "-wt 10 hrs make", TRUE, "--timeout 10h" },
    { "-t10 secs", TRUE, "--timeout 10s" },
    { "--memory 2 GiB make", TRUE, "--memory 2G" },
    { "id --timeout 10 days", FALSE, "--timeout 10d" },
    { "--timeout 10 make minutes", TRUE, NULL },
    { "--timeout 10 -- minutes", TRUE, NULL },
    { "--timeout 10min minutes", TRUE, NULL },
    { "--timeout 10 GiB", TRUE, NULL },
    { "--memory 2 minutes", TRUE, NULL },
    { "--lines 2 minutes", TRUE, NULL },
    { "make --timeout 10 minutes", TRUE, NULL },
    { "- --timeout 10 minutes", TRUE, NULL },
    { "--timeout 10 sort", TRUE, NULL },
    { "--timeout 10", TRUE, NULL },
    { "--timeout", TRUE, NULL },
    { "--timeout= minutes", TRUE, NULL },
    { "--other 10 minutes", TRUE, NULL },
  };
  const Apm2ArgsTable table = { with_units, NULL };

  for (gsize i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      g_auto (GStrv) words = g_strsplit (lines[i].line, " ", -1);
      g_autoptr (GError) error = NULL;
      const gboolean is_well = apm2_args_unit_check (
          (const char *const *) words, &table, 1, lines[i].is_command, &error);

      g_test_message ("%s", lines[i].line);
      g_assert_cmpint (is_well, ==, lines[i].advice == NULL);
      if (is_well)
        {
          g_assert_no_error (error);
          continue;
        }
      g_assert_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE);
      g_assert_true (g_str_has_suffix (error->message, lines[i].advice));
    }
}

/* One that is there may be meant. */
static void
test_unit_may_be_a_program (void)
{
  static const GOptionEntry with_units[] = {
    { "timeout", 't', 0, G_OPTION_ARG_FILENAME, NULL, NULL, "SPAN" },
    G_OPTION_ENTRY_NULL,
  };
  static const char *const words[] = { "-t", "10", "minutes", NULL };
  const Apm2ArgsTable table = { with_units, NULL };
  g_autoptr (GError) error = NULL;
  g_autofree char *folder = g_dir_make_tmp ("apm2-args-XXXXXX", &error);
  g_autofree char *program = g_build_filename (folder, "minutes", NULL);
  g_autofree char *path = g_strdup (g_getenv ("PATH"));

  g_assert_no_error (error);
  g_file_set_contents_full (
      program, "", 0, G_FILE_SET_CONTENTS_NONE, 0755, &error);
  g_assert_no_error (error);
  g_assert_true (g_setenv ("PATH", folder, TRUE));
  g_assert_true (apm2_args_unit_check (words, &table, 1, TRUE, &error));
  g_assert_no_error (error);
  /* An id that is a unit is none all the same. */
  g_assert_false (apm2_args_unit_check (words, &table, 1, FALSE, &error));
  g_assert_true (g_setenv ("PATH", path, TRUE));
  g_assert_cmpint (g_unlink (program), ==, 0);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add_func ("/apm2/cli-args/" name, func)
  ADD ("split/command-ends-the-options", test_command_ends_the_options);
  ADD ("split/dashes-end-the-options", test_dashes_end_the_options);
  ADD ("split/options-may-follow-words", test_options_may_follow_words);
  ADD ("split/json-leaves-the-next-word-alone",
       test_json_leaves_the_next_word_alone);
  ADD ("split/value-may-look-like-an-option",
       test_value_may_look_like_an_option);
  ADD ("split/short-options-may-be-joined", test_short_options_may_be_joined);
  ADD ("split/short-option-may-hold-its-value",
       test_short_option_may_hold_its_value);
  ADD ("split/dash-is-a-word", test_dash_is_a_word);
  ADD ("parse/json-takes-a-style", test_json_takes_a_style);
  ADD ("parse/unknown-style-is-refused", test_unknown_style_is_refused);
  ADD ("parse/list-keeps-all-values", test_list_keeps_all_values);
  ADD ("parse/unknown-option-is-named", test_unknown_option_is_named);
  ADD ("parse/missing-value-is-refused", test_missing_value_is_refused);
  ADD ("parse/modes-exclude-each-other", test_modes_exclude_each_other);
  ADD ("unit/stands-with-its-number", test_unit_stands_with_its_number);
  ADD ("unit/may-be-a-program", test_unit_may_be_a_program);
  return g_test_run ();
}
