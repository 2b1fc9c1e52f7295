/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * Apm2Commit:
 *
 * A commit by its name, as it is now.
 */
typedef struct
{
  char *id;      /* 40 or 64 hexadecimal digits */
  char *tree;    /* likewise */
  char *ref;     /* (nullable) full name, if it was named by a ref */
  char *subject; /* first line of its message, UTF-8, maybe empty */
} Apm2Commit;

Apm2Commit *apm2_commit_find (const char *rev,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;
void apm2_commit_free (Apm2Commit *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2Commit, apm2_commit_free)

char *apm2_commit_get_short_id (const Apm2Commit *self);

G_END_DECLS
