/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

char *apm2_git_resolve (const char *repository,
                        const char *rev,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean apm2_git_has_changes (const char *repository);

G_END_DECLS
