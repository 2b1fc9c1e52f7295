/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * Apm2DirTally:
 *
 * The regular files of a directory whose names match a pattern and which were
 * written before some moment. Zero-initialise it.
 */
typedef struct
{
  guint count;
  gint64 oldest_sec; /* when the oldest was written, since the epoch */
  char *oldest;      /* (nullable) its name */
} Apm2DirTally;

void apm2_dir_tally_clear (Apm2DirTally *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Apm2DirTally, apm2_dir_tally_clear)

gboolean apm2_dir_tally_count (Apm2DirTally *self,
                               const char *path,
                               const char *pattern,
                               gint64 before_sec,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
