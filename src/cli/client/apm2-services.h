/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-options.h"
#include "apm2-services-report.h"

G_BEGIN_DECLS

/*
 * How everything is, seen by the CLI: units from the service manager,
 * heartbeats from their files, and the broker if it is there. Nothing is
 * started.
 */
typedef struct _Apm2Services Apm2Services;

/* @report is complete; called once more whenever it was made anew, if it is
 * followed. */
typedef void (*Apm2ServicesFunc) (const Apm2ServicesReport *report,
                                  gpointer user_data);

Apm2Services *apm2_services_new (const Apm2Options *options,
                                 gboolean follow,
                                 Apm2ServicesFunc func,
                                 gpointer user_data,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;
void apm2_services_free (Apm2Services *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2Services, apm2_services_free)

void apm2_services_start (Apm2Services *self);
const Apm2Paths *apm2_services_get_paths (Apm2Services *self);
const Apm2ServicesReport *apm2_services_get_report (Apm2Services *self);

const Apm2ServicesReport *apm2_services_await (Apm2Services *self);

G_END_DECLS
