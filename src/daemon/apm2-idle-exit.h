/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-job-table.h"
#include "apm2-operator-socket.h"

G_BEGIN_DECLS

#define APM2_TYPE_IDLE_EXIT (apm2_idle_exit_get_type ())
G_DECLARE_FINAL_TYPE (Apm2IdleExit, apm2_idle_exit, APM2, IDLE_EXIT, GObject)

Apm2IdleExit *
apm2_idle_exit_new (Apm2JobTable *table, Apm2OperatorSocket *socket, guint sec);

G_END_DECLS
