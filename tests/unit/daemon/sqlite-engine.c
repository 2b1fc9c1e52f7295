/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The SQLite store as an engine for tests.
 */

#include "sqlite-engine.h"

#include <fcntl.h>

#include "apm2-fs-remove.h"
#include "apm2-store-sqlite.h"

static gpointer
new_place (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *dir = g_dir_make_tmp ("apm2-store-XXXXXX", &error);

  g_assert_no_error (error);
  return g_build_filename (dir, "fac.db", NULL);
}

static Apm2Store *
make (gpointer place, guint64 aging_usec_per_level)
{
  return apm2_store_sqlite_new (place, aging_usec_per_level);
}

static void
free_place (gpointer place)
{
  g_autofree char *file = place;
  g_autofree char *dir = g_path_get_dirname (file);
  g_autoptr (GError) error = NULL;

  g_assert_true (apm2_fs_remove_tree (AT_FDCWD, dir, &error));
  g_assert_no_error (error);
}

const StoreEngine sqlite_engine = { new_place, make, free_place };
