/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The program apm2-step by itself: without a supervisor it becomes the command,
 * and what it cannot read it does not run. */

#include <string.h>

#include <gio/gio.h>

#include "apm2-step-message.h"

/* Runs apm2-step with @input; returns its exit status. */
static int
run (const char *option, GBytes *input, char **ret_output)
{
  const char *const argv[] = { TEST_LIBEXECDIR "/apm2-step", option, NULL };
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GBytes) output = NULL;
  g_autoptr (GError) error = NULL;
  gsize length = 0;
  const char *text = NULL;

  process = g_subprocess_newv (argv,
                               G_SUBPROCESS_FLAGS_STDIN_PIPE
                                   | G_SUBPROCESS_FLAGS_STDOUT_PIPE
                                   | G_SUBPROCESS_FLAGS_STDERR_SILENCE,
                               &error);
  g_assert_no_error (error);
  g_assert_true (
      g_subprocess_communicate (process, input, NULL, &output, NULL, &error));
  g_assert_no_error (error);
  text = g_bytes_get_data (output, &length);
  *ret_output = g_strndup (text != NULL ? text : "", length);
  g_assert_true (g_subprocess_get_if_exited (process));
  return g_subprocess_get_exit_status (process);
}

static GBytes *
new_message (const char *command)
{
  g_autofree char *argument = g_strdup (command);
  char sh[] = "/bin/sh";
  char option[] = "-c";
  char variable[] = "ONE=1";
  char *argv[] = { sh, option, argument, NULL };
  char *env[] = { variable, NULL };
  const Apm2StepMessage message = {
    .argv = argv,
    .env = env,
    .directory = "/usr",
    .log_file = "",
    .progress_fifo = "",
  };
  gsize size = apm2_step_message_encode (&message, NULL, 0);
  guint8 *data = g_malloc (size);

  g_assert_cmpuint (apm2_step_message_encode (&message, data, size), ==, size);
  return g_bytes_new_take (data, size);
}

static void
test_becomes_the_command (void)
{
  g_autoptr (GBytes) message
      = new_message ("echo $ONE; pwd; readlink /proc/self/fd/0; exit 7");
  g_autofree char *output = NULL;

  g_assert_cmpint (run (NULL, message, &output), ==, 7);
  g_assert_cmpstr (output, ==, "1\n/usr\n/dev/null\n");
}

static void
test_truncations_are_refused (void)
{
  g_autoptr (GBytes) message = new_message ("echo run");
  gsize size = g_bytes_get_size (message);

  for (gsize n = 0; n < size; n += 7)
    {
      g_autoptr (GBytes) part = g_bytes_new_from_bytes (message, 0, n);
      g_autofree char *output = NULL;

      g_assert_cmpint (run (NULL, part, &output), ==, 65);
      g_assert_cmpstr (output, ==, "");
    }
}

static void
test_garbage_is_refused (void)
{
  g_autofree char *text = g_strnfill (4096, 'x');
  g_autoptr (GBytes) garbage = g_bytes_new (text, strlen (text));
  g_autofree char *output = NULL;

  g_assert_cmpint (run ("--supervise", garbage, &output), ==, 65);
  g_assert_cmpstr (output, ==, "");
}

/* The input ends with the message: there is no worker. */
static void
test_without_worker_nothing_runs_on (void)
{
  g_autoptr (GBytes) message = new_message ("exec sleep 1000");
  g_autofree char *output = NULL;

  g_assert_cmpint (run ("--supervise", message, &output), ==, 0);
}

static void
test_wrong_usage (void)
{
  g_autoptr (GBytes) nothing = g_bytes_new (NULL, 0);
  g_autofree char *output = NULL;

  g_assert_cmpint (run ("--nonsense", nothing, &output), ==, 64);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func) g_test_add_func ("/apm2/step-program/" path, func)
  ADD ("alone/becomes-the-command", test_becomes_the_command);
  ADD ("alone/truncations-are-refused", test_truncations_are_refused);
  ADD ("supervise/garbage-is-refused", test_garbage_is_refused);
  ADD ("supervise/without-a-worker-nothing-runs",
       test_without_worker_nothing_runs_on);
  ADD ("usage/wrong-options-are-refused", test_wrong_usage);
#undef ADD
  return g_test_run ();
}
