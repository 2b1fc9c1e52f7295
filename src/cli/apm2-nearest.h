/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

guint apm2_nearest_distance (const char *a, const char *b);
const char *apm2_nearest_find (const char *word, const char *const *candidates);

G_END_DECLS
