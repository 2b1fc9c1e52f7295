/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * Apm2DisplayFilter:
 *
 * Makes bytes of a job fit to be shown on a terminal, whatever they are. Keeps
 * what a character or a colour sequence cut in two needs; zero-initialise it.
 */
typedef struct
{
  guint8 kept[64];
  guint n_kept;
  gboolean colored; /* a colour of the job is on */
  gboolean partial; /* the last line has no end yet */
} Apm2DisplayFilter;

void apm2_display_filter_push (Apm2DisplayFilter *self,
                               const guint8 *data,
                               gsize length,
                               gboolean utf8,
                               gboolean color,
                               GString *out);
void
apm2_display_filter_end (Apm2DisplayFilter *self, gboolean utf8, GString *out);

guint apm2_display_get_width (const char *text);
gsize apm2_display_measure_line (const char *text, guint width);
char *apm2_display_escape_line (const char *text, gboolean utf8);
char *apm2_display_ellipsize (const char *text, guint width, gboolean utf8);

G_END_DECLS
