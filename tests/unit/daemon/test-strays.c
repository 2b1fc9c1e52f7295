/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What becomes of a supervisor that has lost its caller, and of what is below
 * it. */

#include <signal.h>
#include <string.h>

#include "apm2-strays.h"

/* A shell, as supervisor, that tells of its child before it goes on. */
typedef struct
{
  GSubprocess *process;
  Apm2ProcessId id;
  Apm2ProcessId child;
} Supervisor;

/* Its input ends when it is known. */
static void
supervisor_start (Supervisor *self, const char *rest)
{
  g_autofree char *script = g_strdup_printf ("sleep 1000 & echo $!; %s", rest);
  g_autoptr (GDataInputStream) lines = NULL;
  g_autofree char *line = NULL;
  g_autoptr (GError) error = NULL;

  self->process = g_subprocess_new (G_SUBPROCESS_FLAGS_STDIN_PIPE
                                        | G_SUBPROCESS_FLAGS_STDOUT_PIPE,
                                    &error,
                                    "/bin/sh",
                                    "-c",
                                    script,
                                    NULL);
  g_assert_no_error (error);
  lines
      = g_data_input_stream_new (g_subprocess_get_stdout_pipe (self->process));
  line = g_data_input_stream_read_line (lines, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (apm2_process_id_read (
      &self->child, (pid_t) g_ascii_strtoll (line, NULL, 10), NULL));
  g_assert_true (apm2_process_id_read (
      &self->id,
      (pid_t) g_ascii_strtoll (
          g_subprocess_get_identifier (self->process), NULL, 10),
      NULL));
  g_assert_true (g_output_stream_close (
      g_subprocess_get_stdin_pipe (self->process), NULL, NULL));
}

static void
supervisor_clear (Supervisor *self)
{
  (void) kill (self->child.pid, SIGKILL);
  g_subprocess_force_exit (self->process);
  g_assert_true (g_subprocess_wait (self->process, NULL, NULL));
  g_clear_object (&self->process);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Supervisor, supervisor_clear)

static void
on_ended (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static gboolean
end (const Apm2ProcessId *watcher)
{
  g_autoptr (GAsyncResult) result = NULL;

  apm2_strays_end_async (watcher, on_ended, &result);
  while (result == NULL)
    (void) g_main_context_iteration (NULL, TRUE);
  return apm2_strays_end_finish (result);
}

/* --- a supervisor that cannot act --- */

static void
test_stopped (void)
{
  g_auto (Supervisor) supervisor = { 0 };

  supervisor_start (&supervisor, "kill -STOP $$");
  g_assert_true (end (&supervisor.id));
  g_assert_false (apm2_process_id_is_alive (&supervisor.id));
  g_assert_false (apm2_process_id_is_alive (&supervisor.child));
}

/* --- one that acts by itself is waited for --- */

static void
test_acting (void)
{
  g_auto (Supervisor) supervisor = { 0 };

  supervisor_start (&supervisor, "read line; kill -KILL $!; wait $!; exit 7");
  g_assert_true (end (&supervisor.id));
  g_assert_false (apm2_process_id_is_alive (&supervisor.id));
  g_assert_true (g_subprocess_wait (supervisor.process, NULL, NULL));
  g_assert_true (g_subprocess_get_if_exited (supervisor.process));
  g_assert_cmpint (g_subprocess_get_exit_status (supervisor.process), ==, 7);
}

/* --- nobody else --- */

static void
test_none (void)
{
  g_auto (Supervisor) supervisor = { 0 };
  const Apm2ProcessId none = { 0, 0 };
  Apm2ProcessId earlier = { 0, 0 };

  supervisor_start (&supervisor, "wait");
  earlier = supervisor.id;
  earlier.start_time--;
  g_assert_true (end (&none));
  /* Its number belongs to another one now. */
  g_assert_true (end (&earlier));
  g_assert_true (apm2_process_id_is_alive (&supervisor.id));
  g_assert_true (apm2_process_id_is_alive (&supervisor.child));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/apm2/strays/stopped", test_stopped);
  g_test_add_func ("/apm2/strays/acting", test_acting);
  g_test_add_func ("/apm2/strays/none", test_none);
  return g_test_run ();
}
