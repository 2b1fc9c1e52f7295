/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * From the options of "run" to the spec of an attached job.
 *
 * The command and its directory are a record only: what runs is what was typed.
 * So whatever cannot stand in a spec is shortened or replaced, never refused.
 */

#include "apm2-run-spec.h"

#include <inttypes.h>
#include <string.h>

#include <glib/gi18n.h>

#include "apm2-job-slot.h"
#include "apm2-size.h"
#include "apm2-text.h"
#include "apm2-time.h"

#define ELLIPSIS "…"
/* A document has 64 KiB, and each byte of these may be written as two. */
#define RECORD_BYTES (16 * 1024)
#define RECORD_WORDS (APM2_ARGV_MAX - 1)

static gboolean
parse_number (const char *option,
              const char *text,
              guint max,
              guint min,
              guint *ret,
              GError **error)
{
  g_autofree char *why = NULL;
  guint64 number = 0;

  if (text == NULL)
    return TRUE;
  if (g_ascii_string_to_unsigned (text, 10, min, max, &number, NULL))
    {
      *ret = (guint) number;
      return TRUE;
    }
  why = g_strdup_printf (_ ("not a number from %u to %u"), min, max);
  return apm2_run_options_refuse (option, text, why, error);
}

/* "2", "0.5" or "150%". */
static gboolean
parse_cpu (const char *text, guint64 *ret_percent, GError **error)
{
  char *end = NULL;
  double number;

  if (text == NULL)
    return TRUE;
  number = g_ascii_isdigit (text[0]) || text[0] == '.'
               ? g_ascii_strtod (text, &end)
               : -1.0;
  if (end != NULL && g_str_equal (end, "%"))
    end++;
  else
    number *= 100.0;
  if (end == NULL || *end != '\0' || !(number >= 1.0)
      || !(number <= APM2_CPU_QUOTA_PERCENT_MAX))
    return apm2_run_options_refuse (
        "--cpu",
        text,
        _ ("not a number of processors, like 2, 0.5 or 150%"),
        error);
  *ret_percent = (guint64) (number + 0.5);
  return TRUE;
}

static gboolean
parse_limits (const Apm2RunOptions *o, Apm2Limits *limits, GError **error)
{
  guint tasks = 0;

  if (o->timeout != NULL
      && (!apm2_time_parse_span (o->timeout, &limits->timeout_sec, NULL)
          || limits->timeout_sec < 1
          || limits->timeout_sec > APM2_TIMEOUT_SEC_MAX))
    return apm2_run_options_refuse (
        "--timeout",
        o->timeout,
        _ ("not a time from 1s to 7d, like 90, 10min or '2h 30m'"),
        error);
  if (o->memory != NULL
      && (!apm2_size_parse (o->memory, &limits->memory_max_bytes, NULL)
          || limits->memory_max_bytes < APM2_MEMORY_BYTES_MIN
          || limits->memory_max_bytes > APM2_MEMORY_BYTES_MAX))
    return apm2_run_options_refuse (
        "--memory",
        o->memory,
        _ ("not a size of at least 1M, like 512M or 2G"),
        error);
  if (!parse_number ("--tasks", o->tasks, APM2_TASKS_MAX, 1, &tasks, error))
    return FALSE;
  limits->tasks_max = tasks;
  return parse_cpu (o->cpu, &limits->cpu_quota_percent, error);
}

