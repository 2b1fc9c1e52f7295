/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-monitor.h"

G_BEGIN_DECLS

typedef struct _Apm2Waiting Apm2Waiting;
typedef void (*Apm2WaitingFunc) (const char *why, gpointer user_data);

Apm2Waiting *apm2_waiting_new (const Apm2Options *options,
                               Apm2Monitor *monitor,
                               Apm2WaitingFunc func,
                               gpointer user_data);
void apm2_waiting_free (Apm2Waiting *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2Waiting, apm2_waiting_free)

void apm2_waiting_update (Apm2Waiting *self, const Apm2JobView *job);
char *apm2_waiting_explain (GVariant *queue,
                            GVariant *services,
                            const char *lane,
                            const Apm2Options *options);

G_END_DECLS
