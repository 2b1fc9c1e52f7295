/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-doctor.h"

G_BEGIN_DECLS

/**
 * Apm2RepairOutcome:
 * @APM2_REPAIR_DONE: apm2 did it
 * @APM2_REPAIR_FAILED: apm2 tried; the reason says why it could not
 */
typedef enum
{
  APM2_REPAIR_DONE,
  APM2_REPAIR_FAILED,
} Apm2RepairOutcome;

/**
 * Apm2Repair:
 *
 * A cure that was tried. What is left to the operator stands in the findings
 * that remain.
 */
typedef struct
{
  const char *id; /* of the check */
  char *command;  /* what was printed */
  Apm2RepairOutcome outcome;
  char *reason; /* (nullable) */
} Apm2Repair;

const char *apm2_repair_outcome_to_string (Apm2RepairOutcome outcome);
GPtrArray *apm2_repair_list_new (void);
guint apm2_repair_next (const Apm2Doctor *doctor,
                        const Apm2Diagnosis *diagnosis,
                        GPtrArray *repairs);

G_END_DECLS
