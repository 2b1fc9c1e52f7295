/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * apm2 fac job logs: what the steps of a job wrote.
 */

#include <string.h>

#include <glib/gi18n.h>

#include "apm2-args.h"
#include "apm2-client.h"
#include "apm2-commands.h"
#include "apm2-error.h"
#include "apm2-follow.h"
#include "apm2-job-hint.h"
#include "apm2-job-spec-json.h"
#include "apm2-job-view.h"
#include "apm2-log-out.h"
#include "apm2-page.h"
#include "apm2-parts.h"

typedef struct
{
  gboolean follow;
  gboolean headers;
  char *step;
  char *attempt;
} LogsOptions;

static const GOptionEntry entries[] = {
  { "follow",
    'f',
    0,
    G_OPTION_ARG_NONE,
    APM2_ARGS_OFFSET (LogsOptions, follow),
    N_ ("Go on until the job has ended"),
    NULL },
  { "headers",
    0,
    0,
    G_OPTION_ARG_NONE,
    APM2_ARGS_OFFSET (LogsOptions, headers),
    N_ ("Name each step before its log, as on a terminal"),
    NULL },
  { "step",
    's',
    0,
    G_OPTION_ARG_FILENAME,
    APM2_ARGS_OFFSET (LogsOptions, step),
    N_ ("Only that step, by number from 1 or by name"),
    N_ ("STEP") },
  { "attempt",
    0,
    0,
    G_OPTION_ARG_FILENAME,
    APM2_ARGS_OFFSET (LogsOptions, attempt),
    N_ ("That attempt, not the last"),
    N_ ("N") },
  G_OPTION_ENTRY_NULL,
};

static void
set_no_step (GError **error, const char *text, const char *job_id)
{
  g_set_error (error,
               G_OPTION_ERROR,
               G_OPTION_ERROR_BAD_VALUE,
               _ ("--step %s: job %s has no such step; 'apm2 fac job show %s' "
                  "lists them"),
               text,
               job_id,
               job_id);
}

/* A number counts the steps of the job as it is shown, with all its parts. */
static char *
find_name_of_number (Apm2Client *client,
                     const char *job_id,
                     guint64 number,
                     GError **error)
{
  g_autoptr (GVariant) record = apm2_client_get_job (client, job_id, error);
  g_autoptr (GVariant) steps = NULL;
  g_autoptr (GVariant) step = NULL;
  const char *name = "";

  if (record == NULL)
    return NULL;
  steps = g_variant_lookup_value (record, "steps", G_VARIANT_TYPE ("aa{sv}"));
  if (steps != NULL && number <= g_variant_n_children (steps))
    {
      step = g_variant_get_child_value (steps, number - 1);
      (void) g_variant_lookup (step, "name", "&s", &name);
    }
  return g_strdup (name);
}

/* Of a job that goes on, more steps may come. */
static gboolean
may_have_step (GVariant *record, guint64 number)
{
  g_autoptr (Apm2JobView) job = apm2_job_view_new_from_record (record);

  return !apm2_job_view_is_final (job)
         || number <= apm2_job_view_count_steps (job);
}

/* Leaves of @jobs the one that has the step. */
static gboolean
choose_step (Apm2Client *client,
             const char *job_id,
             const char *text,
             GPtrArray *jobs,
             int *ret_step,
             GError **error)
{
  GVariant *job = apm2_parts_find_step (jobs, text, ret_step);
  guint64 number = 0;

  /* A name may look like a number; then it is meant. */
  if (job == NULL
      && g_ascii_string_to_unsigned (
          text, 10, 1, APM2_STEPS_RUN_MAX, &number, NULL))
    {
      g_autofree char *name = NULL;

      *ret_step = (int) number - 1;
      if (jobs->len == 1 && may_have_step (g_ptr_array_index (jobs, 0), number))
        return TRUE;
      name = find_name_of_number (client, job_id, number, error);
      if (name == NULL)
        return FALSE;
      job = apm2_parts_find_step (jobs, name, ret_step);
    }
  if (job == NULL)
    {
      set_no_step (error, text, job_id);
      return FALSE;
    }
  (void) g_variant_ref (job);
  g_ptr_array_set_size (jobs, 0);
  g_ptr_array_add (jobs, job);
  return TRUE;
}

