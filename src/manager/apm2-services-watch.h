/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "apm2-services-report.h"

G_BEGIN_DECLS

/*
 * A report on the services that is kept true. Signals:
 *
 *   settled (): the first report is complete
 *   changed (const Apm2ServicesReport *old, const Apm2ServicesReport *new): it
 *     was made anew, and may differ; not before "settled"
 */
#define APM2_TYPE_SERVICES_WATCH (apm2_services_watch_get_type ())
G_DECLARE_FINAL_TYPE (Apm2ServicesWatch,
                      apm2_services_watch,
                      APM2,
                      SERVICES_WATCH,
                      GObject)

Apm2ServicesWatch *apm2_services_watch_new (const Apm2Paths *paths);
void apm2_services_watch_start (Apm2ServicesWatch *self);
void apm2_services_watch_stop (Apm2ServicesWatch *self);

/* @problem: why it is not reachable, or %NULL if it is. */
void apm2_services_watch_set_broker (Apm2ServicesWatch *self,
                                     const char *problem,
                                     const char *version,
                                     Apm2HealthLevel health,
                                     const char *const *reasons);
void apm2_services_watch_refresh (Apm2ServicesWatch *self);
gboolean apm2_services_watch_is_settled (Apm2ServicesWatch *self);
const Apm2ServicesReport *
apm2_services_watch_get_report (Apm2ServicesWatch *self);

G_END_DECLS
