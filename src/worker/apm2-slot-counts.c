/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * How many jobs have ended in a worker, and how.
 */

#include "apm2-slot-counts.h"

/**
 * apm2_slot_counts_add:
 * @self: counts
 * @record: of a job that has ended
 */
void
apm2_slot_counts_add (Apm2SlotCounts *self, const Apm2JobRecord *record)
{
  if (record->outcome == APM2_JOB_STATE_COMPLETED)
    self->completed++;
  if (record->verdict == APM2_VERDICT_FAILED)
    self->failed++;
  if (record->outcome == APM2_JOB_STATE_DENIED)
    self->denied++;
  if (record->outcome == APM2_JOB_STATE_QUARANTINED)
    self->quarantined++;
  if (record->outcome == APM2_JOB_STATE_CANCELLED)
    self->cancelled++;
}
