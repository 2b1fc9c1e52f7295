/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * apm2 fac job wait: until jobs have ended.
 */

#include <stdio.h>

#include <glib-unix.h>
#include <glib/gi18n.h>

#include "apm2-args.h"
#include "apm2-client.h"
#include "apm2-commands.h"
#include "apm2-error.h"
#include "apm2-format-json.h"
#include "apm2-hint.h"
#include "apm2-job-hint.h"
#include "apm2-job-spec.h"
#include "apm2-monitor.h"
#include "apm2-outcome.h"
#include "apm2-time.h"

typedef struct
{
  gboolean any;
  char *timeout;
} WaitOptions;

static const GOptionEntry entries[] = {
  { "any",
    0,
    0,
    G_OPTION_ARG_NONE,
    APM2_ARGS_OFFSET (WaitOptions, any),
    N_ ("Until one of them has ended"),
    NULL },
  { "timeout",
    't',
    0,
    G_OPTION_ARG_FILENAME,
    APM2_ARGS_OFFSET (WaitOptions, timeout),
    N_ ("Wait no longer than so long: 90, 10min"),
    N_ ("SPAN") },
  G_OPTION_ENTRY_NULL,
};

typedef struct
{
  const Apm2CommandCall *call;
  GMainLoop *loop;      /* (owned) */
  Apm2Monitor *monitor; /* (owned) */
  GHashTable *waiting;  /* (owned) ids that have not ended */
  GPtrArray *ended;     /* (owned) (element-type utf8) ids, in that order */
  int status;
  GError *error; /* (owned) (nullable) */
} Wait;

static void
wait_clear (Wait *self)
{
  g_clear_pointer (&self->monitor, apm2_monitor_free);
  g_clear_pointer (&self->loop, g_main_loop_unref);
  g_clear_pointer (&self->waiting, g_hash_table_unref);
  g_clear_pointer (&self->ended, g_ptr_array_unref);
  g_clear_error (&self->error);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Wait, wait_clear)

static void
on_changed (const Apm2JobView *job, gpointer user_data)
{
  Wait *self = user_data;
  const WaitOptions *o = self->call->options;
  int status;

  if ((o->any && self->ended->len > 0) || !apm2_job_view_is_final (job)
      || !g_hash_table_remove (self->waiting, job->id))
    return;
  g_ptr_array_add (self->ended, g_strdup (job->id));
  status = apm2_exit_from_outcome (job->state, job->verdict);
  self->status = MAX (self->status, status);
  if (self->call->globals->json == APM2_JSON_STYLE_OFF)
    {
      g_autofree char *text = apm2_outcome_format (job,
                                                   self->call->globals,
                                                   self->call->term->utf8,
                                                   self->call->term->out_color);

      printf ("%s %s\n", job->id, text);
      (void) fflush (stdout);
    }
  if (o->any || g_hash_table_size (self->waiting) == 0)
    g_main_loop_quit (self->loop);
}

static void
on_lost (gpointer user_data)
{
  fputs (_ ("apm2: lost the broker; looking for it for up to a minute\n"),
         stderr);
}

static void
on_back (gpointer user_data)
{
  fputs (_ ("apm2: the broker is back\n"), stderr);
}

static void
on_failed (const GError *error, gpointer user_data)
{
  Wait *self = user_data;

  if (self->error == NULL)
    self->error = g_error_copy (error);
  g_main_loop_quit (self->loop);
}

static const Apm2MonitorFuncs funcs = {
  .changed = on_changed,
  .lost = on_lost,
  .back = on_back,
  .failed = on_failed,
};

