/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-progress-line.h"
#include "apm2-run-wire.h"
#include "apm2-term.h"

G_BEGIN_DECLS

/**
 * Apm2RunWaiting:
 *
 * What the person is told while a job waits: on a terminal one line that is
 * drawn anew, elsewhere a line for each change. Zero-initialise it, but for the
 * terminal.
 */
typedef struct
{
  const Apm2Term *term;
  gboolean quiet;
  Apm2ProgressLine line;
  char *said; /* (nullable) what the last line told, without times */
} Apm2RunWaiting;

/* What there is to tell. */
typedef struct
{
  const char *lane;
  const char *job_id; /* that is waited for */
  gboolean is_joined;
  const Apm2RunDetails *why;
  gint64 since_usec; /* we wait, UTC */
} Apm2RunWait;

void apm2_run_waiting_clear (Apm2RunWaiting *self);
gboolean apm2_run_waiting_is_live (const Apm2RunWaiting *self);
char *apm2_run_waiting_format (const Apm2RunWait *wait, gint64 now_usec);
void apm2_run_waiting_show (Apm2RunWaiting *self, const Apm2RunWait *wait);
void apm2_run_waiting_hide (Apm2RunWaiting *self);

G_END_DECLS
