/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * Apm2JobView:
 *
 * What is known of a job, from its record, its properties and their changes.
 * Strings are never %NULL.
 */
typedef struct
{
  char *id;
  char *state;
  char *verdict;
  char *reason;
  char *message;
  char *name;
  char *lane;
  char *step;
  char *status_text;
  char *worker;
  char *receipt_digest;
  guint priority;
  guint attempt;
  guint step_index;
  guint step_count;
  gboolean progress_valid;
  gboolean in_parts; /* its steps run in jobs of their own */
  double progress;
  guint64 submitted_at; /* usec UTC, 0 = not yet */
  guint64 not_before;   /* no attempt begins before; may be past */
  guint64 started_at;
  guint64 finished_at;
  guint64 log_bytes;
  GVariant *steps; /* (owned) (nullable) aa{sv} */
} Apm2JobView;

Apm2JobView *apm2_job_view_new (const char *id);
Apm2JobView *apm2_job_view_new_from_record (GVariant *record);
void apm2_job_view_free (Apm2JobView *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2JobView, apm2_job_view_free)

void apm2_job_view_update (Apm2JobView *self, GVariant *dict);
gboolean apm2_job_view_is_final (const Apm2JobView *self);
gboolean apm2_job_view_has_passed (const Apm2JobView *self);
guint apm2_job_view_count_steps (const Apm2JobView *self);
char *apm2_job_view_get_step_name (const Apm2JobView *self, guint index);
GVariant *apm2_job_view_find_failed_step (const Apm2JobView *self,
                                          guint *ret_index);

G_END_DECLS
