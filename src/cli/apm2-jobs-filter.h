/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "apm2-job-view.h"

G_BEGIN_DECLS

/**
 * Apm2JobsFilter:
 *
 * Which jobs are asked for. "passed" and "failed" are verdicts, which is what
 * people mean by a state; zero-initialise it.
 */
typedef struct
{
  GPtrArray *states; /* (owned) (nullable) (element-type utf8) ends with NULL */
  const char *verdict; /* (nullable) */
  const char *lane;    /* borrowed (nullable) */
} Apm2JobsFilter;

gboolean apm2_jobs_filter_init (Apm2JobsFilter *self,
                                GStrv words,
                                const char *lane,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;
void apm2_jobs_filter_clear (Apm2JobsFilter *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Apm2JobsFilter, apm2_jobs_filter_clear)

gboolean apm2_jobs_filter_matches (const Apm2JobsFilter *self,
                                   const Apm2JobView *job);

G_END_DECLS
