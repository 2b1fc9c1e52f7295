/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Names that exist now: jobs, lanes, workers, units, gates.
 *
 * Nothing is started for them, nothing is said, and what does not come in time
 * is left out: without a broker there are still the units.
 */

#include "apm2-complete-names.h"

#include <gio/gio.h>

#include "apm2-client.h"
#include "apm2-format.h"
#include "apm2-gates-file.h"
#include "apm2-job-view.h"
#include "apm2-names.h"
#include "apm2-properties.h"
#include "apm2-services.h"
#include "apm2-word.h"

#define GATES_FILE ".apm2/gates.conf"
#define DEPTH_MAX  64

typedef struct
{
  Apm2Completion *completion;
  const Apm2Options *options;
  GMainLoop *loop;
  GCancellable *cancellable;
  Apm2Client *client; /* (nullable) */
} Names;

static void
add_job (Names *self, GVariant *properties)
{
  g_autoptr (Apm2JobView) job = apm2_job_view_new_from_record (properties);
  g_autofree char *meaning = g_strdup_printf (
      "%s  %s",
      apm2_word_get (apm2_format_state_word (job->state, job->verdict)),
      job->name);

  apm2_completion_add (self->completion, job->id, meaning);
}

static void
add_objects (Names *self, GVariant *objects)
{
  const Apm2CompleteKind kind = self->completion->kind;
  const char *iface = kind == APM2_COMPLETE_JOBS    ? APM2_IFACE_JOB
                      : kind == APM2_COMPLETE_LANES ? APM2_IFACE_LANE
                                                    : APM2_IFACE_WORKER;
  g_autoptr (GPtrArray) all = apm2_properties_find_all (objects, iface, NULL);

  for (guint i = 0; i < all->len; i++)
    {
      GVariant *properties = g_ptr_array_index (all, i);

      if (kind == APM2_COMPLETE_JOBS)
        add_job (self, properties);
      else
        apm2_completion_add (
            self->completion,
            apm2_properties_get_text (
                properties, kind == APM2_COMPLETE_LANES ? "Name" : "Instance"),
            NULL);
    }
}

static void
on_objects (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GVariant) objects = apm2_client_read_objects_finish (result, NULL);
  Names *self = user_data;

  if (objects != NULL)
    add_objects (self, objects);
  g_main_loop_quit (self->loop);
}

static void
on_opened (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Names *self = user_data;

  self->client = apm2_client_open_finish (result, NULL);
  if (self->client != NULL && !g_cancellable_is_cancelled (self->cancellable))
    apm2_client_read_objects_async (
        self->client, self->cancellable, on_objects, self);
  else
    g_main_loop_quit (self->loop);
}

static void
add_units (Names *self, const Apm2ServicesReport *report)
{
  for (guint i = 0; i < report->services->len; i++)
    {
      const Apm2ServiceReport *service
          = g_ptr_array_index (report->services, i);

      apm2_completion_add (
          self->completion,
          service->unit->name,
          apm2_word_get (apm2_health_level_to_string (service->health)));
    }
}

/* The report says whether there is a broker, without starting one. */
static void
on_report (const Apm2ServicesReport *report, gpointer user_data)
{
  Names *self = user_data;

  if (self->completion->kind == APM2_COMPLETE_UNITS)
    add_units (self, report);
  if (self->completion->kind != APM2_COMPLETE_UNITS
      && report->broker.is_reachable)
    apm2_client_open_async (self->options, self->cancellable, on_opened, self);
  else
    g_main_loop_quit (self->loop);
}

static gboolean
on_deadline (gpointer user_data)
{
  Names *self = user_data;

  g_cancellable_cancel (self->cancellable);
  g_main_loop_quit (self->loop);
  return G_SOURCE_CONTINUE;
}

static void
ask (Apm2Completion *completion, const Apm2Options *options)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Names self = { .completion = completion,
                 .options = options,
                 .loop = loop,
                 .cancellable = cancellable };
  g_autoptr (Apm2Services) services
      = apm2_services_new (options, FALSE, on_report, &self, NULL);
  guint timer = 0;

  if (services == NULL)
    return;
  timer = g_timeout_add (APM2_COMPLETE_MSEC, on_deadline, &self);
  apm2_services_start (services);
  g_main_loop_run (loop);
  g_source_remove (timer);
  g_clear_pointer (&self.client, apm2_client_close);
}

/* The gates of the work tree in which we are. */
static char *
find_gates_file (void)
{
  g_autofree char *dir = g_get_current_dir ();

  for (guint i = 0; i < DEPTH_MAX; i++)
    {
      g_autofree char *file = g_build_filename (dir, GATES_FILE, NULL);
      char *parent = NULL;

      if (g_file_test (file, G_FILE_TEST_IS_REGULAR))
        return g_steal_pointer (&file);
      parent = g_path_get_dirname (dir);
      if (g_str_equal (parent, dir))
        {
          g_free (parent);
          return NULL;
        }
      g_free (dir);
      dir = parent;
    }
  return NULL;
}

static void
add_gates (Apm2Completion *completion)
{
  g_autofree char *file = find_gates_file ();
  g_autofree char *data = NULL;
  g_autoptr (GPtrArray) gates = NULL;
  gsize size = 0;

  if (file != NULL && g_file_get_contents (file, &data, &size, NULL))
    gates = apm2_gates_file_parse (data, size, file, NULL);
  for (guint i = 0; gates != NULL && i < gates->len; i++)
    {
      const Apm2Step *gate = g_ptr_array_index (gates, i);

      /* The command line is what the shell gets. */
      apm2_completion_add (
          completion, gate->name, gate->argv[g_strv_length (gate->argv) - 1]);
    }
}

/**
 * apm2_complete_names_add:
 * @completion: what may stand there; names that exist are added to it
 * @options: resolved: whose broker
 *
 * Takes no longer than %APM2_COMPLETE_MSEC.
 */
void
apm2_complete_names_add (Apm2Completion *completion, const Apm2Options *options)
{
  switch (completion->kind)
    {
    case APM2_COMPLETE_JOBS:
    case APM2_COMPLETE_LANES:
    case APM2_COMPLETE_UNITS:
    case APM2_COMPLETE_WORKERS:
      ask (completion, options);
      break;
    case APM2_COMPLETE_GATES:
      add_gates (completion);
      break;
    case APM2_COMPLETE_WORDS:
    case APM2_COMPLETE_FILES:
    case APM2_COMPLETE_COMMAND:
    default:
      break;
    }
}
