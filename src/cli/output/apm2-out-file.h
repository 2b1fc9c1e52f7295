/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/types.h>

#include <glib.h>

G_BEGIN_DECLS

/**
 * Apm2OutFile:
 *
 * A file that is there in full, or not at all: what is written goes to a
 * temporary one beside it, which takes its name in the end. stdout is just
 * written to.
 */
typedef struct _Apm2OutFile Apm2OutFile;

Apm2OutFile *apm2_out_file_open (const char *path,
                                 mode_t mode,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean apm2_out_file_write (Apm2OutFile *self,
                              const char *text,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean apm2_out_file_commit (Apm2OutFile *self,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;
void apm2_out_file_free (Apm2OutFile *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2OutFile, apm2_out_file_free)

G_END_DECLS
