/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-install-report.h"
#include "apm2-install-set.h"

G_BEGIN_DECLS

/**
 * Apm2InstallTally:
 *
 * What became of the files that were looked at.
 */
typedef struct
{
  guint n_changed;
  guint n_kept; /* somebody else's words */
} Apm2InstallTally;

gboolean apm2_install_apply_write (Apm2InstallItem *item,
                                   Apm2InstallReport *report,
                                   gboolean force,
                                   Apm2InstallTally *tally,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean apm2_install_apply_remove (Apm2InstallItem *item,
                                    Apm2InstallReport *report,
                                    Apm2InstallTally *tally,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
