/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "apm2-job-spec.h"

G_BEGIN_DECLS

/**
 * Apm2SubmitOptions:
 *
 * What was typed after "submit". Numbers are text still, where a unit may
 * stand.
 */
typedef struct
{
  char *file;
  char *lane;
  char *priority;
  char *timeout;
  char *memory_max;
  char *tasks_max;
  char *cpu_quota;
  GStrv env;
  char *name;
  char *idempotency_key;
  GStrv after;
  GStrv labels;
  char *source;
  char *commit;
  char *working_directory;
  char *retry;
  gboolean wait;
  gboolean follow;
} Apm2SubmitOptions;

extern const GOptionEntry apm2_submit_spec_entries[];

Apm2JobSpec *apm2_submit_spec_new (const Apm2SubmitOptions *options,
                                   const char *const *argv,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;
const char *apm2_submit_spec_find_conflict (const Apm2SubmitOptions *options);

G_END_DECLS
