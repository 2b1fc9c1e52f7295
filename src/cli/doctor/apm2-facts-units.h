/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-service-control.h"
#include "apm2-services-report.h"

G_BEGIN_DECLS

/**
 * Apm2UnitsFacts:
 *
 * What the service manager says of our units, and what that means.
 */
typedef struct
{
  Apm2ServiceControl *control; /* (owned) (nullable) NULL: not reached */
  char *problem;               /* (nullable) why it was not */
  Apm2ServicesReport *report;  /* (owned) services and heartbeats, judged */
  GPtrArray *lanes;            /* (element-type Apm2UnitState) loaded slots */
} Apm2UnitsFacts;

Apm2UnitsFacts *apm2_units_facts_new (const Apm2Paths *paths);
void apm2_units_facts_free (Apm2UnitsFacts *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2UnitsFacts, apm2_units_facts_free)

const Apm2UnitState *apm2_units_facts_find (const Apm2UnitsFacts *self,
                                            const char *unit);
gboolean apm2_units_facts_is_active (const Apm2UnitsFacts *self,
                                     const char *unit);
gboolean apm2_units_facts_has_worker (const Apm2UnitsFacts *self);

G_END_DECLS