static gboolean
on_timeout (gpointer user_data)
{
  Wait *self = user_data;
  const WaitOptions *o = self->call->options;

  self->error = g_error_new (APM2_ERROR,
                             APM2_ERROR_TIMED_OUT,
                             ngettext ("%u job has not ended after %s and goes "
                                       "on; look at it with: %s fac top",
                                       "%u jobs have not ended after %s and go "
                                       "on; look at them with: %s fac top",
                                       g_hash_table_size (self->waiting)),
                             g_hash_table_size (self->waiting),
                             o->timeout,
                             apm2_options_get_program (self->call->globals));
  g_main_loop_quit (self->loop);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_interrupt (gpointer user_data)
{
  Wait *self = user_data;

  fputs (_ ("apm2: no longer waiting; the jobs go on\n"), stderr);
  self->status = APM2_EXIT_DETACHED;
  g_main_loop_quit (self->loop);
  return G_SOURCE_CONTINUE;
}

static void
run_loop (Wait *self, guint64 timeout_sec)
{
  const guint int_source = g_unix_signal_add (SIGINT, on_interrupt, self);
  const guint term_source = g_unix_signal_add (SIGTERM, on_interrupt, self);
  const guint timer
      = timeout_sec > 0
            ? g_timeout_add_seconds ((guint) timeout_sec, on_timeout, self)
            : 0;

  g_main_loop_run (self->loop);
  g_source_remove (int_source);
  g_source_remove (term_source);
  if (timer != 0)
    g_source_remove (timer);
}

static gboolean
print_json (Wait *self, GError **error)
{
  Apm2Client *client = apm2_monitor_get_client (self->monitor);
  g_autoptr (json_t) jobs = json_array ();
  json_t *object = NULL;

  for (guint i = 0; i < self->ended->len; i++)
    {
      g_autoptr (GVariant) record = NULL;

      if (client == NULL)
        {
          g_set_error_literal (error,
                               APM2_ERROR,
                               APM2_ERROR_UNAVAILABLE,
                               _ ("the jobs ended, but the broker went away "
                                  "before they could be read"));
          return FALSE;
        }
      record = apm2_client_get_job (
          client, g_ptr_array_index (self->ended, i), error);
      if (record == NULL)
        return FALSE;
      json_array_append_new (jobs, apm2_format_json_new_job (record));
    }
  object = apm2_format_json_new ("apm2.fac.job_list.v1");
  json_object_set_new (object, "jobs", g_steal_pointer (&jobs));
  apm2_format_json_print (self->call, object);
  return TRUE;
}

static gboolean
parse_timeout (const char *text, guint64 *ret_sec, GError **error)
{
  *ret_sec = 0;
  if (text == NULL
      || (apm2_time_parse_span (text, ret_sec, NULL) && *ret_sec > 0
          && *ret_sec <= APM2_TIMEOUT_SEC_MAX))
    return TRUE;
  g_set_error (error,
               G_OPTION_ERROR,
               G_OPTION_ERROR_BAD_VALUE,
               "--timeout %s: %s",
               text,
               _ ("not a time from 1s to 7d, like 90, 10min or '2h 30m'"));
  return FALSE;
}

static int
run (const Apm2CommandCall *call, GError **error)
{
  const WaitOptions *o = call->options;
  g_auto (Wait) self = { .call = call };
  Apm2Client *client = NULL;
  guint64 timeout_sec = 0;

  if (!parse_timeout (o->timeout, &timeout_sec, error))
    return -1;
  client = apm2_client_open (call->globals, error);
  if (client == NULL)
    return -1;
  self.loop = g_main_loop_new (NULL, FALSE);
  self.waiting = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self.ended = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < call->n_args; i++)
    g_hash_table_add (self.waiting, g_strdup (call->args[i]));
  self.monitor
      = apm2_monitor_new (call->globals, client, call->args, &funcs, &self);
  run_loop (&self, timeout_sec);
  if (self.error != NULL)
    {
      client = apm2_monitor_get_client (self.monitor);
      if (call->n_args == 1 && client != NULL)
        apm2_job_hint_add (client, call->globals, call->args[0], &self.error);
      else
        apm2_hint_add_jobs (call->globals, &self.error);
      g_propagate_error (error, g_steal_pointer (&self.error));
      return -1;
    }
  if (call->globals->json != APM2_JSON_STYLE_OFF
      && self.status != APM2_EXIT_DETACHED && !print_json (&self, error))
    return -1;
  return self.status;
}

const Apm2Command apm2_cmd_job_wait = {
  .name = "wait",
  .summary = N_ ("Wait until jobs have ended; exit 3 if one did not pass"),
  .arguments = N_ ("ID…"),
  .description
  = N_ ("Prints one line for each job that ends. With --any the "
        "exit status is that of\nthe first one. After --timeout it "
        "exits 1; the jobs go on."),
  .entries = entries,
  .options_size = sizeof (WaitOptions),
  .args_min = 1,
  .args_max = G_MAXUINT,
  .args_missing = N_ ("no job id given; 'apm2 fac jobs' lists them"),
  .run = run,
};
