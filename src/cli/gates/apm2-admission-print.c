/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Whether a commit is admitted, for people and for programs.
 */

#include "apm2-admission-print.h"

#include <stdio.h>

#include <glib/gi18n.h>

#include "apm2-format-json.h"
#include "apm2-format.h"
#include "apm2-time.h"
#include "apm2-timestamp.h"

static void
print_json (const Apm2CommandCall *call,
            const Apm2GatesTarget *target,
            const Apm2Receipt *receipt,
            const char *digest)
{
  json_t *object = apm2_format_json_new ("apm2.fac.admitted.v1");

  json_object_set_new (object, "admitted", json_boolean (receipt != NULL));
  json_object_set_new (
      object, "commit", apm2_format_json_string (target->commit->id));
  json_object_set_new (
      object, "tree", apm2_format_json_string (target->commit->tree));
  json_object_set_new (
      object, "project", apm2_format_json_string (target->repository->project));
  json_object_set_new (object,
                       "gate_set_digest",
                       apm2_format_json_string (target->gate_set_digest));
  json_object_set_new (object,
                       "job_id",
                       receipt != NULL
                           ? apm2_format_json_string (receipt->job_id)
                           : json_null ());
  json_object_set_new (object,
                       "receipt_digest",
                       digest != NULL ? apm2_format_json_string (digest)
                                      : json_null ());
  json_object_set_new (object,
                       "finished_at",
                       receipt != NULL ? json_integer (receipt->finished_at)
                                       : json_null ());
  apm2_format_json_print (call, object);
}

static void
print_text (const Apm2CommandCall *call,
            const Apm2GatesTarget *target,
            const Apm2Receipt *receipt,
            const char *digest)
{
  g_autofree char *id = apm2_commit_get_short_id (target->commit);
  g_autofree char *when
      = apm2_timestamp_format_long ((guint64) receipt->finished_at,
                                    apm2_time_realtime_usec (),
                                    call->globals->timestamp);

  printf (ngettext ("commit %s is admitted: %u gate passed at %s as job %s; "
                    "receipt %s\n",
                    "commit %s is admitted: %u gates passed at %s as job %s; "
                    "receipt %s\n",
                    target->gates->len),
          id,
          target->gates->len,
          when,
          receipt->job_id,
          digest);
}

/**
 * apm2_admission_print:
 * @call: the verb
 * @target: a commit and its gates
 * @receipt: (nullable): the receipt by which it is admitted; not without JSON
 * @digest: (nullable): digest of the receipt
 *
 * Prints on stdout that the commit is admitted, or not.
 */
void
apm2_admission_print (const Apm2CommandCall *call,
                      const Apm2GatesTarget *target,
                      const Apm2Receipt *receipt,
                      const char *digest)
{
  if (call->globals->json != APM2_JSON_STYLE_OFF)
    print_json (call, target, receipt, digest);
  else if (receipt != NULL)
    print_text (call, target, receipt, digest);
}
