/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * org.apm2.Services.Job: every job of the table, as an object.
 *
 * No object is made: the path is looked up in the table when somebody asks.
 * What is announced to the object manager's clients is bounded. A new job is
 * announced when the main loop turns, as what it is by then; one that is leased
 * by then a moment later, since it starts now, and that matters more. A state
 * change is told at once, progress at most four times a second.
 */

#include "apm2-job-export.h"

#include "apm2-caller.h"
#include "apm2-dbus.h"
#include "apm2-invocation.h"
#include "apm2-job-judge.h"
#include "apm2-job-properties.h"
#include "apm2-names.h"
#include "apm2-rate.h"

/* As for all else that watchers are told. */
#define MOMENT_MSEC 10
struct _Apm2JobExport
{
  GObject parent_instance;

  Apm2Tree *tree;
  Apm2Queue *queue;
  Apm2JobTable *table;
  Apm2Face face;
  Apm2Folder folder;
  guint announced;
  guint announced_max;
  GPtrArray *due; /* (element-type Apm2Job) to be announced */
  guint announcing;
  GHashTable *rates; /* (element-type utf8 Apm2Rate) jobs with progress */
};

G_DEFINE_FINAL_TYPE (Apm2JobExport, apm2_job_export, G_TYPE_OBJECT)

static void
apm2_job_export_finalize (GObject *object)
{
  Apm2JobExport *self = APM2_JOB_EXPORT (object);

  g_clear_handle_id (&self->announcing, g_source_remove);
  g_ptr_array_unref (self->due);
  g_hash_table_unref (self->rates);
  g_object_unref (self->table);
  g_object_unref (self->queue);
  g_object_unref (self->tree);
  G_OBJECT_CLASS (apm2_job_export_parent_class)->finalize (object);
}

static void
apm2_job_export_class_init (Apm2JobExportClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = apm2_job_export_finalize;
}

static void
apm2_job_export_init (Apm2JobExport *self)
{
  self->due = g_ptr_array_new_with_free_func ((GDestroyNotify) apm2_job_unref);
  self->rates = g_hash_table_new_full (
      g_str_hash, g_str_equal, g_free, (GDestroyNotify) apm2_rate_free);
}

/* With what was held back: of a job that has ended nothing is told later. */
static const char *const state_names[] = {
  "State",        "Verdict",    "Reason", "Message",       "Attempt",
  "StartedAt",    "FinishedAt", "Worker", "ReceiptDigest", "Step",
  "StepIndex",    "StepCount",  "Steps",  "LogBytes",      "NotBefore",
  "Priority",     "Progress",   "Units",  "ProgressValid", "StatusText",
  "RunningSteps", NULL,
};
static const char *const step_names[] = {
  "Step",  "StepIndex", "StepCount",    "Steps",
  "Units", "LogBytes",  "RunningSteps", NULL,
};
static const char *const progress_names[] = {
  "Progress", "ProgressValid", "StatusText", "LogBytes", NULL,
};

/* --- methods --- */

static void
on_cancelled (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GDBusMethodInvocation *invocation = user_data;
  g_autoptr (GError) error = NULL;
  Apm2JobState state;

  if (!apm2_queue_cancel_finish (APM2_QUEUE (source), result, &state, &error))
    apm2_invocation_take_error (invocation, g_steal_pointer (&error));
  else
    g_dbus_method_invocation_return_value (invocation, NULL);
}

static void
handle_cancel (gpointer data,
               gpointer object,
               const Apm2Caller *caller,
               GVariant *parameters,
               GDBusMethodInvocation *invocation)
{
  Apm2JobExport *self = data;
  const Apm2Job *job = object;
  g_autoptr (GVariant) options = g_variant_get_child_value (parameters, 0);
  g_autofree char *reason = NULL;
  g_autoptr (GError) error = NULL;

  if (!apm2_cancel_options_read (options, &reason, &error))
    {
      apm2_invocation_take_error (invocation, g_steal_pointer (&error));
      return;
    }
  apm2_queue_cancel_async (
      self->queue, job->stored->id, reason, on_cancelled, invocation);
}

