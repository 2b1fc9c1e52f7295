/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The built program where nothing runs: no broker, no bus, an empty
 * environment. Help and mistakes must work there all the same, one line for
 * each mistake.
 */

#include <string.h>

#include <gio/gio.h>

#include "apm2-command.h"
#include "apm2-display.h"

static const char *program;

typedef struct
{
  int status;
  char *out;
  char *err;
} Result;

static void
result_clear (Result *self)
{
  g_free (self->out);
  g_free (self->err);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Result, result_clear)

/* Runs "apm2 LINE" with HOME and no other variable but @extra. */
static void
run_with (Result *self, const char *line, const char *input, const char *extra)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (
      G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE
      | G_SUBPROCESS_FLAGS_STDERR_PIPE);
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *all = g_strdup_printf ("%s %s", program, line);
  g_auto (GStrv) argv = NULL;
  g_auto (GStrv) env = g_strsplit (extra, " ", -1);

  env = g_environ_setenv (env, "HOME", "/nonexistent", TRUE);
  env = g_environ_setenv (
      env, "DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent/bus", TRUE);
  env = g_environ_setenv (env, "APM2_HOME", "/nonexistent/apm2", TRUE);
  env = g_environ_setenv (
      env, "ASAN_OPTIONS", g_getenv ("ASAN_OPTIONS") ?: "", TRUE);
  env = g_environ_setenv (
      env, "LSAN_OPTIONS", g_getenv ("LSAN_OPTIONS") ?: "", TRUE);
  g_subprocess_launcher_set_environ (launcher, env);
  g_assert_true (g_shell_parse_argv (all, NULL, &argv, &error));
  g_assert_no_error (error);
  process = g_subprocess_launcher_spawnv (
      launcher, (const char *const *) argv, &error);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_communicate_utf8 (
      process, input, NULL, &self->out, &self->err, &error));
  g_assert_no_error (error);
  g_assert_true (g_subprocess_get_if_exited (process));
  self->status = g_subprocess_get_exit_status (process);
}

static void
run (Result *self, const char *line)
{
  run_with (self, line, "", "LC_ALL=C.UTF-8");
}

static void
assert_one_line (const char *text)
{
  const char *end = strchr (text, '\n');

  g_assert_nonnull (end);
  g_assert_cmpstr (end, ==, "\n");
}

/* The mistake in @line is told in one line that holds @word, with exit 2. */
static void
assert_usage_error (const char *line, const char *word)
{
  g_auto (Result) r = { 0 };

  run (&r, line);

  g_assert_cmpint (r.status, ==, APM2_EXIT_USAGE);
  g_assert_cmpstr (r.out, ==, "");
  assert_one_line (r.err);
  g_test_message ("'%s' must tell '%s': %s", line, word, r.err);
  g_assert_nonnull (strstr (r.err, word));
}

/* A screen has 24 lines of 80 columns, and one is for the next prompt. */
static void
assert_fits_a_screen (const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  g_test_message ("%s", text);
  g_assert_cmpuint (g_strv_length (lines), <=, 24);
  for (gsize i = 0; lines[i] != NULL; i++)
    g_assert_cmpuint (apm2_display_get_width (lines[i]), <=, 80);
}

static void
assert_help (const char *line, const char *path)
{
  g_autofree char *usage = g_strdup_printf ("Usage: %s ", path);
  g_auto (Result) r = { 0 };

  run (&r, line);

  g_assert_cmpint (r.status, ==, APM2_EXIT_OK);
  g_assert_true (g_str_has_prefix (r.out, usage));
  g_assert_cmpstr (r.err, ==, "");
  assert_fits_a_screen (r.out);
}

/* Help of @command and of all below it, in each of its spellings. */
static void
assert_all_help (const Apm2Command *command, const char *path, guint depth)
{
  const char *words = strchr (path, ' ');
  g_autofree char *option
      = g_strdup_printf ("%s --help", words != NULL ? words : "");
  g_autofree char *verb
      = g_strdup_printf ("help %s", words != NULL ? words : "");

  g_assert_cmpuint (depth, <, 5);
  g_assert_nonnull (command->summary);
  g_assert_true ((command->run != NULL || command->module != NULL)
                 != (command->children != NULL));
  assert_help (option, path);
  assert_help (verb, path);
  for (gsize i = 0; command->children != NULL && command->children[i] != NULL;
       i++)
    {
      g_autofree char *below
          = g_strdup_printf ("%s %s", path, command->children[i]->name);

      assert_all_help (command->children[i], below, depth + 1);
    }
}

static void
test_help_is_there_at_every_level (void)
{
  assert_all_help (&apm2_command_root, "apm2", 0);
}

