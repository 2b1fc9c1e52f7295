/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef enum
{
  APM2_BUS_NAME_OWNED,
  APM2_BUS_NAME_TAKEN,   /* somebody else has it; we hear when it is free */
  APM2_BUS_NAME_REFUSED, /* the bus did not let us ask */
} Apm2BusNameState;

/* @reason: (nullable): why it is not ours, in words. */
typedef void (*Apm2BusNameFunc) (Apm2BusNameState state,
                                 const char *reason,
                                 gpointer data);

typedef struct _Apm2BusName Apm2BusName;

Apm2BusName *apm2_bus_name_new (GDBusConnection *connection,
                                const char *name,
                                Apm2BusNameFunc func,
                                gpointer data);
void apm2_bus_name_request (Apm2BusName *self);
void apm2_bus_name_drop (Apm2BusName *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2BusName, apm2_bus_name_drop)

G_END_DECLS
