/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * From the options of "submit" to a job spec of one step.
 *
 * Mistakes are named by the option that was typed; whatever is left goes
 * through the rules of the spec itself, as it will at the broker.
 */

#include "apm2-submit-spec.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <glib/gi18n.h>

#include "apm2-args.h"
#include "apm2-error.h"
#include "apm2-git.h"
#include "apm2-job-state.h"
#include "apm2-size.h"
#include "apm2-time.h"

#define STEP_NAME "command"

#define OFFSET(member) APM2_ARGS_OFFSET (Apm2SubmitOptions, member)
#define TEXT(name, short_name, member, help, arg)                              \
  {                                                                            \
    name, short_name, 0, G_OPTION_ARG_FILENAME, OFFSET (member), help, arg     \
  }
#define LIST(name, member, help, arg)                                          \
  {                                                                            \
    name, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, OFFSET (member), help, arg        \
  }
#define FLAG(name, member, help)                                               \
  {                                                                            \
    name, 0, 0, G_OPTION_ARG_NONE, OFFSET (member), help, NULL                 \
  }

const GOptionEntry apm2_submit_spec_entries[] = {
  TEXT ("lane", 'l', lane, N_ ("Class of work (bulk)"), N_ ("LANE")),
  TEXT ("priority",
        'p',
        priority,
        N_ ("0 is the most urgent, 100 the least (50)"),
        N_ ("N")),
  TEXT ("timeout",
        't',
        timeout,
        N_ ("Stop it after so long: 90, 10min, 2h 30m"),
        N_ ("SPAN")),
  TEXT ("memory-max",
        0,
        memory_max,
        N_ ("At most so much memory: 512M, 2G"),
        N_ ("SIZE")),
  TEXT ("tasks-max",
        0,
        tasks_max,
        N_ ("At most so many processes and threads"),
        N_ ("N")),
  TEXT ("cpu-quota",
        0,
        cpu_quota,
        /* xgettext:no-c-format */
        N_ ("At most so much CPU; 100% is one"),
        N_ ("PERCENT")),
  LIST ("env", env, N_ ("Set a variable; may be repeated"), N_ ("NAME=VALUE")),
  TEXT ("working-directory",
        0,
        working_directory,
        N_ ("Where the command runs"),
        N_ ("DIR")),
  TEXT ("name", 'n', name, N_ ("What people call the job"), N_ ("TEXT")),
  LIST ("label", labels, N_ ("Add a label; may be repeated"), N_ ("KEY=VALUE")),
  LIST ("after",
        after,
        N_ ("Run only after that job passed; may be repeated"),
        N_ ("ID")),
  TEXT ("retry",
        0,
        retry,
        N_ ("Run it up to N times more if it fails"),
        N_ ("N")),
  TEXT ("idempotency-key",
        0,
        idempotency_key,
        N_ ("Submitting again with this key gives the same job"),
        N_ ("KEY")),
  TEXT ("source",
        0,
        source,
        N_ ("Repository that the job works on"),
        N_ ("REPOSITORY")),
  TEXT ("commit",
        0,
        commit,
        N_ ("Commit of the repository (HEAD)"),
        N_ ("REV")),
  TEXT ("file",
        'f',
        file,
        N_ ("Submit the job spec in FILE, '-' for stdin"),
        N_ ("FILE")),
  FLAG ("wait", wait, N_ ("Wait for the end; exit 3 if it did not pass")),
  FLAG ("follow", follow, N_ ("Like --wait, and show the log")),
  G_OPTION_ENTRY_NULL,
};

/* Why a job may run again: whatever a second try can change. */
static const char *const retry_reasons[] = {
  APM2_REASON_LOST,        APM2_REASON_OOM,     APM2_REASON_SIGNAL,
  APM2_REASON_STEP_FAILED, APM2_REASON_TIMEOUT, NULL,
};

static gboolean
refuse (GError **error, const char *option, const char *value, const char *why)
{
  g_set_error (error,
               G_OPTION_ERROR,
               G_OPTION_ERROR_BAD_VALUE,
               "%s %s: %s",
               option,
               value,
               why);
  return FALSE;
}

