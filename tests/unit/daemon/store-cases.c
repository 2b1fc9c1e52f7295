/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Registers the conformance test of the store for one engine.
 */

#include "store-cases.h"

typedef struct
{
  const StoreEngine *engine;
  const StoreCase *what;
} Run;

static void
run_case (gconstpointer data)
{
  const Run *run = data;
  g_autoptr (StoreHarness) harness = NULL;

  harness = store_harness_new (run->engine, STORE_CASES_AGING_USEC);
  run->what->run (harness);
}

static void
add_table (const char *prefix,
           const StoreEngine *engine,
           const StoreCase *table)
{
  for (guint i = 0; table[i].name != NULL; i++)
    {
      g_autofree char *path = g_strconcat (prefix, "/", table[i].name, NULL);
      Run *run = g_new (Run, 1);

      run->engine = engine;
      run->what = &table[i];
      g_test_add_data_func_full (path, run, run_case, g_free);
    }
}

void
store_cases_add (const char *prefix, const StoreEngine *engine)
{
  add_table (prefix, engine, store_cases_intake);
  add_table (prefix, engine, store_cases_lease);
  add_table (prefix, engine, store_cases_ending);
  add_table (prefix, engine, store_cases_dependents);
  add_table (prefix, engine, store_cases_reading);
  add_table (prefix, engine, store_cases_forget);
  add_table (prefix, engine, store_cases_gates);
  add_table (prefix, engine, store_cases_parts);
  add_table (prefix, engine, store_cases_parts_end);
  add_table (prefix, engine, store_cases_parts_random);
}
