/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A step under a supervisor: the worker's side of `apm2-step --supervise`.
 *
 * It trusts the supervisor to end the step in time, and does not depend on it:
 * a job can stop or kill the supervisor. One that does not speak up when it
 * should is killed, and what it leaves is swept up before the end is told.
 */

#include "apm2-step-process.h"

#include <gio/gunixinputstream.h>
#include <gio/gunixoutputstream.h>
#include <glib-unix.h>

#include "apm2-log.h"
#include "apm2-processor-share.h"
#include "apm2-step-news.h"
#include "apm2-step-order.h"
#include "apm2-time.h"

/* How much later than agreed a supervisor may be, before it counts as gone. */
#define PATIENCE_USEC (5 * (guint64) G_USEC_PER_SEC)
#define GRACE_MAX     ((guint64) G_MAXINT32 * 1000)

struct _Apm2StepProcess
{
  Apm2StepRun parent_instance;

  GSubprocess *subprocess;
  Apm2Orphans *orphans;
  gint64 pid;
  char *job_id;
  char *command;   /* for messages */
  char *directory; /* for messages */
  GBytes *message; /* until it is written */
  char line[APM2_STEP_EVENT_MAX];
  gsize line_length;
  char buffer[1024];
  gint64 fence;     /* 0: none */
  gboolean asked;   /* to terminate */
  guint64 grace;    /* of that */
  gboolean told;    /* how it ended */
  gboolean overdue; /* the supervisor was killed for it */
  guint patience;   /* timer */
};

G_DEFINE_FINAL_TYPE (Apm2StepProcess, apm2_step_process, APM2_TYPE_STEP_RUN)

static void read_more (Apm2StepProcess *self);

static void
apm2_step_process_finalize (GObject *object)
{
  Apm2StepProcess *self = APM2_STEP_PROCESS (object);

  g_clear_handle_id (&self->patience, g_source_remove);
  g_clear_object (&self->subprocess);
  g_clear_object (&self->orphans);
  g_clear_pointer (&self->message, g_bytes_unref);
  g_free (self->job_id);
  g_free (self->command);
  g_free (self->directory);
  G_OBJECT_CLASS (apm2_step_process_parent_class)->finalize (object);
}

/* A few bytes into an empty pipe. If they do not fit the supervisor has been
 * stopped, and patience ends it. */
static void
send_command (Apm2StepProcess *self, const char *word, guint64 number)
{
  GOutputStream *pipe = g_subprocess_get_stdin_pipe (self->subprocess);
  g_autofree char *line = NULL;

  if (self->message != NULL)
    return;
  line = g_strdup_printf ("%s %" G_GUINT64_FORMAT "\n", word, number);
  (void) g_pollable_output_stream_write_nonblocking (
      G_POLLABLE_OUTPUT_STREAM (pipe), line, strlen (line), NULL, NULL);
}

static gboolean
on_patience_ended (gpointer user_data)
{
  Apm2StepProcess *self = user_data;

  self->patience = 0;
  self->overdue = TRUE;
  apm2_log (G_LOG_LEVEL_WARNING,
            APM2_LOG_WITH (.job = self->job_id),
            "Killing the supervisor %" G_GINT64_FORMAT
            " of job %s: it did not end its step in time",
            self->pid,
            self->job_id);
  g_subprocess_force_exit (self->subprocess);
  return G_SOURCE_REMOVE;
}

static void
wait_patiently (Apm2StepProcess *self, guint64 usec)
{
  guint64 msec = (MIN (usec, GRACE_MAX) + PATIENCE_USEC) / 1000;

  g_clear_handle_id (&self->patience, g_source_remove);
  self->patience
      = g_timeout_add ((guint) MIN (msec, G_MAXINT32), on_patience_ended, self);
}

static void
apm2_step_process_terminate (Apm2StepRun *run, guint64 grace_usec)
{
  Apm2StepProcess *self = APM2_STEP_PROCESS (run);

  self->asked = TRUE;
  self->grace = grace_usec;
  send_command (self, APM2_STEP_COMMAND_TERM, grace_usec);
  wait_patiently (self, grace_usec);
}

static void
apm2_step_process_set_fence (Apm2StepRun *run, gint64 boottime)
{
  Apm2StepProcess *self = APM2_STEP_PROCESS (run);

  self->fence = boottime;
  send_command (self, APM2_STEP_COMMAND_FENCE, (guint64) boottime);
}

static void
apm2_step_process_class_init (Apm2StepProcessClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = apm2_step_process_finalize;
  APM2_STEP_RUN_CLASS (klass)->terminate = apm2_step_process_terminate;
  APM2_STEP_RUN_CLASS (klass)->set_fence = apm2_step_process_set_fence;
}

static void
apm2_step_process_init (Apm2StepProcess *self)
{
}

static void
take_line (Apm2StepProcess *self)
{
  g_autoptr (Apm2StepEnd) end = NULL;
  Apm2StepExit ended = { 0 };

  if (!apm2_step_news_tell (
          APM2_STEP_RUN (self), self->job_id, self->line, &ended))
    return;
  end = apm2_step_news_to_end (&ended, self->command, self->directory);
  g_clear_handle_id (&self->patience, g_source_remove);
  self->told = TRUE;
  apm2_step_run_emit_ended (APM2_STEP_RUN (self), end);
}

static void
take_bytes (Apm2StepProcess *self, gsize length)
{
  for (gsize i = 0; i < length; i++)
    {
      char c = self->buffer[i];

      if (c == '\n')
        {
          self->line[self->line_length] = '\0';
          self->line_length = 0;
          take_line (self);
        }
      else if (self->line_length < sizeof self->line - 1)
        self->line[self->line_length++] = c;
    }
}

