/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The SQLite store against the conformance test of all stores.
 */

#include "sqlite-engine.h"
#include "store-cases.h"

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  store_cases_add ("/apm2/store-sqlite", &sqlite_engine);
  return g_test_run ();
}
