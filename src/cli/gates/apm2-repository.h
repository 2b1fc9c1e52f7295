/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * Apm2Repository:
 *
 * The git repository here, be it bare, a work tree of many, or that of a hook.
 */
typedef struct
{
  char *git_dir;      /* absolute */
  char *path;         /* absolute, what others fetch from */
  char *project;      /* what counts as the same repository */
  gboolean work_tree; /* this directory is in a work tree */
  gboolean shallow;   /* its history ends somewhere */
} Apm2Repository;

Apm2Repository *apm2_repository_open (GError **error) G_GNUC_WARN_UNUSED_RESULT;
void apm2_repository_free (Apm2Repository *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2Repository, apm2_repository_free)

gboolean
apm2_repository_count_changes (const Apm2Repository *self,
                               guint *ret_n,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