static void
on_swept (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Apm2StepProcess) self = user_data;
  g_autoptr (Apm2StepEnd) end = apm2_step_end_new (APM2_STEP_END_BROKEN);

  (void) apm2_orphans_sweep_finish (APM2_ORPHANS (source), result);
  if (self->asked)
    end->kind = APM2_STEP_END_TERMINATED;
  else if (self->overdue)
    end->kind = APM2_STEP_END_TIMEOUT;
  end->term_signal = SIGKILL;
  end->message = g_strdup ("the supervisor of the step was killed");
  apm2_step_run_emit_ended (APM2_STEP_RUN (self), end);
}

static void
on_exited (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Apm2StepProcess) self = user_data;

  (void) g_subprocess_wait_finish (G_SUBPROCESS (source), result, NULL);
  apm2_orphans_forget (self->orphans, self->pid);
  g_clear_handle_id (&self->patience, g_source_remove);
  if (!self->told)
    apm2_orphans_sweep_async (self->orphans, on_swept, g_object_ref (self));
}

static void
on_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Apm2StepProcess) self = user_data;
  gssize n = g_input_stream_read_finish (G_INPUT_STREAM (source), result, NULL);

  if (n > 0)
    {
      take_bytes (self, (gsize) n);
      read_more (self);
      return;
    }
  g_subprocess_wait_async (
      self->subprocess, NULL, on_exited, g_object_ref (self));
}

static void
read_more (Apm2StepProcess *self)
{
  g_input_stream_read_async (g_subprocess_get_stdout_pipe (self->subprocess),
                             self->buffer,
                             sizeof self->buffer,
                             G_PRIORITY_DEFAULT,
                             NULL,
                             on_read,
                             g_object_ref (self));
}

/* What was asked for in the meantime comes right after the message. That it
 * could not be written is seen at the end of the output. */
static void
on_message_written (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Apm2StepProcess) self = user_data;

  (void) g_output_stream_write_all_finish (
      G_OUTPUT_STREAM (source), result, NULL, NULL);
  g_clear_pointer (&self->message, g_bytes_unref);
  if (self->fence != 0)
    send_command (self, APM2_STEP_COMMAND_FENCE, (guint64) self->fence);
  if (self->asked)
    send_command (self, APM2_STEP_COMMAND_TERM, self->grace);
}

/* Returns: a supervisor with an empty environment: ours is not for jobs. */
static GSubprocess *
spawn (const char *program, GError **error)
{
  static char *no_environment[] = { NULL };
  const char *const argv[] = { program, "--supervise", NULL };
  /* All of ours close at exec, and apm2-step closes the rest: so GLib need not
   * fork, which is twice as slow. */
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (
      G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE
      | G_SUBPROCESS_FLAGS_INHERIT_FDS);
  g_autoptr (GSubprocess) subprocess = NULL;
  int fd = -1;

  g_subprocess_launcher_set_environ (launcher, no_environment);
  apm2_processor_share_suspend ();
  subprocess = g_subprocess_launcher_spawnv (launcher, argv, error);
  apm2_processor_share_resume ();
  if (subprocess == NULL)
    return NULL;
  fd = g_unix_output_stream_get_fd (
      G_UNIX_OUTPUT_STREAM (g_subprocess_get_stdin_pipe (subprocess)));
  if (!g_unix_set_fd_nonblocking (fd, TRUE, error))
    return NULL;
  return g_steal_pointer (&subprocess);
}

/**
 * apm2_step_process_new:
 * @program: path of apm2-step
 * @orphans: told of the supervisor
 * @order: (transfer none): the step
 * @error: LIMIT_EXCEEDED for a step beyond the bounds of a message; whatever
 *   starting a process can meet
 *
 * Returns: (transfer full): the step; it lives on until its end is told
 */
Apm2StepProcess *
apm2_step_process_new (const char *program,
                       Apm2Orphans *orphans,
                       const Apm2StepOrder *order,
                       GError **error)
{
  g_autoptr (GBytes) message = apm2_step_order_encode (order, error);
  g_autoptr (GSubprocess) subprocess = NULL;
  Apm2StepProcess *self = NULL;

  if (message == NULL)
    return NULL;
  subprocess = spawn (program, error);
  if (subprocess == NULL)
    return NULL;

  self = g_object_new (APM2_TYPE_STEP_PROCESS, NULL);
  self->orphans = g_object_ref (orphans);
  self->job_id = g_strdup (order->job_id);
  self->command = g_strdup (order->argv[0]);
  self->directory = g_strdup (order->directory);
  self->fence = order->fence_boottime;
  self->message = g_steal_pointer (&message);
  self->subprocess = g_steal_pointer (&subprocess);
  self->pid = g_ascii_strtoll (
      g_subprocess_get_identifier (self->subprocess), NULL, 10);
  apm2_orphans_spare (orphans, self->pid);
  if (order->timeout_usec > 0)
    wait_patiently (self,
                    MIN (order->timeout_usec, GRACE_MAX)
                        + MIN (order->kill_grace_usec, GRACE_MAX));
  g_output_stream_write_all_async (
      g_subprocess_get_stdin_pipe (self->subprocess),
      g_bytes_get_data (self->message, NULL),
      g_bytes_get_size (self->message),
      G_PRIORITY_DEFAULT,
      NULL,
      on_message_written,
      g_object_ref (self));
  read_more (self);
  return self;
}
