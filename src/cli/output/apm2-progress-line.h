/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-job-view.h"
#include "apm2-term.h"

G_BEGIN_DECLS

/**
 * Apm2ProgressLine:
 *
 * The last line of the terminal, redrawn in place. Zero-initialise it.
 */
typedef struct
{
  gboolean shown;
} Apm2ProgressLine;

gboolean apm2_progress_line_is_possible (const Apm2Term *term);
char *apm2_progress_line_format (const Apm2JobView *job,
                                 gint64 now_usec,
                                 guint width,
                                 gboolean utf8);
void apm2_progress_line_show (Apm2ProgressLine *self, const char *text);
void apm2_progress_line_hide (Apm2ProgressLine *self);

G_END_DECLS
