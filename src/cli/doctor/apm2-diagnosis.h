/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-cure.h"

G_BEGIN_DECLS

/**
 * Apm2FindingResult:
 * @APM2_FINDING_OK: as it should be
 * @APM2_FINDING_SKIPPED: cannot or need not be looked at; the text says why
 * @APM2_FINDING_WARNING: works, but not as well or as safely as promised
 * @APM2_FINDING_FAILED: jobs do not run until this is mended
 *
 * In the order of their weight.
 */
typedef enum
{
  APM2_FINDING_OK,
  APM2_FINDING_SKIPPED,
  APM2_FINDING_WARNING,
  APM2_FINDING_FAILED,
} Apm2FindingResult;
#define APM2_N_FINDING_RESULTS (APM2_FINDING_FAILED + 1)

/**
 * Apm2Finding:
 *
 * What one check found on one thing.
 */
typedef struct
{
  const char *id; /* of the check; a stable code */
  Apm2FindingResult result;
  char *text;       /* one sentence without a period */
  GPtrArray *cures; /* (element-type Apm2Cure) in their order */
  GPtrArray *looks; /* (element-type utf8) commands that tell more */
} Apm2Finding;

void apm2_finding_add_cure (Apm2Finding *self, Apm2Cure *cure);
void apm2_finding_add_command (Apm2Finding *self, const char *format, ...)
    G_GNUC_PRINTF (2, 3);
void apm2_finding_add_look (Apm2Finding *self, const char *format, ...)
    G_GNUC_PRINTF (2, 3);

/**
 * Apm2Diagnosis:
 *
 * All findings, in the order in which they were made.
 */
typedef struct
{
  const char *id;      /* of the check that runs now */
  GPtrArray *findings; /* (element-type Apm2Finding) */
} Apm2Diagnosis;

Apm2Diagnosis *apm2_diagnosis_new (void);
void apm2_diagnosis_free (Apm2Diagnosis *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2Diagnosis, apm2_diagnosis_free)

void apm2_diagnosis_begin (Apm2Diagnosis *self, const char *id);
Apm2Finding *apm2_diagnosis_add (Apm2Diagnosis *self,
                                 Apm2FindingResult result,
                                 const char *format,
                                 ...) G_GNUC_PRINTF (3, 4);
Apm2Finding *apm2_diagnosis_add_message (Apm2Diagnosis *self,
                                         Apm2FindingResult result,
                                         const char *message);
guint apm2_diagnosis_count (const Apm2Diagnosis *self,
                            Apm2FindingResult result);
Apm2FindingResult apm2_diagnosis_get_worst (const Apm2Diagnosis *self);
guint apm2_diagnosis_count_safe_cures (const Apm2Diagnosis *self);
const char *apm2_finding_result_to_string (Apm2FindingResult result);

G_END_DECLS
