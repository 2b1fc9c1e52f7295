/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/types.h>

#include <glib.h>

G_BEGIN_DECLS

typedef gboolean (*Apm2DescendantsFunc) (pid_t pid);

gboolean apm2_descendants_are_known (void);
GArray *apm2_descendants_list (pid_t root, Apm2DescendantsFunc wanted);

G_END_DECLS
