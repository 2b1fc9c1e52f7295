/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-checks.h"

/* A home and a runtime directory of our own, sound to begin with, and a doctor
 * who has learned nothing from others yet. */
typedef struct
{
  char *dir; /* holds both */
  Apm2Doctor *doctor;
  Apm2Diagnosis *diagnosis; /* of the last check */
} Patient;

typedef void (*PatientCheck) (const Apm2Doctor *doctor, Apm2Diagnosis *out);

Patient *patient_new (void);
void patient_free (Patient *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Patient, patient_free)

void patient_check (Patient *self, PatientCheck check);
const Apm2Finding *patient_get_only (Patient *self, PatientCheck check);
void patient_assert (Patient *self,
                     PatientCheck check,
                     Apm2FindingResult result,
                     const char *part);
guint patient_repair (Patient *self);
void patient_type (Patient *self);
char *patient_path (const Patient *self, const char *name);
void patient_write (const Patient *self, const char *name, const char *text);
void patient_age (const Patient *self, const char *name, gint64 sec);
Apm2UnitState *patient_make_unit (const Patient *self,
                                  const char *name,
                                  const char *active,
                                  const char *sub);
void patient_add_unit (Patient *self, Apm2UnitState *unit);
void patient_add_lane (Patient *self, Apm2UnitState *unit);
void patient_judge (Patient *self);
const char *patient_get_command (const Apm2Finding *finding, guint index);
