/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * Apm2Hook:
 *
 * The pre-push hook of the repository here.
 */
typedef struct
{
  char *dir;  /* absolute; where git looks for hooks */
  char *path; /* of the hook */
} Apm2Hook;

Apm2Hook *apm2_hook_find (GError **error) G_GNUC_WARN_UNUSED_RESULT;
void apm2_hook_free (Apm2Hook *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2Hook, apm2_hook_free)

char *apm2_hook_to_script (const char *program,
                           const char *mode,
                           const char *gates_from);
gboolean apm2_hook_install (const Apm2Hook *self,
                            const char *script,
                            gboolean force,
                            char **ret_kept,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean apm2_hook_uninstall (const Apm2Hook *self,
                              char **ret_restored,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
