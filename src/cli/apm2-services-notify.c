/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Services that fail or are well again, and jobs that end, on the desktop.
 *
 * Only jobs that were seen before they ended are told of: what ended before
 * anybody looked is no news. The broker is asked for jobs only while it is
 * known to be there, since to look for it could start it.
 */

#include "apm2-services-notify.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <glib/gi18n.h>

#include "apm2-bus-address.h"
#include "apm2-format.h"
#include "apm2-job-view.h"
#include "apm2-names.h"
#include "apm2-notifier.h"
#include "apm2-objects.h"
#include "apm2-outcome.h"
#include "apm2-properties.h"
#include "apm2-word.h"

struct _Apm2ServicesNotify
{
  const Apm2Options *options; /* borrowed */
  Apm2Notifier *notifier;     /* (owned) */
  Apm2Objects *objects;       /* (owned) (nullable) while the broker is there */
  GHashTable *open; /* (owned) (element-type utf8) ids of jobs that had not
                       ended when they were last seen */
};

/* --- jobs --- */

static gboolean
is_ours (GVariant *properties)
{
  guint32 uid = getuid ();

  (void) g_variant_lookup (properties, "Uid", "u", &uid);
  return uid == getuid ()
         && *apm2_properties_get_text (properties, "Parent") == '\0';
}

static void
tell_job (Apm2ServicesNotify *self, const Apm2JobView *job)
{
  const gboolean has_passed = apm2_job_view_has_passed (job);
  g_autofree char *about
      = has_passed ? g_strdup ("jobs") : g_strconcat ("job:", job->id, NULL);
  g_autofree char *summary = g_strdup_printf (
      /* TRANSLATORS: a notification: the name of a job and what it came to. */
      _ ("Job %s: %s"),
      job->name[0] != '\0' ? job->name : job->id,
      apm2_word_get (apm2_format_state_word (job->state, job->verdict)));
  g_autofree char *outcome = apm2_outcome_describe (job, self->options);

  /* What stands behind a state elsewhere begins with what joins it to that. */
  apm2_notifier_tell (self->notifier,
                      about,
                      has_passed ? APM2_URGENCY_LOW : APM2_URGENCY_NORMAL,
                      summary,
                      outcome + strspn (outcome, ":; "));
}

static void
look_at_job (Apm2ServicesNotify *self, GVariant *properties)
{
  g_autoptr (Apm2JobView) job = NULL;

  if (!is_ours (properties))
    return;
  job = apm2_job_view_new_from_record (properties);
  if (!apm2_job_view_is_final (job))
    g_hash_table_add (self->open, g_strdup (job->id));
  else if (g_hash_table_remove (self->open, job->id))
    tell_job (self, job);
}

static void
on_job (const char *path, gpointer user_data)
{
  Apm2ServicesNotify *self = user_data;
  GVariant *properties
      = apm2_objects_find (self->objects, path, APM2_IFACE_JOB);

  if (properties != NULL)
    look_at_job (self, properties);
}

/* All were read, or there are none: changes came by on_job() before. */
static void
on_objects (gpointer user_data)
{
  Apm2ServicesNotify *self = user_data;
  g_autoptr (GPtrArray) jobs
      = apm2_objects_find_all (self->objects, APM2_IFACE_JOB, NULL);

  for (guint i = 0; i < jobs->len; i++)
    look_at_job (self, g_ptr_array_index (jobs, i));
}

/* --- services --- */

static void
on_problem (const char *problem, gpointer user_data)
{
  if (problem != NULL)
    fprintf (stderr,
             _ ("apm2: nobody shows notifications now: %s; what is new stays "
                "here\n"),
             problem);
  else
    fputs (_ ("apm2: notifications are shown again\n"), stderr);
}

/**
 * apm2_services_notify_new:
 * @options: how to find the broker; must outlive it
 *
 * Needs a running main loop. That nobody shows notifications is said on stderr.
 *
 * Returns: (transfer full): who tells on the desktop
 */
Apm2ServicesNotify *
apm2_services_notify_new (const Apm2Options *options)
{
  Apm2ServicesNotify *self = g_new0 (Apm2ServicesNotify, 1);
  g_autofree char *address = apm2_bus_address_find (APM2_MODE_USER);

  self->options = options;
  self->open = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->notifier = apm2_notifier_new (address, on_problem, self);
  return self;
}

/**
 * apm2_services_notify_free:
 * @self: who tells on the desktop
 */
void
apm2_services_notify_free (Apm2ServicesNotify *self)
{
  g_clear_pointer (&self->objects, apm2_objects_free);
  g_clear_pointer (&self->notifier, apm2_notifier_free);
  g_clear_pointer (&self->open, g_hash_table_unref);
  g_free (self);
}

/**
 * apm2_services_notify_tell_unit:
 * @self: who tells on the desktop
 * @unit: a unit
 * @before: (nullable): how it was; %NULL: nobody looked
 * @now: how it is
 * @reason: why; maybe empty
 *
 * Tells what is not well, and what is well again.
 */
void
apm2_services_notify_tell_unit (Apm2ServicesNotify *self,
                                const char *unit,
                                const Apm2HealthLevel *before,
                                Apm2HealthLevel now,
                                const char *reason)
{
  const gboolean is_well = now == APM2_HEALTH_LEVEL_HEALTHY;
  g_autofree char *about = g_strconcat ("unit:", unit, NULL);
  g_autofree char *summary = NULL;
  g_autofree char *body = NULL;

  if (before == NULL ? is_well : *before == now)
    return;
  summary = g_strdup_printf (
      /* TRANSLATORS: a notification: a unit, and "healthy" or what it is. */
      _ ("%s is %s"),
      unit,
      apm2_word_get (apm2_health_level_to_string (now)));
  if (before != NULL)
    body = g_strdup_printf (
        /* TRANSLATORS: of a service: "healthy" or what it was. */
        _ ("It was %s."),
        apm2_word_get (apm2_health_level_to_string (*before)));
  else
    body = g_strdup (reason[0] != '\0' ? apm2_word_get (reason) : "");
  if (before != NULL && !is_well && reason[0] != '\0')
    {
      g_free (body);
      body = g_strdup (apm2_word_get (reason));
    }
  apm2_notifier_tell (self->notifier,
                      about,
                      now == APM2_HEALTH_LEVEL_UNHEALTHY ? APM2_URGENCY_CRITICAL
                      : is_well                          ? APM2_URGENCY_LOW
                                                         : APM2_URGENCY_NORMAL,
                      summary,
                      body);
}

/**
 * apm2_services_notify_set_broker:
 * @self: who tells on the desktop
 * @broker: how it is
 *
 * Jobs are followed while it is there.
 */
void
apm2_services_notify_set_broker (Apm2ServicesNotify *self,
                                 const Apm2BrokerReport *broker)
{
  if (!broker->is_reachable)
    g_clear_pointer (&self->objects, apm2_objects_free);
  else if (self->objects == NULL)
    {
      self->objects = apm2_objects_new (self->options, on_objects, self);
      apm2_objects_set_changed_func (self->objects, on_job);
    }
}