static gboolean
parse_number (const char *option,
              const char *text,
              guint64 min,
              guint64 max,
              guint64 *ret,
              GError **error)
{
  g_autofree char *why = NULL;

  if (text == NULL
      || g_ascii_string_to_unsigned (text, 10, min, max, ret, NULL))
    return TRUE;
  why = g_strdup_printf (
      _ ("not a number from %" PRIu64 " to %" PRIu64), min, max);
  return refuse (error, option, text, why);
}

static gboolean
parse_limits (const Apm2SubmitOptions *o, Apm2Limits *limits, GError **error)
{
  g_autofree char *quota = NULL;

  if (o->timeout != NULL
      && (!apm2_time_parse_span (o->timeout, &limits->timeout_sec, NULL)
          || limits->timeout_sec < 1
          || limits->timeout_sec > APM2_TIMEOUT_SEC_MAX))
    return refuse (error,
                   "--timeout",
                   o->timeout,
                   _ ("not a time from 1s to 7d, like 90, 10min or '2h 30m'"));
  if (o->memory_max != NULL
      && (!apm2_size_parse (o->memory_max, &limits->memory_max_bytes, NULL)
          || limits->memory_max_bytes < APM2_MEMORY_BYTES_MIN
          || limits->memory_max_bytes > APM2_MEMORY_BYTES_MAX))
    return refuse (error,
                   "--memory-max",
                   o->memory_max,
                   _ ("not a size of at least 1M, like 512M or 2G"));
  if (!parse_number ("--tasks-max",
                     o->tasks_max,
                     1,
                     APM2_TASKS_MAX,
                     &limits->tasks_max,
                     error))
    return FALSE;
  quota = g_strdup (o->cpu_quota);
  if (quota != NULL && g_str_has_suffix (quota, "%"))
    quota[strlen (quota) - 1] = '\0';
  return parse_number ("--cpu-quota",
                       quota,
                       1,
                       APM2_CPU_QUOTA_PERCENT_MAX,
                       &limits->cpu_quota_percent,
                       error);
}

static int
compare_pairs (gconstpointer a, gconstpointer b)
{
  const char *x = *(const char *const *) a;
  const char *y = *(const char *const *) b;
  const gsize lx = strcspn (x, "=");
  const gsize ly = strcspn (y, "=");
  const int order = strncmp (x, y, MIN (lx, ly));

  return order != 0 ? order : (lx > ly) - (lx < ly);
}

/* Sorts "KEY=value" by key; of two with one key the later one holds. */
static gboolean
parse_pairs (const char *option,
             GStrv given,
             const char *extra,
             GStrv *ret,
             GError **error)
{
  g_autoptr (GHashTable) by_key
      = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GPtrArray) pairs = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer pair = NULL;

  for (gsize i = 0; given != NULL && given[i] != NULL; i++)
    {
      const char *equals = strchr (given[i], '=');

      if (equals == NULL || equals == given[i])
        return refuse (error, option, given[i], _ ("write it as KEY=VALUE"));
      g_hash_table_replace (
          by_key, g_strndup (given[i], (gsize) (equals - given[i])), given[i]);
    }
  if (extra != NULL)
    g_hash_table_replace (
        by_key, g_strndup (extra, strcspn (extra, "=")), (gpointer) extra);
  if (g_hash_table_size (by_key) == 0)
    return TRUE;
  g_hash_table_iter_init (&iter, by_key);
  while (g_hash_table_iter_next (&iter, NULL, &pair))
    g_ptr_array_add (pairs, pair);
  g_ptr_array_sort (pairs, compare_pairs);
  g_ptr_array_add (pairs, NULL);
  *ret = g_strdupv ((GStrv) pairs->pdata);
  return TRUE;
}

