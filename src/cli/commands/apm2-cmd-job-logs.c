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
#include "apm2-hint.h"
#include "apm2-job-spec-json.h"
#include "apm2-log-out.h"

typedef struct
{
  gboolean follow;
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

/* Steps that bring the source come before those of the spec; of two with one
 * name, that of the spec is meant. */
static int
find_step_that_began (GVariant *record, const char *name)
{
  g_autoptr (GVariant) steps
      = g_variant_lookup_value (record, "steps", G_VARIANT_TYPE ("aa{sv}"));

  for (gsize i = steps != NULL ? g_variant_n_children (steps) : 0; i > 0; i--)
    {
      g_autoptr (GVariant) step = g_variant_get_child_value (steps, i - 1);
      const char *found = "";

      if (g_variant_lookup (step, "name", "&s", &found)
          && g_str_equal (found, name))
        return (int) i - 1;
    }
  return -1;
}

static int
find_step_of_spec (GVariant *record, const char *name)
{
  g_autoptr (Apm2JobSpec) spec = NULL;
  const char *text = NULL;

  if (!g_variant_lookup (record, "spec", "&s", &text))
    return -1;
  spec = apm2_job_spec_from_json (text, strlen (text), NULL);
  for (guint i = 0; spec != NULL && i < spec->steps->len; i++)
    if (g_str_equal (((Apm2Step *) g_ptr_array_index (spec->steps, i))->name,
                     name))
      return (int) i;
  return -1;
}

static gboolean
choose_step (GVariant *record,
             const char *job_id,
             const char *text,
             int *ret_step,
             GError **error)
{
  guint64 number = 0;

  /* A name may look like a number; then it is meant. */
  *ret_step = find_step_that_began (record, text);
  if (*ret_step < 0)
    *ret_step = find_step_of_spec (record, text);
  if (*ret_step >= 0)
    return TRUE;
  if (g_ascii_string_to_unsigned (
          text, 10, 1, APM2_STEPS_RUN_MAX, &number, NULL))
    {
      *ret_step = (int) number - 1;
      return TRUE;
    }
  g_set_error (error,
               G_OPTION_ERROR,
               G_OPTION_ERROR_BAD_VALUE,
               _ ("--step %s: job %s has no such step; 'apm2 fac job show %s' "
                  "lists them"),
               text,
               job_id,
               job_id);
  return FALSE;
}

/* Holds the options against the job, if there are any. */
static gboolean
choose_place (Apm2Client *client,
              const char *job_id,
              const LogsOptions *o,
              Apm2LogPlace *place,
              GError **error)
{
  g_autoptr (GVariant) record = NULL;
  guint32 attempts = 0;

  if (o->step == NULL && o->attempt == NULL)
    return TRUE;
  record = apm2_client_get_job (client, job_id, error);
  if (record == NULL)
    return FALSE;
  (void) g_variant_lookup (record, "attempt", "u", &attempts);
  if (place->attempt > attempts)
    {
      g_set_error (error,
                   G_OPTION_ERROR,
                   G_OPTION_ERROR_BAD_VALUE,
                   ngettext ("--attempt %u: job %s had %u attempt",
                             "--attempt %u: job %s had %u attempts",
                             attempts),
                   place->attempt,
                   job_id,
                   attempts);
      return FALSE;
    }
  return o->step == NULL
         || choose_step (record, job_id, o->step, &place->step, error);
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

/* What there is now. */
static int
print_now (const Apm2CommandCall *call,
           Apm2Client *client,
           Apm2LogPlace *place,
           GError **error)
{
  Apm2LogOut out = { call->term, { { 0 }, 0, FALSE, FALSE } };
  gboolean eof = FALSE;
  gsize got = 0;

  do
    {
      g_autoptr (GBytes) bytes
          = apm2_client_read_log (client, call->args[0], place, &eof, error);

      if (bytes == NULL)
        {
          apm2_hint_add_jobs (call->globals, error);
          return -1;
        }
      got = g_bytes_get_size (bytes);
      apm2_log_out_write (&out, bytes);
    }
  while (!eof && got > 0);
  apm2_log_out_end (&out);
  return APM2_EXIT_OK;
}

static int
run (const Apm2CommandCall *call, GError **error)
{
  const LogsOptions *o = call->options;
  g_autoptr (Apm2Client) client = NULL;
  Apm2LogPlace place = { 0, -1, 0 };

  if (!parse_attempt (o->attempt, &place.attempt, error))
    return -1;
  client = apm2_client_open (call->globals, error);
  if (client == NULL)
    return -1;
  if (!choose_place (client, call->args[0], o, &place, error))
    {
      apm2_hint_add_jobs (call->globals, error);
      return -1;
    }
  if (o->follow)
    return apm2_follow_run (call,
                            g_steal_pointer (&client),
                            call->args[0],
                            APM2_FOLLOW_LOG,
                            &place,
                            error);
  return print_now (call, client, &place, error);
}

const Apm2Command apm2_cmd_job_logs = {
  .name = "logs",
  .summary = N_ ("Print the log of a job"),
  .arguments = N_ ("ID"),
  .description
  = N_ ("Into a pipe or a file the log is written byte for byte. On a terminal "
        "control\ncharacters are shown, not obeyed, but for colours."),
  .entries = entries,
  .options_size = sizeof (LogsOptions),
  .args_min = 1,
  .args_max = 1,
  .args_missing = N_ ("no job id given; 'apm2 fac jobs' lists them"),
  .run = run,
};
