/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What a caller is told: under which terms it runs, or why it waits.
 */

#include "apm2-attachments-private.h"

#include <string.h>

#include "apm2-names.h"
#include "apm2-text.h"
#include "apm2-time.h"

#define HOLDERS_MAX 8
#define COMMAND_MAX 256

/* The limits in force, and the ancestor if there is one. */
GVariant *
apm2_attachments_get_terms (Apm2Attachments *self,
                            const Apm2Attachment *attachment)
{
  const Apm2Config *config = apm2_active_config_get (self->config);
  const Apm2Job *job
      = apm2_job_table_find (self->table, attachment->spec->job_id);
  const Apm2Limits limits
      = job != NULL ? job->limits : attachment->spec->limits;
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "timeout_sec", "t", limits.timeout_sec);
  g_variant_dict_insert (
      &dict, "memory_max_bytes", "t", limits.memory_max_bytes);
  g_variant_dict_insert (&dict, "tasks_max", "t", limits.tasks_max);
  g_variant_dict_insert (
      &dict, "cpu_quota_percent", "t", limits.cpu_quota_percent);
  g_variant_dict_insert (
      &dict, "kill_grace_usec", "t", config->kill_grace_sec * G_USEC_PER_SEC);
  if (attachment->ancestor != NULL)
    g_variant_dict_insert (&dict, "ancestor", "s", attachment->ancestor);
  return g_variant_dict_end (&dict);
}

static char *
describe_command (const Apm2JobSpec *spec)
{
  const Apm2Step *step = g_ptr_array_index (spec->steps, 0);
  g_autofree char *line = g_strjoinv (" ", step->argv);

  return apm2_text_clean (line, COMMAND_MAX);
}

static gint64
expect_end (Apm2Attachments *self, const Apm2Job *job, const Apm2JobSpec *spec)
{
  gint64 usec
      = job->stored->started_at == 0 || spec->steps->len == 0
            ? -1
            : apm2_work_history_expect (self->history, job->stored->uid, spec);

  return usec < 0 ? 0 : job->stored->started_at + usec;
}

/* One that was granted a slot at once is not in the table before it is on the
 * disk. */
static void
describe_since (Apm2Attachments *self,
                GVariantDict *dict,
                const Apm2Attachment *attachment,
                const Apm2Job *job,
                const Apm2JobSpec *spec)
{
  const Apm2StoredJob *stored = job != NULL ? job->stored : NULL;
  const char *name = stored != NULL ? stored->name : NULL;
  gint64 since = apm2_time_realtime_usec ();
  guint32 uid = attachment != NULL ? attachment->uid : 0;

  if (stored != NULL)
    {
      uid = stored->uid;
      since
          = stored->started_at != 0 ? stored->started_at : stored->submitted_at;
    }
  else if (spec != NULL)
    name = apm2_job_spec_get_label (spec, APM2_LABEL_NAME);
  g_variant_dict_insert (dict, "name", "s", name != NULL ? name : "");
  g_variant_dict_insert (dict, "uid", "u", uid);
  g_variant_dict_insert (dict, "since_usec", "t", (guint64) since);
  g_variant_dict_insert (dict,
                         "expected_end_usec",
                         "t",
                         stored != NULL && spec != NULL
                             ? (guint64) expect_end (self, job, spec)
                             : 0);
}

static void
describe_names (GVariantDict *dict, const Apm2JobSpec *spec)
{
  const char *const none[] = { NULL };

  g_variant_dict_insert (dict,
                         "exclusive",
                         "^as",
                         spec != NULL && spec->exclusive != NULL
                             ? (const char *const *) spec->exclusive
                             : none);
}

/* @id: of a job that is in the way, attached or a worker's. */
static GVariant *
describe_holder (Apm2Attachments *self, const char *id)
{
  const Apm2Attachment *attachment = apm2_attachments_find (self, id);
  const Apm2Job *job = apm2_job_table_find (self->table, id);
  const Apm2JobSpec *spec = attachment != NULL ? attachment->spec
                            : job != NULL      ? job->spec
                                               : NULL;
  g_autofree char *command = NULL;
  const char *directory = NULL;
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "job_id", "s", id);
  g_variant_dict_insert (
      &dict, "slots", "u", attachment != NULL ? attachment->spec->slots : 1);
  describe_names (&dict, spec);
  if (spec != NULL && spec->steps->len > 0)
    {
      command = describe_command (spec);
      directory = ((const Apm2Step *) g_ptr_array_index (spec->steps, 0))
                      ->working_directory;
    }
  g_variant_dict_insert (&dict, "command", "s", command != NULL ? command : "");
  g_variant_dict_insert (
      &dict, "directory", "s", directory != NULL ? directory : "");
  describe_since (self, &dict, attachment, job, spec);
  return g_variant_dict_end (&dict);
}

static void
insert_holders (Apm2Attachments *self, GVariantDict *dict, GPtrArray *ids)
{
  GVariantBuilder holders = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("aa{sv}"));
  guint shown = MIN (ids->len, HOLDERS_MAX);

  for (guint i = 0; i < shown; i++)
    g_variant_builder_add_value (
        &holders, describe_holder (self, g_ptr_array_index (ids, i)));
  g_variant_dict_insert_value (
      dict, "holders", g_variant_builder_end (&holders));
  g_variant_dict_insert (dict, "holders_more", "u", ids->len - shown);
}

/**
 * apm2_attachments_get_usage:
 * @self: the attached jobs
 * @lane: name of a lane
 *
 * Returns: what is used of its budget now, by worker jobs too
 */
Apm2BudgetUsage
apm2_attachments_get_usage (Apm2Attachments *self, const char *lane)
{
  apm2_attachments_update_load (self, lane);
  return apm2_budget_get_usage (self->budget, lane);
}