static gboolean
check_attempt (GPtrArray *jobs, guint attempt, GError **error)
{
  for (guint i = 0; i < jobs->len; i++)
    {
      GVariant *job = g_ptr_array_index (jobs, i);
      guint32 attempts = 0;

      (void) g_variant_lookup (job, "attempt", "u", &attempts);
      if (attempt <= attempts)
        continue;
      g_set_error (error,
                   G_OPTION_ERROR,
                   G_OPTION_ERROR_BAD_VALUE,
                   ngettext ("--attempt %u: job %s had %u attempt",
                             "--attempt %u: job %s had %u attempts",
                             attempts),
                   attempt,
                   apm2_parts_get_id (job),
                   attempts);
      return FALSE;
    }
  return TRUE;
}

static gboolean
parse_attempt (const char *text, guint *ret_attempt, GError **error)
{
  guint64 number = 0;

  if (text == NULL)
    return TRUE;
  if (!g_ascii_string_to_unsigned (text, 10, 1, G_MAXUINT32, &number, NULL))
    {
      g_set_error (error,
                   G_OPTION_ERROR,
                   G_OPTION_ERROR_BAD_VALUE,
                   _ ("--attempt %s: not a number of at least 1"),
                   text);
      return FALSE;
    }
  *ret_attempt = (guint) number;
  return TRUE;
}

/* Returns: %FALSE if the log cannot be read. */
static gboolean
copy_log (Apm2LogOut *out,
          Apm2Client *client,
          const char *job_id,
          Apm2LogPlace *place,
          GError **error)
{
  gboolean eof = FALSE;
  gsize got = 0;

  do
    {
      g_autoptr (GBytes) bytes
          = apm2_client_read_log (client, job_id, place, &eof, error);

      if (bytes == NULL)
        return FALSE;
      got = g_bytes_get_size (bytes);
      apm2_log_out_write (out, bytes);
    }
  while (!eof && got > 0);
  return TRUE;
}

/* A step that wrote nothing is not named. */
static gboolean
copy_step (Apm2LogOut *out,
           Apm2Client *client,
           const Apm2JobView *job,
           const char *const *gates,
           guint index,
           guint attempt,
           GError **error)
{
  Apm2LogPlace place = { attempt, (int) index, 0 };
  g_autoptr (GError) local = NULL;
  g_autofree char *title = apm2_parts_name_step (job, index, gates);
  gboolean eof = FALSE;
  g_autoptr (GBytes) bytes
      = apm2_client_read_log (client, job->id, &place, &eof, &local);

  if (bytes == NULL
      && !g_error_matches (local, APM2_ERROR, APM2_ERROR_NOT_FOUND))
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  if (bytes == NULL || g_bytes_get_size (bytes) == 0)
    return TRUE;
  apm2_log_out_begin_step (out, title);
  apm2_log_out_write (out, bytes);
  return eof || copy_log (out, client, job->id, &place, error);
}

/* Step by step, also those of the parts of a job. */
static gboolean
copy_steps (Apm2LogOut *out,
            Apm2Client *client,
            GPtrArray *jobs,
            guint attempt,
            GError **error)
{
  for (guint i = 0; i < jobs->len; i++)
    {
      GVariant *record = g_ptr_array_index (jobs, i);
      g_autoptr (Apm2JobView) job = apm2_job_view_new_from_record (record);
      g_auto (GStrv) gates
          = jobs->len > 1 ? apm2_parts_get_gates (record) : NULL;

      for (guint step = 0; step < apm2_job_view_count_steps (job); step++)
        if (!copy_step (out,
                        client,
                        job,
                        (const char *const *) gates,
                        step,
                        attempt,
                        error))
          return FALSE;
    }
  return TRUE;
}