static int
compare_words (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* Sorted, each once: to say it twice is to say it. */
static gboolean
parse_exclusive (GStrv names, GStrv *ret, GError **error)
{
  g_autoptr (GPtrArray) sorted = g_ptr_array_new ();
  g_autoptr (GPtrArray) distinct = g_ptr_array_new ();

  for (gsize i = 0; names != NULL && names[i] != NULL; i++)
    {
      if (!apm2_job_slot_name_is_valid (names[i]))
        return apm2_run_options_refuse (
            "--exclusive",
            names[i],
            _ ("a name is up to 64 of the characters A-Z a-z 0-9 . _ : -"),
            error);
      g_ptr_array_add (sorted, names[i]);
    }
  if (sorted->len == 0)
    return TRUE;
  g_ptr_array_sort (sorted, compare_words);
  for (guint i = 0; i < sorted->len; i++)
    if (i == 0
        || !g_str_equal (g_ptr_array_index (sorted, i - 1),
                         g_ptr_array_index (sorted, i)))
      g_ptr_array_add (distinct, g_ptr_array_index (sorted, i));
  if (distinct->len > APM2_EXCLUSIVE_MAX)
    return apm2_run_options_refuse ("--exclusive",
                                    names[APM2_EXCLUSIVE_MAX],
                                    _ ("more than 16 names"),
                                    error);
  g_ptr_array_add (distinct, NULL);
  *ret = g_strdupv ((GStrv) distinct->pdata);
  return TRUE;
}

/* As text: what is not UTF-8 or could move a cursor becomes U+FFFD. */
static char *
make_clean (const char *bytes, gboolean lines)
{
  g_autofree char *valid = g_utf8_make_valid (bytes, -1);
  g_autoptr (GString) out = NULL;

  if (lines ? apm2_text_is_lines (valid) : apm2_text_is_line (valid))
    return g_steal_pointer (&valid);
  out = g_string_new (NULL);
  for (const char *p = valid; *p != '\0'; p = g_utf8_next_char (p))
    {
      const gunichar c = g_utf8_get_char (p);
      const gboolean kept = lines && (c == '\n' || c == '\t');

      g_string_append_unichar (out,
                               g_unichar_iscntrl (c) && !kept ? 0xfffd : c);
    }
  return g_string_free (g_steal_pointer (&out), FALSE);
}

static void
cut (char *text, gsize max)
{
  char *end = text + max;

  if (strlen (text) <= max)
    return;
  while (end > text && ((guchar) *end & 0xc0) == 0x80)
    end--;
  *end = '\0';
}

static GStrv
record_argv (const char *const *argv)
{
  g_autoptr (GPtrArray) record = g_ptr_array_new_with_free_func (g_free);
  gsize room = RECORD_BYTES;
  gboolean is_whole = TRUE;

  for (gsize i = 0; argv[i] != NULL && is_whole; i++)
    {
      g_autofree char *word = make_clean (argv[i], TRUE);
      const gsize length = strlen (word);

      is_whole = record->len < RECORD_WORDS && length + 1 <= room;
      if (record->len < RECORD_WORDS && room > 1)
        {
          cut (word, room - 1);
          room -= strlen (word) + 1;
          g_ptr_array_add (record, g_steal_pointer (&word));
        }
    }
  if (!is_whole)
    g_ptr_array_add (record, g_strdup (ELLIPSIS));
  g_ptr_array_add (record, NULL);
  return (GStrv) g_ptr_array_steal (record, NULL);
}

static char *
record_directory (const char *directory)
{
  g_autofree char *canonical = NULL;
  char *text = NULL;

  if (directory == NULL || directory[0] != '/')
    return g_strdup ("/");
  canonical = g_canonicalize_filename (directory, "/");
  text = make_clean (canonical, FALSE);
  cut (text, APM2_PATH_MAX);
  return text;
}

/**
 * apm2_run_spec_new:
 * @options: what was typed
 * @argv: (array zero-terminated=1): the command, at least one word; any bytes
 * @directory: (nullable): where the caller is; any bytes
 * @job_id: the id that the job shall have
 * @error: G_OPTION_ERROR for a bad option, INVALID_ARGUMENT for a bad spec
 *
 * Returns: (transfer full): the spec of an attached job
 */
Apm2JobSpec *
apm2_run_spec_new (const Apm2RunOptions *options,
                   const char *const *argv,
                   const char *directory,
                   const char *job_id,
                   GError **error)
{
  g_autoptr (Apm2JobSpec) spec = apm2_job_spec_new ();
  g_autoptr (Apm2Step) step = apm2_step_new (APM2_STEP_NAME_ATTACHED);

  g_return_val_if_fail (options != NULL && job_id != NULL, NULL);
  g_return_val_if_fail (argv != NULL && argv[0] != NULL, NULL);

  if (argv[0][0] == '\0')
    {
      g_set_error_literal (error,
                           G_OPTION_ERROR,
                           G_OPTION_ERROR_BAD_VALUE,
                           _ ("the name of the command is empty"));
      return NULL;
    }
  spec->kind = APM2_JOB_KIND_ATTACHED;
  spec->job_id = g_strdup (job_id);
  g_free (spec->lane);
  spec->lane = g_strdup (options->lane != NULL ? options->lane
                                               : APM2_RUN_LANE_DEFAULT);
  if (!parse_number (
          "--slots", options->slots, APM2_SLOTS_MAX, 1, &spec->slots, error)
      || !parse_number ("--priority",
                        options->priority,
                        APM2_PRIORITY_MAX,
                        0,
                        &spec->priority,
                        error)
      || !parse_limits (options, &spec->limits, error)
      || !parse_exclusive (options->exclusive, &spec->exclusive, error))
    return NULL;
  spec->key = g_strdup (options->key);
  if (options->name != NULL)
    {
      spec->labels = g_new0 (char *, 2);
      spec->labels[0] = g_strconcat (APM2_LABEL_NAME "=", options->name, NULL);
    }
  step->argv = record_argv (argv);
  step->working_directory = record_directory (directory);
  g_ptr_array_add (spec->steps, g_steal_pointer (&step));
  if (!apm2_job_spec_validate (spec, error))
    return NULL;
  return g_steal_pointer (&spec);
}
