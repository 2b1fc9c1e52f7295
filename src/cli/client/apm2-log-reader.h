/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-monitor.h"

G_BEGIN_DECLS

typedef struct _Apm2LogReader Apm2LogReader;

/**
 * Apm2LogReaderFuncs:
 * @step: (nullable): the bytes that follow are of that step
 * @data: bytes of the log, in order, each once
 * @ended: nothing will follow
 * @failed: the log cannot be read
 *
 * What a reader tells, always from the main loop.
 */
typedef struct
{
  void (*step) (guint index, gpointer user_data);
  void (*data) (GBytes *bytes, gpointer user_data);
  void (*ended) (gpointer user_data);
  void (*failed) (const GError *error, gpointer user_data);
} Apm2LogReaderFuncs;

Apm2LogReader *apm2_log_reader_new (Apm2Monitor *monitor,
                                    const char *job_id,
                                    const Apm2LogPlace *place,
                                    const Apm2LogReaderFuncs *funcs,
                                    gpointer user_data);
void apm2_log_reader_free (Apm2LogReader *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2LogReader, apm2_log_reader_free)

void apm2_log_reader_set_attempt (Apm2LogReader *self, guint attempt);
gboolean apm2_log_reader_set_steps (Apm2LogReader *self, guint n_steps);
void apm2_log_reader_kick (Apm2LogReader *self, gboolean final);

G_END_DECLS
