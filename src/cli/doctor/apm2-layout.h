/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/types.h>

#include "apm2-paths.h"

G_BEGIN_DECLS

/**
 * Apm2Place:
 *
 * A directory or file of apm2 as it should be.
 */
typedef struct
{
  char *path;
  mode_t type; /* S_IFDIR or S_IFREG */
  mode_t mode;
  const char *account; /* (nullable) who owns it; NULL: who looks */
  gboolean required;   /* else made by the services when they need it */
} Apm2Place;

GPtrArray *apm2_layout_get_places (const Apm2Paths *paths);

G_END_DECLS
