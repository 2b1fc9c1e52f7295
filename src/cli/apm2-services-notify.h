/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-options.h"
#include "apm2-services-report.h"

G_BEGIN_DECLS

/* What people are told on their desktop: services, and their own jobs. */
typedef struct _Apm2ServicesNotify Apm2ServicesNotify;

Apm2ServicesNotify *apm2_services_notify_new (const Apm2Options *options);
void apm2_services_notify_free (Apm2ServicesNotify *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2ServicesNotify, apm2_services_notify_free)

void apm2_services_notify_tell_unit (Apm2ServicesNotify *self,
                                     const char *unit,
                                     const Apm2HealthLevel *before,
                                     Apm2HealthLevel now,
                                     const char *reason);
void apm2_services_notify_set_broker (Apm2ServicesNotify *self,
                                      const Apm2BrokerReport *broker);

G_END_DECLS