/* Whether the log that is asked for is of several steps. */
static gboolean
wants_headers (const Apm2CommandCall *call, GPtrArray *jobs)
{
  const LogsOptions *o = call->options;
  guint n = 0;

  if (o->step != NULL || (!o->headers && !call->term->out_tty))
    return FALSE;
  for (guint i = 0; i < jobs->len; i++)
    {
      g_autoptr (Apm2JobView) job
          = apm2_job_view_new_from_record (g_ptr_array_index (jobs, i));

      n += apm2_job_view_count_steps (job);
    }
  return n > 1;
}

/* What there is now. */
static int
print_now (const Apm2CommandCall *call,
           Apm2Client *client,
           const char *job_id,
           Apm2LogPlace *place,
           GError **error)
{
  const LogsOptions *o = call->options;
  Apm2LogOut out = { .term = call->term };
  g_autoptr (GPtrArray) jobs = NULL;
  gboolean is_well = TRUE;

  if (o->headers || call->term->out_tty)
    {
      jobs = apm2_parts_read (client, job_id, error);
      if (jobs == NULL)
        {
          apm2_job_hint_add (client, call->globals, call->args[0], error);
          return -1;
        }
    }
  apm2_page_begin (call);
  is_well = jobs != NULL && wants_headers (call, jobs)
                ? copy_steps (&out, client, jobs, place->attempt, error)
                : copy_log (&out, client, job_id, place, error);
  apm2_log_out_end (&out);
  if (is_well)
    return APM2_EXIT_OK;
  apm2_job_hint_add (client, call->globals, call->args[0], error);
  return -1;
}

/* Finds the job, a part maybe, and the place in its log that are asked for. */
static char *
choose_place (Apm2Client *client,
              const Apm2CommandCall *call,
              Apm2LogPlace *place,
              GError **error)
{
  const LogsOptions *o = call->options;
  const char *id = call->args[0];
  g_autoptr (GPtrArray) jobs = NULL;

  if (o->step == NULL && o->attempt == NULL)
    return g_strdup (id);
  jobs = apm2_parts_read (client, id, error);
  if (jobs == NULL
      || (o->step != NULL
          && !choose_step (client, id, o->step, jobs, &place->step, error))
      || !check_attempt (jobs, place->attempt, error))
    return NULL;
  if (jobs->len == 1)
    return g_strdup (apm2_parts_get_id (g_ptr_array_index (jobs, 0)));
  g_set_error (error,
               G_OPTION_ERROR,
               G_OPTION_ERROR_BAD_VALUE,
               _ ("job %s is in parts, each with attempts of its own; say of "
                  "which step with --step"),
               id);
  return NULL;
}

static int
run (const Apm2CommandCall *call, GError **error)
{
  const LogsOptions *o = call->options;
  g_autoptr (Apm2Client) client = NULL;
  g_autofree char *id = NULL;
  Apm2LogPlace place = { 0, -1, 0 };

  if (!parse_attempt (o->attempt, &place.attempt, error))
    return -1;
  client = apm2_client_open (call->globals, error);
  if (client == NULL)
    return -1;
  id = choose_place (client, call, &place, error);
  if (id == NULL)
    {
      apm2_job_hint_add (client, call->globals, call->args[0], error);
      return -1;
    }
  if (o->follow)
    return apm2_follow_run (call,
                            g_steal_pointer (&client),
                            id,
                            o->step != NULL
                                ? APM2_FOLLOW_LOG
                                : apm2_follow_flags_for_log (call->term)
                                      | (o->headers ? APM2_FOLLOW_HEADERS : 0),
                            &place,
                            error);
  return print_now (call, client, id, &place, error);
}

const Apm2Command apm2_cmd_job_logs = {
  .name = "logs",
  .summary = N_ ("Print the log of a job"),
  .arguments = N_ ("ID"),
  .description
  = N_ ("Into a pipe or a file the log is written byte for byte. On a terminal "
        "control\ncharacters are shown, not obeyed, but for colours, and each "
        "step "
        "of several is\nnamed before its log."),
  .entries = entries,
  .options_size = sizeof (LogsOptions),
  .args_min = 1,
  .args_max = 1,
  .args_missing = N_ ("no job id given; 'apm2 fac jobs' lists them"),
  .run = run,
};
