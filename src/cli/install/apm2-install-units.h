/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-install-report.h"
#include "apm2-install-set.h"
#include "apm2-service-control.h"

G_BEGIN_DECLS

gboolean apm2_install_units_enable (Apm2ServiceControl *control,
                                    Apm2InstallReport *report,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean apm2_install_units_reload (Apm2ServiceControl *control,
                                    Apm2InstallReport *report,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean apm2_install_units_check (Apm2ServiceControl *control,
                                   const Apm2InstallSet *set,
                                   Apm2InstallReport *report,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean apm2_install_units_start (Apm2ServiceControl *control,
                                   Apm2InstallReport *report,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean apm2_install_units_suggest (Apm2ServiceControl *control,
                                     const Apm2InstallSet *set,
                                     Apm2InstallReport *report,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
