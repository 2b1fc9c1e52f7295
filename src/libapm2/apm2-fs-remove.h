/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

gboolean apm2_fs_remove_tree (int dirfd,
                              const char *name,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
