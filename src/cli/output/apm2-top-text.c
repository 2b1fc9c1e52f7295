/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * One picture of everything: health, lanes, jobs.
 *
 * Jobs that run come first, then those that wait, in the order in which they
 * will start as far as it is known, then those that have ended, newest first.
 * What does not fit is counted.
 */

#include "apm2-top-text.h"

#include <inttypes.h>
#include <string.h>

#include <glib/gi18n.h>

#include "apm2-display.h"
#include "apm2-format.h"
#include "apm2-job-view.h"
#include "apm2-lanes-text.h"
#include "apm2-properties.h"
#include "apm2-services-text.h"
#include "apm2-services-why.h"
#include "apm2-table.h"
#include "apm2-word.h"

static const Apm2Column columns[] = {
  { N_ ("JOB"), APM2_COLUMN_LEFT, 0 },
  { N_ ("STATE"), APM2_COLUMN_LEFT, 0 },
  { N_ ("LANE"), APM2_COLUMN_LEFT, 0 },
  { N_ ("TIME"), APM2_COLUMN_RIGHT, 0 },
  { N_ ("STEP"), APM2_COLUMN_LEFT | APM2_COLUMN_FLEX, 8 },
  { N_ ("NAME"), APM2_COLUMN_LEFT | APM2_COLUMN_FLEX, 12 },
};

typedef enum
{
  RANK_RUNNING,
  RANK_WAITING,
  RANK_ENDED,
} Rank;

static Rank
get_rank (const Apm2JobView *job)
{
  if (apm2_job_view_is_final (job))
    return RANK_ENDED;
  return g_str_equal (job->state, "pending") ? RANK_WAITING : RANK_RUNNING;
}

static int
compare_numbers (guint64 a, guint64 b)
{
  return (a > b) - (a < b);
}

static int
compare_jobs (gconstpointer a, gconstpointer b)
{
  const Apm2JobView *one = *(const Apm2JobView *const *) a;
  const Apm2JobView *other = *(const Apm2JobView *const *) b;
  const Rank rank = get_rank (one);
  const Rank other_rank = get_rank (other);
  int order = (int) rank - (int) other_rank;

  if (order == 0 && rank == RANK_WAITING)
    order = compare_numbers (one->priority, other->priority);
  if (order == 0 && rank == RANK_ENDED)
    order = compare_numbers (other->finished_at, one->finished_at);
  if (order == 0)
    order = compare_numbers (one->submitted_at, other->submitted_at);
  return order != 0 ? order : strcmp (one->id, other->id);
}

/* How far, and what it does. */
static char *
format_step (const Apm2JobView *job)
{
  g_autoptr (GString) out = g_string_new (NULL);

  if (get_rank (job) == RANK_ENDED)
    return g_strdup (job->reason[0] != '\0' ? apm2_word_get (job->reason)
                                            : "-");
  if (job->step[0] == '\0')
    return g_strdup ("-");
  if (job->step_count > 1)
    g_string_append_printf (
        out, "%u/%u ", job->step_index + 1, job->step_count);
  g_string_append (out, job->step);
  if (job->progress_valid)
    g_string_append_printf (
        out, " %u%%", (guint) (CLAMP (job->progress, 0.0, 1.0) * 100));
  if (job->status_text[0] != '\0')
    g_string_append_printf (out, ": %s", job->status_text);
  return g_string_free (g_steal_pointer (&out), FALSE);
}

/* What runs: since it began; what waits: since it was submitted. */
static char *
format_time (const Apm2JobView *job, gint64 now_usec)
{
  return apm2_format_span_between (
      job->started_at > 0 ? job->started_at : job->submitted_at,
      job->finished_at > 0 ? job->finished_at : (guint64) now_usec);
}

