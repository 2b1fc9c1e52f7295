/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Jobs as they change: on a terminal the list, kept up to date; else a line or
 * an object for each change of what people ask for: state, attempt and step.
 */

#include "apm2-jobs-watch.h"

#include <stdio.h>

#include <glib-unix.h>
#include <glib/gi18n.h>

#include "apm2-display.h"
#include "apm2-format-json.h"
#include "apm2-format.h"
#include "apm2-jobs-text.h"
#include "apm2-live-screen.h"
#include "apm2-names.h"
#include "apm2-objects.h"
#include "apm2-properties.h"
#include "apm2-screen.h"
#include "apm2-table.h"
#include "apm2-time.h"
#include "apm2-timestamp.h"
#include "apm2-word.h"

#define SCHEMA "apm2.fac.job_event.v1"

typedef struct
{
  const Apm2CommandCall *call;
  const Apm2JobsFilter *filter;
  GMainLoop *loop;        /* (owned) */
  Apm2Objects *objects;   /* (owned) */
  Apm2LiveScreen *screen; /* (owned) (nullable) no terminal, or JSON */
  GHashTable *told; /* (owned) (element-type utf8 utf8) what was told last of
                       a job, by id */
  gboolean has_begun;
  gboolean is_lost;
  GError *error; /* (owned) (nullable) */
} Watch;

static void
watch_clear (Watch *self)
{
  g_clear_pointer (&self->objects, apm2_objects_free);
  g_clear_pointer (&self->screen, apm2_live_screen_free);
  g_clear_pointer (&self->loop, g_main_loop_unref);
  g_clear_pointer (&self->told, g_hash_table_unref);
  g_clear_error (&self->error);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Watch, watch_clear)

/* --- a line for a change --- */

static void
print_json (const char *event, GVariant *properties)
{
  g_autoptr (json_t) object = apm2_format_json_new (SCHEMA);
  g_autofree char *text = NULL;
  json_t *job = json_object ();

  apm2_properties_put_json (properties, job);
  json_object_set_new (
      object, "timestamp_usec", json_integer (g_get_real_time ()));
  json_object_set_new (object, "event", json_string (event));
  json_object_set_new (object, "job", job);
  text = apm2_format_json_to_string (object, APM2_JSON_STYLE_SHORT);
  puts (text);
}

static char *
describe_step (const Apm2JobView *job)
{
  if (!g_str_equal (job->state, "running") || job->step[0] == '\0')
    return g_strdup ("");
  if (job->step_count > 1)
    return g_strdup_printf (
        _ ("  step %u/%u %s"), job->step_index + 1, job->step_count, job->step);
  return g_strdup_printf ("  %s", job->step);
}

static void
print_line (const Watch *self, const Apm2JobView *job)
{
  const Apm2CommandCall *call = self->call;
  const gboolean utf8 = call->term->utf8;
  const gboolean color = call->term->out_color;
  Apm2Style style = APM2_STYLE_NORMAL;
  g_autofree char *time = apm2_timestamp_format_now (call->globals->timestamp);
  g_autofree char *state
      = apm2_format_state (job->state, job->verdict, utf8, &style);
  g_autofree char *step = describe_step (job);
  g_autofree char *detail = g_strdup_printf (
      "%s  %s%s%s%s",
      job->lane,
      job->name,
      step,
      job->reason[0] != '\0' ? "  " : "",
      job->reason[0] != '\0' ? apm2_word_get (job->reason) : "");
  g_autofree char *shown = apm2_display_escape_line (detail, utf8);
  const guint width = apm2_display_get_width (state);

  printf ("%s  %s  %s%s%s%*s  %s\n",
          time,
          job->id,
          apm2_term_begin (color, style),
          state,
          apm2_term_end (color, style),
          width < 11 ? (int) (11 - width) : 0,
          "",
          shown);
}

/* What of a job is a change that is told. */
static char *
summarize (const Apm2JobView *job)
{
  return g_strdup_printf ("%s %s %u %u %s",
                          job->state,
                          job->verdict,
                          job->attempt,
                          job->step_index,
                          job->step);
}

static void
tell_job (Watch *self, GVariant *properties)
{
  g_autoptr (Apm2JobView) job = apm2_job_view_new_from_record (properties);
  g_autofree char *summary = summarize (job);
  const char *before = g_hash_table_lookup (self->told, job->id);
  const gboolean is_first = !self->has_begun;

  /* A part shows in the steps of its whole. */
  if (g_strcmp0 (before, summary) == 0
      || *apm2_properties_get_text (properties, "Parent") != '\0')
    return;
  g_hash_table_insert (
      self->told, g_strdup (job->id), g_steal_pointer (&summary));
  if ((is_first && apm2_job_view_is_final (job))
      || !apm2_jobs_filter_matches (self->filter, job))
    return;
  if (self->call->globals->json != APM2_JSON_STYLE_OFF)
    print_json (is_first ? "is" : "changed", properties);
  else
    print_line (self, job);
  /* Nobody reads any more. */
  if (fflush (stdout) != 0)
    g_main_loop_quit (self->loop);
}

static void
on_job (const char *path, gpointer user_data)
{
  Watch *self = user_data;
  GVariant *properties
      = apm2_objects_find (self->objects, path, APM2_IFACE_JOB);

  if (properties != NULL && self->screen == NULL && self->has_begun)
    tell_job (self, properties);
}

