/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "store-harness.h"

G_BEGIN_DECLS

/*
 * What every engine of Apm2Store must do. A case gets a store that is new and
 * empty, of an ageing of 50 microseconds per level of priority: so little that
 * age and priority weigh about the same.
 */
#define STORE_CASES_AGING_USEC 50

typedef struct
{
  const char *name; /* below the prefix of the engine */
  void (*run) (StoreHarness *harness);
} StoreCase;

/* Each table ends with a NULL name. */
extern const StoreCase store_cases_intake[];
extern const StoreCase store_cases_lease[];
extern const StoreCase store_cases_ending[];
extern const StoreCase store_cases_dependents[];
extern const StoreCase store_cases_reading[];
extern const StoreCase store_cases_forget[];
extern const StoreCase store_cases_gates[];
extern const StoreCase store_cases_parts[];
extern const StoreCase store_cases_parts_end[];
extern const StoreCase store_cases_parts_random[];

void store_cases_add (const char *prefix, const StoreEngine *engine);

G_END_DECLS
