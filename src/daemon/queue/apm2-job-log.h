/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "apm2-paths.h"

G_BEGIN_DECLS

#define APM2_JOB_LOG_ALL_STEPS G_MAXUINT

/* One attempt: @n_ended steps have ended, their files no longer grow; @is_over
 * means that nothing of it grows any more. */
typedef struct
{
  char *job_id;
  guint attempt;
  guint n_ended;
  gboolean is_over;
} Apm2LogPiece;

Apm2LogPiece *apm2_log_piece_new (const char *job_id, guint attempt);
void apm2_log_piece_free (Apm2LogPiece *self);

/* Where to read. */
typedef struct
{
  GPtrArray *pieces; /* (element-type Apm2LogPiece) one after the other */
  guint step;        /* or APM2_JOB_LOG_ALL_STEPS */
  guint64 offset;
  gsize max;
} Apm2LogRange;

void apm2_job_log_read_async (const Apm2Paths *paths,
                              const Apm2LogRange *range,
                              GAsyncReadyCallback callback,
                              gpointer user_data);
GBytes *apm2_job_log_read_finish (GAsyncResult *result,
                                  gboolean *ret_eof,
                                  GError **error);

int apm2_job_log_open (const Apm2Paths *paths,
                       const char *job_id,
                       guint attempt,
                       guint step,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