static gboolean
parse_source (const Apm2SubmitOptions *o, Apm2JobSpec *spec, GError **error)
{
  if (o->source == NULL)
    return o->commit == NULL
           || refuse (error,
                      "--commit",
                      o->commit,
                      _ ("say of which repository with --source"));

  spec->source_commit = apm2_git_resolve (
      o->source, o->commit != NULL ? o->commit : "HEAD", error);
  if (spec->source_commit == NULL)
    return FALSE;
  spec->source_repository = g_file_test (o->source, G_FILE_TEST_IS_DIR)
                                ? g_canonicalize_filename (o->source, NULL)
                                : g_strdup (o->source);
  return TRUE;
}

static gboolean
parse_schedule (const Apm2SubmitOptions *o, Apm2JobSpec *spec, GError **error)
{
  guint64 priority = spec->priority;
  guint64 retry = 0;

  if (!parse_number (
          "--priority", o->priority, 0, APM2_PRIORITY_MAX, &priority, error)
      || !parse_number (
          "--retry", o->retry, 0, APM2_ATTEMPTS_MAX - 1, &retry, error))
    return FALSE;
  spec->priority = (guint) priority;
  spec->max_attempts = (guint) retry + 1;
  if (retry > 0)
    spec->retry_on = g_strdupv ((GStrv) retry_reasons);
  spec->after = o->after != NULL ? g_strdupv (o->after) : NULL;
  spec->idempotency_key = g_strdup (o->idempotency_key);
  return TRUE;
}

static gboolean
parse_step (const Apm2SubmitOptions *o,
            const char *const *argv,
            Apm2JobSpec *spec,
            GError **error)
{
  g_autoptr (Apm2Step) step = apm2_step_new (STEP_NAME);

  for (gsize i = 0; argv[i] != NULL; i++)
    if (!g_utf8_validate (argv[i], -1, NULL))
      {
        g_set_error (
            error,
            G_OPTION_ERROR,
            G_OPTION_ERROR_BAD_VALUE,
            _ ("word %zu of the command is not UTF-8; a job spec can only "
               "hold text"),
            i + 1);
        return FALSE;
      }
  step->argv = g_strdupv ((GStrv) argv);
  step->working_directory = g_strdup (o->working_directory);
  if (!parse_pairs ("--env", o->env, NULL, &step->env, error))
    return FALSE;
  g_ptr_array_add (spec->steps, g_steal_pointer (&step));
  return TRUE;
}

/**
 * apm2_submit_spec_new:
 * @options: what was typed
 * @argv: (array zero-terminated=1): the command, at least one word
 * @error: G_OPTION_ERROR for a bad option, INVALID_ARGUMENT for a bad spec
 *
 * Returns: (transfer full): the job spec
 */
Apm2JobSpec *
apm2_submit_spec_new (const Apm2SubmitOptions *options,
                      const char *const *argv,
                      GError **error)
{
  g_autoptr (Apm2JobSpec) spec = apm2_job_spec_new ();
  g_autofree char *name = NULL;

  g_return_val_if_fail (options != NULL && argv != NULL, NULL);

  if (options->lane != NULL)
    {
      g_free (spec->lane);
      spec->lane = g_strdup (options->lane);
    }
  if (options->name != NULL)
    name = g_strdup_printf (APM2_LABEL_NAME "=%s", options->name);
  if (!parse_step (options, argv, spec, error)
      || !parse_limits (options, &spec->limits, error)
      || !parse_schedule (options, spec, error)
      || !parse_pairs ("--label", options->labels, name, &spec->labels, error)
      || !parse_source (options, spec, error)
      || !apm2_job_spec_validate (spec, error))
    return NULL;
  return g_steal_pointer (&spec);
}

/**
 * apm2_submit_spec_find_conflict:
 * @options: what was typed, with --file
 *
 * Returns: (transfer none) (nullable): the first option that a file says itself
 */
const char *
apm2_submit_spec_find_conflict (const Apm2SubmitOptions *options)
{
  for (const GOptionEntry *e = apm2_submit_spec_entries; e->long_name != NULL;
       e++)
    {
      gconstpointer member
          = (const guint8 *) options + GPOINTER_TO_SIZE (e->arg_data);

      if (e->arg != G_OPTION_ARG_NONE && !g_str_equal (e->long_name, "file")
          && *(const gpointer *) member != NULL)
        return e->long_name;
    }
  return NULL;
}