static void
add_job (Apm2Table *table,
         const Apm2JobView *job,
         gint64 now_usec,
         gboolean utf8)
{
  Apm2Style style = APM2_STYLE_NORMAL;
  g_autofree char *state
      = apm2_format_state (job->state, job->verdict, utf8, &style);
  g_autofree char *step = format_step (job);
  g_autofree char *time = format_time (job, now_usec);
  const Apm2Style rest
      = get_rank (job) == RANK_ENDED ? APM2_STYLE_DIM : APM2_STYLE_NORMAL;

  apm2_table_add (table, job->id, rest);
  apm2_table_add (table, state, style);
  apm2_table_add (table, job->lane, rest);
  apm2_table_add (table, time, rest);
  apm2_table_add (table, step, rest);
  apm2_table_add (table, job->name, rest);
}

static guint
count_lines (const char *text)
{
  guint n = 0;

  for (const char *c = text; *c != '\0'; c++)
    n += *c == '\n' ? 1 : 0;
  return n;
}

static char *
format_clock (gint64 now_usec)
{
  g_autoptr (GDateTime) now
      = g_date_time_new_from_unix_local (now_usec / G_USEC_PER_SEC);

  return now != NULL ? g_date_time_format (now, "%T") : g_strdup ("");
}

static void
append_counts (GString *out, GVariant *queue)
{
  if (queue == NULL)
    return;
  g_string_append_printf (
      out,
      /* TRANSLATORS: behind "apm2 is healthy (user mode)". */
      _ (", %" PRIu64 " running, %" PRIu64 " pending"),
      apm2_properties_get_count (queue, "Running")
          + apm2_properties_get_count (queue, "Leased"),
      apm2_properties_get_count (queue, "Pending"));
  if (apm2_properties_get_flag (queue, "Paused"))
    g_string_append (out, _ (", paused"));
}

static void
append_health (GString *out,
               const Apm2TopPicture *picture,
               const Apm2TopFrame *frame)
{
  const Apm2ServicesReport *report = picture->report;
  g_autofree char *clock = format_clock (picture->now_usec);
  Apm2Style style = APM2_STYLE_DIM;

  if (report == NULL)
    {
      g_string_append_printf (out, _ ("%s  asking for the health"), clock);
      return;
    }
  style = apm2_services_text_get_style (report->overall);
  g_string_append_printf (
      out,
      /* TRANSLATORS: begin of colour, a dot, the health, end of colour, and
       * "user" or "system". Keep their order. */
      _ ("%s%s apm2 is %s%s (%s mode)"),
      apm2_term_begin (frame->color, style),
      apm2_services_text_get_mark (report->overall, frame->utf8),
      apm2_word_get (apm2_health_level_to_string (report->overall)),
      apm2_term_end (frame->color, style),
      apm2_word_get (apm2_mode_to_string (report->mode)));
  append_counts (out, picture->queue);
  g_string_append_printf (out, "  %s", clock);
}

/* Never wider than the terminal: what wraps would push the rest out. */
static void
append_cut (GString *out, const char *text, const Apm2TopFrame *frame)
{
  g_autofree char *line
      = frame->columns > 0
            ? apm2_display_ellipsize (text, frame->columns, frame->utf8)
            : g_strdup (text);

  g_string_append (out, line);
  g_string_append_c (out, '\n');
}

static void
append_reasons (GString *out,
                const Apm2TopPicture *picture,
                const Apm2Options *options,
                const Apm2TopFrame *frame)
{
  g_autoptr (GPtrArray) list = NULL;
  const Apm2ServicesWhy *first = NULL;
  g_autofree char *next = NULL;

  if (picture->problem != NULL)
    append_cut (out, picture->problem, frame);
  if (picture->report == NULL)
    return;
  list = apm2_services_why_list (picture->report, options);
  if (list->len == 0)
    return;
  first = g_ptr_array_index (list, 0);
  append_cut (out, first->text, frame);
  next = g_strdup_printf (_ ("Next: %s"), first->command);
  append_cut (out, next, frame);
}

