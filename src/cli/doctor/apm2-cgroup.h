/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define APM2_CGROUP_ROOT "/sys/fs/cgroup"

gboolean apm2_cgroup_is_unified (const char *root);
GStrv apm2_cgroup_find_missing (const char *root, const char *group);

G_END_DECLS
