/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-paths.h"

G_BEGIN_DECLS

/**
 * Apm2SweepKind:
 * @APM2_SWEEP_LOG: all logs of a job
 * @APM2_SWEEP_WORKSPACE: where a job ran
 * @APM2_SWEEP_MIRROR: a bare repository
 * @APM2_SWEEP_QUARANTINE: a spec that was refused, with its reason
 * @APM2_SWEEP_HANDOVER: commits that a caller has handed over
 * @APM2_SWEEP_TEMPORARY: a file that nobody finished to write
 *
 * What housekeeping removes; each lies in a directory of its own.
 */
typedef enum
{
  APM2_SWEEP_LOG,
  APM2_SWEEP_WORKSPACE,
  APM2_SWEEP_MIRROR,
  APM2_SWEEP_QUARANTINE,
  APM2_SWEEP_HANDOVER,
  APM2_SWEEP_TEMPORARY,
  APM2_N_SWEEP_KINDS,
} Apm2SweepKind;

/* What is being removed has this before its name, in the same directory. */
#define APM2_SWEEP_GONE_PREFIX ".apm2-gone."
#define APM2_SWEEP_TEMP_PREFIX ".apm2-"
#define APM2_SWEEP_TEMP_SUFFIX ".tmp"

const char *apm2_sweep_kind_to_string (Apm2SweepKind kind);
gboolean apm2_sweep_kind_from_string (const char *text,
                                      Apm2SweepKind *ret_kind);
gboolean apm2_sweep_is_of_worker (Apm2SweepKind kind);
char *apm2_sweep_get_dir (const Apm2Paths *paths, Apm2SweepKind kind);

gint64 apm2_sweep_get_stamp (int dirfd, Apm2SweepKind kind, const char *name);
gboolean apm2_sweep_remove (const Apm2Paths *paths,
                            Apm2SweepKind kind,
                            const char *name,
                            gint64 stamp,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
