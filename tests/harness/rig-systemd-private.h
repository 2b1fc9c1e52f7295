/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Shared by the files of the service manager only. */

#include "rig-systemd.h"

G_BEGIN_DECLS

void rig_systemd_start_service (RigSystemd *self,
                                GVariant *parameters,
                                GDBusMethodInvocation *invocation);
void rig_systemd_end_unit (RigSystemd *self,
                           gboolean stop,
                           GVariant *parameters,
                           GDBusMethodInvocation *invocation);

G_END_DECLS
