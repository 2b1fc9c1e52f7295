/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-authority.h"
#include "apm2-tree.h"

G_BEGIN_DECLS

/*
 * A permit: the leave that one call on the system bus needs before it is
 * served. The tree opens it; the judge of the method ends it, at once or
 * later, with exactly one of ask, grant and refuse.
 */

/* At a step of the way; may be called after the object of the call is gone. */
typedef void (*Apm2PermitFunc) (Apm2Permit *permit, gpointer user_data);

void apm2_permit_open (GDBusMethodInvocation *invocation,
                       Apm2PermitFunc judge,
                       Apm2PermitFunc serve,
                       gpointer user_data,
                       GDestroyNotify destroy);

/* For the tree. */
GDBusMethodInvocation *apm2_permit_get_invocation (Apm2Permit *self);
GDBusMethodInvocation *apm2_permit_steal_invocation (Apm2Permit *self);

/* For judges. */
guint32 apm2_permit_get_uid (Apm2Permit *self);
void apm2_permit_ask (Apm2Permit *self,
                      const char *action,
                      const char *job,
                      const char *lane);
void apm2_permit_grant (Apm2Permit *self);
void apm2_permit_refuse (Apm2Permit *self, GError *error);

/* A judge: who only looks needs no leave. */
void apm2_permit_anybody (gpointer data,
                          gpointer object,
                          GVariant *parameters,
                          Apm2Permit *self);

/* A judge: who looks after the whole of it needs leave to manage. */
void apm2_permit_managers (gpointer data,
                           gpointer object,
                           GVariant *parameters,
                           Apm2Permit *self);

G_END_DECLS