/* The first time, and when the broker came back. */
static void
tell_all (Watch *self)
{
  g_autoptr (GPtrArray) jobs
      = apm2_objects_find_all (self->objects, APM2_IFACE_JOB, "Id");

  for (guint i = 0; i < jobs->len; i++)
    tell_job (self, g_ptr_array_index (jobs, i));
  self->has_begun = TRUE;
  if (self->is_lost)
    fputs (_ ("apm2: the broker is back\n"), stderr);
  self->is_lost = FALSE;
}

/* --- the list --- */

static int
compare_submitted (gconstpointer a, gconstpointer b)
{
  const Apm2JobView *left = *(Apm2JobView *const *) a;
  const Apm2JobView *right = *(Apm2JobView *const *) b;

  if (left->submitted_at != right->submitted_at)
    return left->submitted_at > right->submitted_at ? -1 : 1;
  return -g_strcmp0 (left->id, right->id);
}

static GPtrArray *
list_jobs (Watch *self)
{
  g_autoptr (GPtrArray) found
      = apm2_objects_find_all (self->objects, APM2_IFACE_JOB, NULL);
  GPtrArray *jobs
      = g_ptr_array_new_with_free_func ((GDestroyNotify) apm2_job_view_free);

  for (guint i = 0; i < found->len; i++)
    {
      GVariant *properties = g_ptr_array_index (found, i);
      g_autoptr (Apm2JobView) job = apm2_job_view_new_from_record (properties);

      if (*apm2_properties_get_text (properties, "Parent") == '\0'
          && apm2_jobs_filter_matches (self->filter, job))
        g_ptr_array_add (jobs, g_steal_pointer (&job));
    }
  g_ptr_array_sort (jobs, compare_submitted);
  return jobs;
}

static char *
format_list (guint columns, guint rows, gpointer user_data)
{
  Watch *self = user_data;
  const Apm2CommandCall *call = self->call;
  const GError *problem = apm2_objects_get_error (self->objects);
  g_autoptr (Apm2Table) table = apm2_jobs_text_new ();
  g_autoptr (Apm2Table) picked = NULL;
  g_autoptr (GPtrArray) jobs = list_jobs (self);
  const guint legend = call->globals->no_legend ? 0 : 1;

  if (!apm2_objects_are_there (self->objects))
    {
      const char *text
          = problem != NULL ? problem->message : _ ("looking for the broker");
      g_autofree char *line = apm2_display_escape_line (text, call->term->utf8);

      return apm2_display_ellipsize (line, columns, call->term->utf8);
    }
  for (guint i = 0; i < jobs->len && i + legend < rows; i++)
    apm2_jobs_text_add (
        call, table, g_ptr_array_index (jobs, i), apm2_time_realtime_usec ());
  picked
      = call->columns != NULL ? apm2_table_pick (table, call->columns) : NULL;
  return apm2_table_to_string (picked != NULL ? picked : table,
                               legend != 0,
                               columns,
                               call->term->utf8,
                               call->term->out_color);
}

static const Apm2LiveScreenFuncs screen_funcs = {
  .format = format_list,
};

/* --- both --- */

static void
on_objects (gpointer user_data)
{
  Watch *self = user_data;
  const GError *problem = apm2_objects_get_error (self->objects);

  if (self->screen != NULL)
    apm2_live_screen_change (self->screen);
  else if (!self->has_begun && problem != NULL)
    {
      self->error = self->error != NULL ? self->error : g_error_copy (problem);
      g_main_loop_quit (self->loop);
    }
  else if (apm2_objects_are_there (self->objects)
           && (!self->has_begun || self->is_lost))
    tell_all (self);
  else if (!apm2_objects_are_there (self->objects) && self->has_begun
           && !self->is_lost)
    {
      self->is_lost = TRUE;
      fputs (_ ("apm2: lost the broker; looking for it\n"), stderr);
    }
}

static gboolean
on_end (gpointer user_data)
{
  Watch *self = user_data;

  g_main_loop_quit (self->loop);
  return G_SOURCE_CONTINUE;
}

static void
run_lines (Watch *self)
{
  const guint int_source = g_unix_signal_add (SIGINT, on_end, self);
  const guint term_source = g_unix_signal_add (SIGTERM, on_end, self);

  g_main_loop_run (self->loop);
  g_source_remove (int_source);
  g_source_remove (term_source);
}

/**
 * apm2_jobs_watch_run:
 * @call: the verb
 * @filter: which jobs
 * @error: UNAVAILABLE if there is no broker at the beginning
 *
 * Runs the main loop until an interrupt comes, or on a terminal a q. A broker
 * that goes away is waited for.
 *
 * Returns: an Apm2Exit, or -1 with @error set
 */
int
apm2_jobs_watch_run (const Apm2CommandCall *call,
                     const Apm2JobsFilter *filter,
                     GError **error)
{
  g_auto (Watch) self = { .call = call, .filter = filter };

  self.loop = g_main_loop_new (NULL, FALSE);
  self.told = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  if (call->globals->json == APM2_JSON_STYLE_OFF
      && apm2_screen_is_possible (call->term))
    self.screen = apm2_live_screen_new (self.loop, &screen_funcs, &self);
  self.objects = apm2_objects_new (call->globals, on_objects, &self);
  apm2_objects_set_changed_func (self.objects, on_job);
  if (self.screen != NULL)
    return apm2_live_screen_run (self.screen, error) ? APM2_EXIT_OK : -1;
  run_lines (&self);
  if (self.error == NULL)
    return APM2_EXIT_OK;
  g_propagate_error (error, g_steal_pointer (&self.error));
  return -1;
}