static void
test_help_wins_over_missing_arguments (void)
{
  assert_help ("fac job show -h", "apm2 fac job show");
  assert_help ("-h fac job show", "apm2 fac job show");
  assert_help ("fac help job show", "apm2 fac job show");
}

static void
test_help_after_the_command_belongs_to_it (void)
{
  g_auto (Result) r = { 0 };

  run (&r, "fac submit make --help");

  g_assert_cmpint (r.status, ==, APM2_EXIT_UNREACHABLE);
}

static void
test_version_is_told (void)
{
  g_auto (Result) r = { 0 };

  run (&r, "fac jobs --version");

  g_assert_cmpint (r.status, ==, APM2_EXIT_OK);
  g_assert_true (g_str_has_prefix (r.out, "apm2 "));
}

static void
test_unknown_verb_is_named_with_the_nearest (void)
{
  assert_usage_error ("fac jbos", "did you mean 'apm2 fac jobs'");
  assert_usage_error ("fac job shwo x", "did you mean 'apm2 fac job show'");
  assert_usage_error ("help fac sumbit", "did you mean 'apm2 fac submit'");
  /* No abbreviation is taken, however clear it is. */
  assert_usage_error ("fac sub", "did you mean 'apm2 fac submit'");
  assert_usage_error ("fac qu",
                      "did you mean 'apm2 fac queue', 'apm2 fac quarantine'");
  assert_usage_error ("fac job", "apm2 fac job --help");
  /* Commands of elsewhere. */
  assert_usage_error ("jobs", "did you mean 'apm2 fac jobs'?");
  assert_usage_error ("help submit", "did you mean 'apm2 fac submit'?");
  assert_usage_error ("fac logs x", "did you mean 'apm2 fac job logs'?");
  assert_usage_error ("fac uninstall",
                      "did you mean 'apm2 fac hook uninstall', 'apm2 daemon "
                      "uninstall'?");
  assert_usage_error ("status",
                      "did you mean 'apm2 fac queue status', 'apm2 fac "
                      "services status'?");
}

static void
test_unknown_verb_of_no_kind_is_named (void)
{
  assert_usage_error ("frobnicate", "'frobnicate'");
  assert_usage_error ("''", "no command ''");
}

static void
test_unknown_option_is_named_with_the_nearest (void)
{
  assert_usage_error ("fac gates --comit x",
                      "no option '--comit'; did you mean '--commit'? 'apm2 fac "
                      "gates --help' lists them");
  assert_usage_error ("--stat=x fac jobs", "did you mean '--state'");
  assert_usage_error ("fac jobs --lane ci --lnae ci", "'--lnae'");
  assert_usage_error ("fac jobs --colour never", "did you mean '--color'");
  assert_usage_error ("fac submit --frobnicate true",
                      "no option '--frobnicate'; 'apm2 fac submit --help'");
  assert_usage_error ("fac jobs -X", "no option '-X'; 'apm2 fac jobs --help'");
  assert_usage_error ("fac jobs -aX", "no option '-aX'");
  assert_usage_error ("fac jobs --lane", "see 'apm2 fac jobs --help'");
  assert_usage_error ("fac jobs -n many", "see 'apm2 fac jobs --help'");
}

static void
test_typical_mistakes_are_told (void)
{
  assert_usage_error ("", "apm2 --help");
  assert_usage_error ("fac", "apm2 fac --help");
  assert_usage_error ("fac submit", "-- make check");
  assert_usage_error ("fac submit --", "-- make check");
  assert_usage_error ("fac submit --timeout soon true", "--timeout soon");
  assert_usage_error ("fac submit --file x true", "--file or a command");
  assert_usage_error ("fac submit --file x --lane a", "--lane");
  assert_usage_error ("fac submit --nosuch true", "--nosuch");
  assert_usage_error ("fac submit --follow --json true", "--wait --json");
  assert_usage_error ("fac job show", "apm2 fac jobs");
  assert_usage_error ("fac job show a b", "'b'");
  assert_usage_error ("fac job wait a --timeout soon", "--timeout soon");
  assert_usage_error ("fac jobs --state passsed", "'passed'");
  assert_usage_error ("fac jobs -n -1", "-n");
  assert_usage_error ("fac worker --poll-interval 0", "--poll-interval 0");
  assert_usage_error ("fac worker --slots many", "--slots many");
  assert_usage_error ("fac worker --executor docker", "--executor docker");
  assert_usage_error ("fac worker --instance a/b", "--instance a/b");
  assert_usage_error ("--user --system fac jobs", "--user and --system");
  assert_usage_error ("--color=blue fac jobs", "--color=blue");
}

