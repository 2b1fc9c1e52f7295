/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Jobs as D-Bus dictionaries: the record of lists, and the steps.
 */

#include "apm2-job-variant.h"

#include "apm2-gate-strands.h"

static const char *
text_or_empty (const char *text)
{
  return text != NULL ? text : "";
}

static void
add_text (GVariantDict *dict, const char *key, const char *text)
{
  g_variant_dict_insert (dict, key, "s", text_or_empty (text));
}

static void
add_time (GVariantDict *dict, const char *key, gint64 usec)
{
  g_variant_dict_insert (dict, key, "t", (guint64) usec);
}

/**
 * apm2_job_parts_to_variant:
 * @stored: what the store knows of a job
 *
 * Returns: (transfer floating): the ids of its parts, as
 */
GVariant *
apm2_job_parts_to_variant (const Apm2StoredJob *stored)
{
  GVariantBuilder parts;

  g_variant_builder_init (&parts, G_VARIANT_TYPE_STRING_ARRAY);
  for (guint i = 1; i <= stored->n_parts; i++)
    {
      g_autofree char *id = apm2_gate_part_id (stored->id, i);

      g_variant_builder_add (&parts, "s", id);
    }
  return g_variant_builder_end (&parts);
}

/**
 * apm2_job_record_add:
 * @dict: gets the keys of a job record
 * @stored: what the store knows
 * @job: (nullable): the job in memory, which knows whether it runs
 */
void
apm2_job_record_add (GVariantDict *dict,
                     const Apm2StoredJob *stored,
                     const Apm2Job *job)
{
  Apm2JobState state = job != NULL ? job->state : stored->state;

  add_text (dict, "id", stored->id);
  add_text (dict, "state", apm2_job_state_to_string (state));
  add_text (dict, "verdict", apm2_verdict_to_string (stored->verdict));
  add_text (dict, "reason", stored->reason);
  add_text (dict, "message", stored->message);
  add_text (dict, "kind", apm2_job_kind_to_string (stored->kind));
  add_text (dict, "lane", stored->lane);
  g_variant_dict_insert (dict, "priority", "u", stored->priority);
  add_text (dict, "name", stored->name);
  g_variant_dict_insert (dict, "attempt", "u", stored->attempt);
  add_text (dict, "worker", stored->worker);
  add_time (dict, "submitted_at", stored->submitted_at);
  add_time (dict, "not_before", stored->not_before);
  add_time (dict,
            "started_at",
            job != NULL ? job->stored->started_at : stored->started_at);
  add_time (dict, "finished_at", stored->finished_at);
  add_text (dict, "spec_digest", stored->spec_digest);
  add_text (dict, "receipt_digest", stored->receipt_digest);
  add_text (dict, "parent", stored->parent_id);
  g_variant_dict_insert_value (
      dict, "parts", apm2_job_parts_to_variant (stored));
}

/**
 * apm2_job_record_new:
 * @stored: what the store knows
 * @job: (nullable): the job in memory
 *
 * Returns: (transfer floating): a job record, a{sv}
 */
GVariant *
apm2_job_record_new (const Apm2StoredJob *stored, const Apm2Job *job)
{
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  apm2_job_record_add (&dict, stored, job);
  return g_variant_dict_end (&dict);
}

/**
 * apm2_job_steps_to_variant:
 * @job: a job
 *
 * Returns: (transfer floating): its steps, aa{sv}
 */
GVariant *
apm2_job_steps_to_variant (const Apm2Job *job)
{
  GVariantBuilder steps;

  g_variant_builder_init (&steps, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; job->steps != NULL && i < job->steps->len; i++)
    {
      const Apm2JobStep *step = g_ptr_array_index (job->steps, i);
      GVariantDict dict;

      g_variant_dict_init (&dict, NULL);
      add_text (&dict, "name", step->name);
      add_text (&dict, "state", step->state);
      g_variant_dict_insert (&dict, "exit_status", "i", step->exit_status);
      g_variant_dict_insert (&dict, "signal", "i", step->term_signal);
      add_time (&dict, "started_at", step->started_at);
      add_time (&dict, "finished_at", step->finished_at);
      g_variant_dict_insert (&dict, "log_bytes", "t", step->log_bytes);
      g_variant_builder_add_value (&steps, g_variant_dict_end (&dict));
    }
  return g_variant_builder_end (&steps);
}

/**
 * apm2_job_running_steps_to_variant:
 * @job: a job
 *
 * Returns: (transfer floating): the names of its steps that run, as
 */
GVariant *
apm2_job_running_steps_to_variant (const Apm2Job *job)
{
  GVariantBuilder names;

  g_variant_builder_init (&names, G_VARIANT_TYPE_STRING_ARRAY);
  for (guint i = 0; job->steps != NULL && i < job->steps->len; i++)
    {
      const Apm2JobStep *step = g_ptr_array_index (job->steps, i);

      if (apm2_job_step_is_running (step))
        g_variant_builder_add (&names, "s", step->name);
    }
  return g_variant_builder_end (&names);
}
