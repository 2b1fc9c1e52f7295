/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * apm2 fac top: health, lanes and jobs, live.
 *
 * Nothing is polled: what changes is told.
 */

#include <stdio.h>
#include <unistd.h>

#include <glib-unix.h>
#include <glib/gi18n.h>

#include "apm2-args.h"
#include "apm2-commands.h"
#include "apm2-job-view.h"
#include "apm2-live-screen.h"
#include "apm2-names.h"
#include "apm2-objects.h"
#include "apm2-properties.h"
#include "apm2-screen.h"
#include "apm2-services.h"
#include "apm2-time.h"
#include "apm2-top-text.h"

/* For a picture that is not live: how long the broker may take. */
#define ONCE_MSEC 5000

typedef struct
{
  gboolean once;
} TopOptions;

static const GOptionEntry entries[] = {
  { "once",
    0,
    0,
    G_OPTION_ARG_NONE,
    APM2_ARGS_OFFSET (TopOptions, once),
    N_ ("Print one picture and end"),
    NULL },
  G_OPTION_ENTRY_NULL,
};

typedef struct
{
  const Apm2CommandCall *call;
  GMainLoop *loop;
  Apm2Services *services;
  Apm2Objects *objects;
  Apm2LiveScreen *screen; /* (nullable) one picture is all */
  gboolean has_report;
  gboolean hide_ended;
} Top;

static char *
format (guint columns, guint rows, gpointer user_data)
{
  Top *self = user_data;
  const Apm2Term *term = self->call->term;
  const GError *error = apm2_objects_get_error (self->objects);
  g_autoptr (GPtrArray) queues
      = apm2_objects_find_all (self->objects, APM2_IFACE_QUEUE, NULL);
  g_autoptr (GPtrArray) lanes
      = apm2_objects_find_all (self->objects, APM2_IFACE_LANE, "Name");
  g_autoptr (GPtrArray) records
      = apm2_objects_find_all (self->objects, APM2_IFACE_JOB, NULL);
  g_autoptr (GPtrArray) jobs
      = g_ptr_array_new_with_free_func ((GDestroyNotify) apm2_job_view_free);
  const Apm2TopFrame frame = { .columns = columns,
                               .rows = rows,
                               .utf8 = term->utf8,
                               .color = term->out_color };
  const Apm2TopPicture picture = {
    .report
    = self->has_report ? apm2_services_get_report (self->services) : NULL,
    .queue = queues->len > 0 ? g_ptr_array_index (queues, 0) : NULL,
    .lanes = lanes,
    .jobs = jobs,
    .problem = apm2_objects_are_there (self->objects) ? NULL
               : error != NULL                        ? error->message
                                                      : _ ("asking the broker"),
    .hide_ended = self->hide_ended,
    .now_usec = apm2_time_realtime_usec (),
  };

  /* A part shows in the steps of its whole. */
  for (guint i = 0; i < records->len; i++)
    if (*apm2_properties_get_text (g_ptr_array_index (records, i), "Parent")
        == '\0')
      g_ptr_array_add (
          jobs, apm2_job_view_new_from_record (g_ptr_array_index (records, i)));
  return apm2_top_text_format (&picture, self->call->globals, &frame);
}

static void
on_change (gpointer user_data)
{
  Top *self = user_data;

  if (self->screen != NULL)
    apm2_live_screen_change (self->screen);
  else if (apm2_objects_get_error (self->objects) != NULL
           || (apm2_objects_are_there (self->objects) && self->has_report))
    g_main_loop_quit (self->loop);
}

static void
on_report (const Apm2ServicesReport *report, gpointer user_data)
{
  Top *self = user_data;

  self->has_report = TRUE;
  on_change (self);
}

static gboolean
on_end (gpointer user_data)
{
  Top *self = user_data;

  g_main_loop_quit (self->loop);
  return G_SOURCE_CONTINUE;
}

static void
on_key (char key, gpointer user_data)
{
  Top *self = user_data;

  if (key == 'e')
    self->hide_ended = !self->hide_ended;
}

static const Apm2LiveScreenFuncs screen_funcs = {
  .format = format,
  .key = on_key,
};

static int
run_once (Top *self, GError **error)
{
  const guint timer = g_timeout_add (ONCE_MSEC, on_end, self);
  const GError *problem = NULL;
  g_autofree char *text = NULL;

  g_main_loop_run (self->loop);
  g_source_remove (timer);
  text = format (self->call->term->out_tty ? apm2_term_get_width (STDOUT_FILENO)
                                           : 0,
                 0,
                 self);
  fputs (text, stdout);
  problem = apm2_objects_get_error (self->objects);
  if (problem == NULL)
    return APM2_EXIT_OK;
  *error = g_error_copy (problem);
  return -1;
}

static int
run (const Apm2CommandCall *call, GError **error)
{
  const TopOptions *o = call->options;
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (Apm2LiveScreen) screen = NULL;
  Top self = {
    .call = call,
    .loop = loop,
  };
  int status = -1;

  if (call->globals->json != APM2_JSON_STYLE_OFF)
    {
      g_set_error_literal (
          error,
          G_OPTION_ERROR,
          G_OPTION_ERROR_BAD_VALUE,
          _ ("--json: a picture has none; see 'apm2 fac jobs --json', 'apm2 "
             "fac "
             "lanes --json' and 'apm2 fac services status --json'"));
      return -1;
    }
  if (!o->once && apm2_screen_is_possible (call->term))
    screen = self.screen = apm2_live_screen_new (loop, &screen_funcs, &self);
  self.services
      = apm2_services_new (call->globals, TRUE, on_report, &self, error);
  if (self.services == NULL)
    return -1;
  self.objects = apm2_objects_new (call->globals, on_change, &self);
  apm2_services_start (self.services);
  if (screen == NULL)
    status = run_once (&self, error);
  else if (apm2_live_screen_run (screen, error))
    status = APM2_EXIT_OK;
  apm2_objects_free (self.objects);
  apm2_services_free (self.services);
  return status;
}

const Apm2Command apm2_cmd_top = {
  .name = "top",
  .there = TRUE,
  .summary = N_ ("Watch health, lanes and jobs on the whole terminal"),
  .description = N_ (
      "Keys: q ends, e hides or shows what has ended. Without a terminal, one "
      "picture\nis printed."),
  .entries = entries,
  .options_size = sizeof (TopOptions),
  .run = run,
};
