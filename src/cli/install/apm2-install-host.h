/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-install-report.h"
#include "apm2-install-set.h"

G_BEGIN_DECLS

gboolean apm2_install_host_check_caller (const Apm2Paths *paths, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
void apm2_install_host_find_runtime_dir (guint patience_sec);
gboolean apm2_install_host_apply (const Apm2InstallItem *item,
                                  Apm2InstallReport *report,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean
apm2_install_host_reload_bus (Apm2Mode mode,
                              Apm2InstallReport *report,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
