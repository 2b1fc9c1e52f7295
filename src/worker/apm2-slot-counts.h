/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-job-record.h"

G_BEGIN_DECLS

/* Jobs in this worker's life, by how they ended. */
typedef struct
{
  guint64 completed; /* ran to an end, passed or failed */
  guint64 failed;    /* of these, not passed */
  guint64 denied;
  guint64 quarantined;
  guint64 cancelled;
} Apm2SlotCounts;

void apm2_slot_counts_add (Apm2SlotCounts *self, const Apm2JobRecord *record);

G_END_DECLS
