/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-install-report.h"
#include "apm2-install-set.h"
#include "apm2-service-control.h"

G_BEGIN_DECLS

gboolean apm2_install_retire_stop (Apm2ServiceControl *control,
                                   const Apm2InstallSet *set,
                                   Apm2InstallReport *report,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean apm2_install_retire_disable (Apm2ServiceControl *control,
                                      const Apm2InstallSet *set,
                                      Apm2InstallReport *report,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