static void
test_mistakes_cannot_drive_the_terminal (void)
{
  g_auto (Result) r = { 0 };

  run (&r, "fac '\x1b[2J'");

  g_assert_cmpint (r.status, ==, APM2_EXIT_USAGE);
  g_assert_null (strchr (r.err, '\x1b'));
}

static void
test_unreadable_file_is_told (void)
{
  g_auto (Result) r = { 0 };

  run (&r, "fac submit --file /nonexistent/spec.json");

  g_assert_cmpint (r.status, ==, APM2_EXIT_FAILURE);
  assert_one_line (r.err);
  g_assert_nonnull (strstr (r.err, "/nonexistent/spec.json"));
}

static void
test_bad_file_is_told_before_the_broker_is_asked (void)
{
  g_auto (Result) r = { 0 };

  run_with (&r, "fac submit --file -", "{\"a\":1}", "LC_ALL=C.UTF-8");

  g_assert_cmpint (r.status, ==, APM2_EXIT_USAGE);
  assert_one_line (r.err);
  g_assert_nonnull (strstr (r.err, "stdin"));
}

static void
test_no_broker_is_one_line_that_helps (void)
{
  static const char *const lines[]
      = { "--user fac jobs",           "fac --user submit true",
          "fac job show x --user",     "--user fac job wait x",
          "--user fac job logs -f x",  "--user fac queue status",
          "--user fac receipts list",  "--user fac receipts verify",
          "--user fac receipts show x" };

  for (gsize i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      g_auto (Result) r = { 0 };

      run (&r, lines[i]);

      g_assert_cmpint (r.status, ==, APM2_EXIT_UNREACHABLE);
      g_assert_cmpstr (r.out, ==, "");
      assert_one_line (r.err);
      g_assert_nonnull (strstr (r.err, "user mode"));
      g_assert_nonnull (strstr (r.err, "/nonexistent/apm2/run/operator.sock"));
      g_assert_nonnull (
          strstr (r.err, "systemctl --user start apm2-daemon.socket"));
      g_assert_nonnull (strstr (r.err, "apm2 --user daemon run"));
    }
}

static void
test_config_needs_nothing (void)
{
  g_auto (Result) r = { 0 };

  run (&r, "--user fac config show");

  g_assert_cmpint (r.status, ==, APM2_EXIT_OK);
  g_assert_nonnull (strstr (r.out, "[queue]"));
}

static void
test_receipts_of_stdin_need_nothing (void)
{
  g_auto (Result) r = { 0 };

  run (&r, "fac receipts verify -");

  g_assert_cmpint (r.status, ==, APM2_EXIT_OK);
}

static void
test_ascii_locale_gets_ascii (void)
{
  g_auto (Result) r = { 0 };

  run_with (&r, "fac submit --timeout \xc3\xb6 true", "", "LC_ALL=C");

  g_assert_cmpint (r.status, ==, APM2_EXIT_USAGE);
  g_assert_true (g_str_is_ascii (r.err));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_assert_cmpint (argc, ==, 2);
  program = argv[1];
#define ADD(name, func) g_test_add_func ("/apm2/cli-program/" name, func)
  ADD ("unknown-option", test_unknown_option_is_named_with_the_nearest);
  ADD ("help/is-there-at-every-level", test_help_is_there_at_every_level);
  ADD ("help/wins-over-missing-arguments",
       test_help_wins_over_missing_arguments);
  ADD ("help/after-the-command-belongs-to-it",
       test_help_after_the_command_belongs_to_it);
  ADD ("version/is-told", test_version_is_told);
  ADD ("usage/unknown-verb-is-named-with-the-nearest",
       test_unknown_verb_is_named_with_the_nearest);
  ADD ("usage/unknown-verb-of-no-kind-is-named",
       test_unknown_verb_of_no_kind_is_named);
  ADD ("usage/typical-mistakes-are-told", test_typical_mistakes_are_told);
  ADD ("usage/mistakes-cannot-drive-the-terminal",
       test_mistakes_cannot_drive_the_terminal);
  ADD ("usage/ascii-locale-gets-ascii", test_ascii_locale_gets_ascii);
  ADD ("submit/unreadable-file-is-told", test_unreadable_file_is_told);
  ADD ("submit/bad-file-is-told-before-the-broker-is-asked",
       test_bad_file_is_told_before_the_broker_is_asked);
  ADD ("broker/none-is-one-line-that-helps",
       test_no_broker_is_one_line_that_helps);
  ADD ("config/needs-nothing", test_config_needs_nothing);
  ADD ("receipts/of-stdin-need-nothing", test_receipts_of_stdin_need_nothing);
  return g_test_run ();
}