static const Apm2Method methods[] = {
  { "Cancel", handle_cancel, apm2_job_judge_cancel },
  { NULL },
};

/* --- signals --- */

static char *
job_path (const Apm2Job *job)
{
  return apm2_tree_element_to_path (APM2_OBJECT_JOBS, job->stored->id);
}

static void
announce_due (Apm2JobExport *self, Apm2Job *job)
{
  g_autofree char *path = NULL;

  if (!job->announce_due)
    return;
  job->announce_due = FALSE;
  path = job_path (job);
  apm2_tree_added (self->tree, path, &self->face, job);
}

static gboolean
on_moment_over (gpointer user_data)
{
  Apm2JobExport *self = user_data;

  self->announcing = 0;
  for (guint i = 0; i < self->due->len; i++)
    announce_due (self, g_ptr_array_index (self->due, i));
  g_ptr_array_set_size (self->due, 0);
  return G_SOURCE_REMOVE;
}

static gboolean
on_turned (gpointer user_data)
{
  Apm2JobExport *self = user_data;

  for (guint i = 0; i < self->due->len; i++)
    {
      const Apm2Job *job = g_ptr_array_index (self->due, i);

      if (job->announce_due && job->state == APM2_JOB_STATE_LEASED)
        {
          self->announcing = g_timeout_add (MOMENT_MSEC, on_moment_over, self);
          return G_SOURCE_REMOVE;
        }
    }
  return on_moment_over (self);
}

static void
announce (Apm2JobExport *self, Apm2Job *job)
{
  if (job->announced)
    return;
  job->announced = TRUE;
  job->announce_due = TRUE;
  self->announced++;
  g_ptr_array_add (self->due, apm2_job_ref (job));
  if (self->announcing == 0)
    self->announcing
        = g_idle_add_full (G_PRIORITY_DEFAULT, on_turned, self, NULL);
}

static void
on_added (Apm2JobExport *self, Apm2Job *job)
{
  if (self->announced < self->announced_max)
    announce (self, job);
}

typedef struct
{
  Apm2JobExport *self;
  char *id;
} ProgressTeller;

static void
progress_teller_free (gpointer data)
{
  ProgressTeller *teller = data;

  g_free (teller->id);
  g_free (teller);
}

static void
tell_progress (gpointer user_data)
{
  const ProgressTeller *teller = user_data;
  Apm2JobExport *self = teller->self;
  Apm2Job *job = apm2_job_table_find (self->table, teller->id);
  g_autofree char *path = NULL;

  if (job == NULL)
    return;
  path = job_path (job);
  apm2_tree_changed (self->tree, path, &self->face, job, progress_names);
}

static Apm2Rate *
progress_rate (Apm2JobExport *self, const Apm2Job *job)
{
  Apm2Rate *rate = g_hash_table_lookup (self->rates, job->stored->id);
  ProgressTeller *teller;

  if (rate != NULL)
    return rate;

  teller = g_new0 (ProgressTeller, 1);
  teller->self = self;
  teller->id = g_strdup (job->stored->id);
  rate = apm2_rate_new (tell_progress, teller, progress_teller_free);
  g_hash_table_insert (self->rates, g_strdup (job->stored->id), rate);
  return rate;
}

static void
on_changed (Apm2JobExport *self, Apm2Job *job, guint change)
{
  g_autofree char *path = NULL;

  if ((change & (APM2_JOB_CHANGE_STATE | APM2_JOB_CHANGE_STEP)) == 0)
    {
      apm2_rate_touch (progress_rate (self, job));
      return;
    }

  if (job->state == APM2_JOB_STATE_LEASED)
    announce (self, job);
  /* Whoever has read it by its path waits for the change, and for no object. */
  else
    announce_due (self, job);
  path = job_path (job);
  if (!job->announce_due)
    apm2_tree_changed (self->tree,
                       path,
                       &self->face,
                       job,
                       (change & APM2_JOB_CHANGE_STATE) != 0 ? state_names
                                                             : step_names);
  if ((change & APM2_JOB_CHANGE_PROGRESS) != 0)
    apm2_rate_touch (progress_rate (self, job));
}

