/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-health.h"
#include "apm2-job-table.h"

G_BEGIN_DECLS

/* What the broker tells the service manager. */
#define APM2_TYPE_SERVICE_NOTIFY (apm2_service_notify_get_type ())
G_DECLARE_FINAL_TYPE (Apm2ServiceNotify,
                      apm2_service_notify,
                      APM2,
                      SERVICE_NOTIFY,
                      GObject)

Apm2ServiceNotify *apm2_service_notify_new (Apm2Store *store,
                                            Apm2JobTable *table,
                                            Apm2Health *health);

void apm2_service_notify_starting (Apm2ServiceNotify *self);
void apm2_service_notify_doubt (Apm2ServiceNotify *self);
void apm2_service_notify_ready (Apm2ServiceNotify *self);
void apm2_service_notify_stopping (Apm2ServiceNotify *self);

G_END_DECLS
