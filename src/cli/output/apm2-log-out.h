/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-display.h"
#include "apm2-term.h"

G_BEGIN_DECLS

/**
 * Apm2LogOut:
 *
 * Where a log goes: stdout. Zero-initialise it but for @term.
 */
typedef struct
{
  const Apm2Term *term; /* borrowed */
  Apm2DisplayFilter filter;
  gboolean in_line; /* the last byte did not end a line */
} Apm2LogOut;

void apm2_log_out_write (Apm2LogOut *self, GBytes *bytes);
void apm2_log_out_begin_step (Apm2LogOut *self, const char *title);
void apm2_log_out_end (Apm2LogOut *self);
gboolean apm2_log_out_is_in_line (const Apm2LogOut *self);

G_END_DECLS
