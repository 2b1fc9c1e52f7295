/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-run-scope.h"

G_BEGIN_DECLS

/**
 * Apm2RunMove:
 *
 * A command that runs already, on its way into its scope.
 */
typedef struct _Apm2RunMove Apm2RunMove;

Apm2RunMove *apm2_run_move_new (sd_event *event, Apm2RunScope *scope);
void apm2_run_move_free (Apm2RunMove *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2RunMove, apm2_run_move_free)

void apm2_run_move_start (Apm2RunMove *self,
                          Apm2Mode mode,
                          pid_t pid,
                          const char *description,
                          Apm2RunScopeFunc func,
                          gpointer data);
void apm2_run_move_stop (Apm2RunMove *self);

G_END_DECLS