static void
on_finished (Apm2JobExport *self, Apm2Job *job)
{
  const Apm2StoredJob *stored = job->stored;
  g_autofree char *path = job_path (job);

  g_hash_table_remove (self->rates, stored->id);
  announce_due (self, job);
  apm2_tree_emit (self->tree,
                  path,
                  APM2_IFACE_JOB,
                  "Finished",
                  g_variant_new ("(ssss)",
                                 apm2_job_state_to_string (stored->state),
                                 apm2_verdict_to_string (stored->verdict),
                                 stored->reason != NULL ? stored->reason : "",
                                 stored->receipt_digest != NULL
                                     ? stored->receipt_digest
                                     : ""));
}

static void
on_removed (Apm2JobExport *self, Apm2Job *job)
{
  g_autofree char *path = NULL;

  if (!job->announced)
    return;
  announce_due (self, job);
  self->announced--;
  path = job_path (job);
  apm2_tree_removed (self->tree, path, &self->face);
}

/* --- the folder --- */

static gpointer
find_job (gpointer data, const char *name)
{
  Apm2JobExport *self = data;

  return apm2_job_table_find (self->table, name);
}

static void
collect_announced (gpointer item, gpointer user_data)
{
  const Apm2Job *job = item;

  if (job->announced)
    g_ptr_array_add (user_data, g_strdup (job->stored->id));
}

static GPtrArray *
list_jobs (gpointer data)
{
  Apm2JobExport *self = data;
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);

  apm2_job_table_foreach (self->table, collect_announced, names);
  return names;
}

/* Jobs that the store knew at the start: nobody was told of them, but a client
 * that comes now must see them. */
static void
mark_known (gpointer item, gpointer user_data)
{
  Apm2JobExport *self = user_data;
  Apm2Job *job = item;

  if (self->announced >= self->announced_max
      && job->state == APM2_JOB_STATE_PENDING)
    return;
  job->announced = TRUE;
  self->announced++;
}

/**
 * apm2_job_export_new:
 * @tree: where the jobs are exported
 * @queue: changes jobs
 * @table: the jobs, already loaded
 * @announced_max: how many objects are announced before a job is leased
 *
 * Returns: (transfer full): the exported jobs
 */
Apm2JobExport *
apm2_job_export_new (Apm2Tree *tree,
                     Apm2Queue *queue,
                     Apm2JobTable *table,
                     guint announced_max)
{
  Apm2JobExport *self = g_object_new (APM2_TYPE_JOB_EXPORT, NULL);

  self->tree = g_object_ref (tree);
  self->queue = g_object_ref (queue);
  self->table = g_object_ref (table);
  self->announced_max = announced_max;
  self->face.info = apm2_dbus_services_job_interface_info ();
  self->face.methods = methods;
  self->face.get_property = apm2_job_properties_get;
  self->face.data = self;
  self->folder.find = find_job;
  self->folder.list = list_jobs;
  self->folder.data = self;
  apm2_job_table_foreach (table, mark_known, self);

  apm2_tree_add_folder (tree, APM2_OBJECT_JOBS, &self->face, &self->folder);
  g_signal_connect_object (
      table, "added", G_CALLBACK (on_added), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (
      table, "changed", G_CALLBACK (on_changed), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (
      table, "finished", G_CALLBACK (on_finished), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (
      table, "removed", G_CALLBACK (on_removed), self, G_CONNECT_SWAPPED);
  return self;
}

/**
 * apm2_job_export_set_announced_max:
 * @self: the exported jobs
 * @announced_max: how many objects are announced from now on before a job is
 *   leased
 */
void
apm2_job_export_set_announced_max (Apm2JobExport *self, guint announced_max)
{
  self->announced_max = announced_max;
}