static void
append_lanes (GString *out,
              const Apm2TopPicture *picture,
              const Apm2TopFrame *frame)
{
  g_autoptr (GPtrArray) lanes
      = g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);
  g_autofree char *text = NULL;

  if (picture->lanes->len == 0)
    return;
  /* Who holds them stands among the jobs. */
  for (guint i = 0; i < picture->lanes->len; i++)
    {
      g_auto (GVariantDict) lane
          = G_VARIANT_DICT_INIT (g_ptr_array_index (picture->lanes, i));

      g_variant_dict_remove (&lane, "Holders");
      g_ptr_array_add (lanes, g_variant_ref_sink (g_variant_dict_end (&lane)));
    }
  text = apm2_lanes_text_format (
      lanes,
      NULL,
      picture->queue != NULL
          && apm2_properties_get_flag (picture->queue, "Paused"),
      picture->now_usec,
      TRUE,
      frame->columns,
      frame->utf8,
      frame->color);
  g_string_append_c (out, '\n');
  g_string_append (out, text);
}

/* How many rows jobs may take when @used are taken: one is empty, one for
 * titles, one for the count of the rest. */
static guint
get_room (const Apm2TopFrame *frame, guint used)
{
  if (frame->rows == 0)
    return G_MAXUINT;
  return frame->rows > used + 3 ? frame->rows - used - 3 : 0;
}

static void
append_jobs (GString *out,
             const Apm2TopPicture *picture,
             const Apm2TopFrame *frame)
{
  g_autoptr (Apm2Table) table
      = apm2_table_new (columns, G_N_ELEMENTS (columns));
  const guint room = get_room (frame, count_lines (out->str));
  guint n = 0;
  guint more = 0;
  g_autofree char *text = NULL;

  g_ptr_array_sort (picture->jobs, compare_jobs);
  for (guint i = 0; i < picture->jobs->len; i++)
    {
      const Apm2JobView *job = g_ptr_array_index (picture->jobs, i);

      if (picture->hide_ended && get_rank (job) == RANK_ENDED)
        continue;
      if (n == room)
        {
          more++;
          continue;
        }
      add_job (table, job, picture->now_usec, frame->utf8);
      n++;
    }
  if (n + more == 0)
    {
      g_string_append_c (out, '\n');
      append_cut (out, _ ("No jobs."), frame);
      return;
    }
  if (n > 0)
    {
      text = apm2_table_to_string (
          table, TRUE, frame->columns, frame->utf8, frame->color);
      g_string_append_printf (out, "\n%s", text);
    }
  if (more > 0)
    {
      g_autofree char *rest = g_strdup_printf (
          ngettext ("and %u more", "and %u more", more), more);

      append_cut (out, rest, frame);
    }
}

/* What is higher than the terminal is cut at its bottom. */
static char *
cut_rows (GString *lines, guint rows)
{
  const char *c = lines->str;

  for (guint i = 0; rows > 0 && i < rows && c != NULL; i++)
    {
      c = strchr (c, '\n');
      c = c != NULL ? c + 1 : NULL;
    }
  if (rows > 0 && c != NULL)
    g_string_truncate (lines, (gsize) (c - lines->str));
  return g_string_free (lines, FALSE);
}

/**
 * apm2_top_text_format:
 * @picture: what to show
 * @options: say how apm2 was called
 * @frame: where it goes
 *
 * Returns: (transfer full): lines, no more and no wider than @frame takes
 */
char *
apm2_top_text_format (const Apm2TopPicture *picture,
                      const Apm2Options *options,
                      const Apm2TopFrame *frame)
{
  GString *out = g_string_new (NULL);

  append_health (out, picture, frame);
  g_string_append_c (out, '\n');
  append_reasons (out, picture, options, frame);
  append_lanes (out, picture, frame);
  if (picture->problem == NULL)
    append_jobs (out, picture, frame);
  return cut_rows (out, frame->rows);
}
