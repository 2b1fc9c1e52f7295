/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-paths.h"

G_BEGIN_DECLS

/**
 * Apm2BusFacts:
 *
 * The message bus, and whether apm2 is on it.
 */
typedef struct
{
  char *address;     /* (nullable) NULL: there is no bus */
  char *problem;     /* (nullable) why it does not answer */
  gboolean hangs;    /* it took the call and said nothing */
  gboolean owned;    /* our name has an owner */
  guint32 owner_pid; /* 0: not known */
} Apm2BusFacts;

Apm2BusFacts *apm2_bus_facts_new (Apm2Mode mode);
void apm2_bus_facts_free (Apm2BusFacts *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2BusFacts, apm2_bus_facts_free)

G_END_DECLS
