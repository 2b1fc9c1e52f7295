/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-command.h"

G_BEGIN_DECLS

/**
 * Apm2InstallAct:
 *
 * What an installation did, or would do, with one thing.
 */
typedef enum
{
  APM2_INSTALL_ACT_WROTE,
  APM2_INSTALL_ACT_UPDATED,
  APM2_INSTALL_ACT_UNCHANGED,
  APM2_INSTALL_ACT_KEPT,
  APM2_INSTALL_ACT_SAVED,
  APM2_INSTALL_ACT_REMOVED,
  APM2_INSTALL_ACT_MADE,
  APM2_INSTALL_ACT_RAN,
  APM2_INSTALL_ACT_RELOADED,
  APM2_INSTALL_ACT_ENABLED,
  APM2_INSTALL_ACT_DISABLED,
  APM2_INSTALL_ACT_STARTED,
  APM2_INSTALL_ACT_STOPPED,
  APM2_INSTALL_ACT_LINGERING,
} Apm2InstallAct;
#define APM2_N_INSTALL_ACTS (APM2_INSTALL_ACT_LINGERING + 1)

typedef struct _Apm2InstallReport Apm2InstallReport;

Apm2InstallReport *apm2_install_report_new (const Apm2CommandCall *call,
                                            const char *schema,
                                            gboolean dry_run);
void apm2_install_report_free (Apm2InstallReport *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2InstallReport, apm2_install_report_free)

gboolean apm2_install_report_is_dry_run (const Apm2InstallReport *self);
void apm2_install_report_add (Apm2InstallReport *self,
                              Apm2InstallAct act,
                              const char *target,
                              const char *detail);
void apm2_install_report_add_diff (Apm2InstallReport *self, const char *diff);
void apm2_install_report_warn (Apm2InstallReport *self, const char *format, ...)
    G_GNUC_PRINTF (2, 3);
void apm2_install_report_add_next (Apm2InstallReport *self,
                                   const char *format,
                                   ...) G_GNUC_PRINTF (2, 3);
void apm2_install_report_end (Apm2InstallReport *self, gboolean done);

G_END_DECLS
