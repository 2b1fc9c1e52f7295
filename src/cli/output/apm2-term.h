/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "apm2-options.h"

G_BEGIN_DECLS

typedef enum
{
  APM2_STYLE_NORMAL,
  APM2_STYLE_GOOD,
  APM2_STYLE_BAD,
  APM2_STYLE_WARN,
  APM2_STYLE_BUSY,
  APM2_STYLE_DIM,
  APM2_STYLE_BOLD,
} Apm2Style;

/**
 * Apm2Term:
 *
 * What can be shown where; decided once, when the process starts.
 */
typedef struct
{
  gboolean out_tty;
  gboolean err_tty;
  gboolean out_color;
  gboolean err_color;
  gboolean utf8;
} Apm2Term;

void apm2_term_init (Apm2Term *self, Apm2ColorWhen color);
gboolean
apm2_term_wants_color (Apm2ColorWhen when, gboolean is_tty, GStrv environ_);
guint apm2_term_get_width (int fd);

const char *apm2_term_begin (gboolean color, Apm2Style style);
const char *apm2_term_end (gboolean color, Apm2Style style);
const char *apm2_term_ellipsis (gboolean utf8);

G_END_DECLS