/**
 * apm2_attachments_list_holders:
 * @self: the attached jobs
 * @lane: name of a lane
 *
 * Returns: (transfer floating): those that hold slots of @lane, as Holders of
 *   the lane tells them
 */
GVariant *
apm2_attachments_list_holders (Apm2Attachments *self, const char *lane)
{
  g_autoptr (GPtrArray) ids = apm2_budget_list_holders (self->budget, lane);
  GVariantBuilder holders = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("aa{sv}"));

  for (guint i = 0; i < ids->len; i++)
    g_variant_builder_add_value (
        &holders, describe_holder (self, g_ptr_array_index (ids, i)));
  return g_variant_builder_end (&holders);
}

/* Only worker jobs are in the way: the budget knows how many, and not which. */
static void
add_workers (Apm2Attachments *self, const char *lane, GPtrArray *ids)
{
  GHashTableIter iter;
  gpointer value = NULL;

  g_hash_table_iter_init (&iter, self->working);
  while (g_hash_table_iter_next (&iter, &value, NULL))
    {
      const Apm2Job *job = value;

      if (g_str_equal (job->stored->lane, lane))
        g_ptr_array_add (ids, g_strdup (job->stored->id));
    }
}

static gboolean
is_about_room (Apm2BudgetCause cause)
{
  return cause == APM2_BUDGET_CAUSE_SLOTS || cause == APM2_BUDGET_CAUSE_CPUS
         || cause == APM2_BUDGET_CAUSE_MEMORY;
}

/* A key is told as its user knows it. */
static const char *
get_resource (const char *name)
{
  const char *key = NULL;

  if (!g_str_has_prefix (name, APM2_ATTACHMENT_KEY))
    return name;
  key = strchr (name + strlen (APM2_ATTACHMENT_KEY), ' ');
  return key != NULL ? key + 1 : name;
}

/* Why a job waits, as Waiting tells it. */
GVariant *
apm2_attachments_get_why (Apm2Attachments *self,
                          const Apm2Attachment *attachment)
{
  g_auto (Apm2BudgetWhy) why = { 0 };
  g_autoptr (GPtrArray) ids = g_ptr_array_new_with_free_func (g_free);
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  /* It is on its way to its slot. */
  if (!apm2_budget_why (self->budget, attachment->spec->job_id, &why))
    why.cause = APM2_BUDGET_CAUSE_TURN;
  g_variant_dict_insert (&dict, "position", "u", MAX (why.position, 1));
  g_variant_dict_insert (
      &dict,
      "cause",
      "s",
      apm2_budget_cause_to_string (why.cause != APM2_BUDGET_CAUSE_NONE
                                       ? why.cause
                                       : APM2_BUDGET_CAUSE_TURN));
  if (why.resource != NULL)
    g_variant_dict_insert (&dict, "resource", "s", get_resource (why.resource));
  for (guint i = 0; why.holders != NULL && i < why.holders->len; i++)
    g_ptr_array_add (ids, g_strdup (g_ptr_array_index (why.holders, i)));
  if (is_about_room (why.cause))
    add_workers (self, attachment->spec->lane, ids);
  insert_holders (self, &dict, ids);
  return g_variant_dict_end (&dict);
}

/* What one is told who waits for @attachment to end. */
GVariant *
apm2_attachments_get_joined (Apm2Attachments *self,
                             const Apm2Attachment *attachment)
{
  g_autoptr (GPtrArray) ids = g_ptr_array_new ();
  GVariantDict dict;

  g_ptr_array_add (ids, attachment->spec->job_id);
  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "position", "u", 1);
  g_variant_dict_insert (&dict, "cause", "s", "joined");
  insert_holders (self, &dict, ids);
  return g_variant_dict_end (&dict);
}

/* Tells those who wait for @attachment to end how it stands. */
static void
tell_joined (Apm2Attachments *self, Apm2Attachment *attachment)
{
  g_autoptr (GVariant) why = NULL;

  if (attachment->joined->len == 0)
    return;
  why = g_variant_ref_sink (apm2_attachments_get_joined (self, attachment));
  if (attachment->why_joined != NULL
      && g_variant_equal (why, attachment->why_joined))
    return;
  g_clear_pointer (&attachment->why_joined, g_variant_unref);
  attachment->why_joined = g_variant_ref (why);
  for (guint i = 0; i < attachment->joined->len; i++)
    apm2_attachments_emit_waiting (
        self, attachment, g_ptr_array_index (attachment->joined, i), why);
}

static void
tell_caller (Apm2Attachments *self, Apm2Attachment *attachment)
{
  g_autoptr (GVariant) why = NULL;

  if (attachment->state != APM2_ATTACHMENT_WAITING
      || attachment->attaching != NULL || apm2_attachment_is_away (attachment))
    return;
  why = g_variant_ref_sink (apm2_attachments_get_why (self, attachment));
  if (attachment->why != NULL && g_variant_equal (why, attachment->why))
    return;
  g_clear_pointer (&attachment->why, g_variant_unref);
  attachment->why = g_variant_ref (why);
  apm2_attachments_emit_waiting (self, attachment, attachment->connection, why);
}

/**
 * apm2_attachments_tell_waiting:
 * @user_data: the attached jobs
 *
 * Tells everybody who waits why, if that has changed.
 */
void
apm2_attachments_tell_waiting (gpointer user_data)
{
  Apm2Attachments *self = user_data;
  GHashTableIter iter;
  gpointer value = NULL;

  g_hash_table_iter_init (&iter, self->by_id);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      tell_caller (self, value);
      tell_joined (self, value);
    }
}
