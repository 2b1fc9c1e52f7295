/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The tree under APM2_HOME as it should be: kinds, modes and owners.
 *
 * In user mode everything is the user's and nobody else's. In system mode the
 * broker and the worker have accounts of their own: the store is in a directory
 * of the broker, and where the worker writes its heartbeat the sticky bit keeps
 * it from all else.
 */

#include "apm2-layout.h"

#include <sys/stat.h>

#include "apm2-names.h"

#define BROKER APM2_ACCOUNT_BROKER
#define WORKER APM2_ACCOUNT_WORKER

typedef struct
{
  const char *name; /* below the home */
  const char *account;
  mode_t type;
  mode_t user_mode;   /* 0: not in that mode */
  mode_t system_mode; /* 0: not in that mode */
  gboolean required;
} Entry;

/* Parents first, so that they are mended first. */
static const Entry entries[] = {
  { "", BROKER, S_IFDIR, 0700, 0750, TRUE },
  { "private", BROKER, S_IFDIR, 0700, 0750, TRUE },
  { "private/store", BROKER, S_IFDIR, 0, 0700, TRUE },
  { "private/store/fac.db", BROKER, S_IFREG, 0, 0600, FALSE },
  { "private/store/fac.db-wal", BROKER, S_IFREG, 0, 0600, FALSE },
  { "private/fac", BROKER, S_IFDIR, 0700, 01770, TRUE },
  { "private/fac/incoming", BROKER, S_IFDIR, 0700, 0700, FALSE },
  { "private/fac/quarantine", BROKER, S_IFDIR, 0700, 0700, FALSE },
  { "private/fac/logs", WORKER, S_IFDIR, 0700, 0750, FALSE },
  { "private/fac/work", WORKER, S_IFDIR, 0700, 0750, FALSE },
  { "private/fac/lanes", WORKER, S_IFDIR, 0700, 0750, FALSE },
  /* Lane slots, whose users are nobody's, read them in their sandbox. */
  { "private/fac/mirrors", WORKER, S_IFDIR, 0700, 0755, FALSE },
  { "private/fac/fac.db", BROKER, S_IFREG, 0600, 0, FALSE },
  { "private/fac/fac.db-wal", BROKER, S_IFREG, 0600, 0, FALSE },
};

static void
place_free (Apm2Place *self)
{
  g_free (self->path);
  g_free (self);
}

/**
 * apm2_layout_get_places:
 * @paths: where the home is, and which mode
 *
 * Returns: (transfer full) (element-type Apm2Place): all places, parents first
 */
GPtrArray *
apm2_layout_get_places (const Apm2Paths *paths)
{
  const gboolean user = paths->mode == APM2_MODE_USER;
  GPtrArray *places
      = g_ptr_array_new_with_free_func ((GDestroyNotify) place_free);

  for (gsize i = 0; i < G_N_ELEMENTS (entries); i++)
    {
      mode_t mode = user ? entries[i].user_mode : entries[i].system_mode;
      Apm2Place *place = NULL;

      if (mode == 0)
        continue;
      place = g_new0 (Apm2Place, 1);
      place->path = entries[i].name[0] == '\0'
                        ? g_strdup (paths->home)
                        : g_build_filename (paths->home, entries[i].name, NULL);
      place->type = entries[i].type;
      place->mode = mode;
      place->account = user ? NULL : entries[i].account;
      place->required = entries[i].required;
      g_ptr_array_add (places, place);
    }
  return places;
}
