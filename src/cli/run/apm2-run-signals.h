/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <signal.h>

#include <glib.h>
#include <systemd/sd-event.h>

G_BEGIN_DECLS

/**
 * Apm2RunSignals:
 *
 * The signals that reach us instead of ending us. Those that our caller ignores
 * or blocks are left as they are, for us as for the command.
 */
typedef struct _Apm2RunSignals Apm2RunSignals;

/**
 * Apm2RunSignalFunc:
 * @data: as given
 * @signal_number: which
 * @by_kernel: it came from the terminal, so that the command got it too
 */
typedef void (*Apm2RunSignalFunc) (gpointer data,
                                   int signal_number,
                                   gboolean by_kernel);

Apm2RunSignals *
apm2_run_signals_new (sd_event *event, Apm2RunSignalFunc func, gpointer data);
void apm2_run_signals_free (Apm2RunSignals *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2RunSignals, apm2_run_signals_free)

const sigset_t *apm2_run_signals_get_caller_mask (const Apm2RunSignals *self);
gboolean apm2_run_signals_is_terminal_gone (const Apm2RunSignals *self);
void apm2_run_signals_stop (int signal_number);
gboolean apm2_run_signals_is_deadly (int signal_number);
void apm2_run_signals_die (int signal_number);

G_END_DECLS
