/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Who asks for a password on this terminal when polkit wants one. */
typedef struct _Apm2PasswordAgent Apm2PasswordAgent;

Apm2PasswordAgent *apm2_password_agent_start (void);
void apm2_password_agent_stop (Apm2PasswordAgent *self);

G_END_DECLS
