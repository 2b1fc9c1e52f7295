/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rig-broker.h"
#include "rig-client.h"

G_BEGIN_DECLS

/* A run, as apm2.fac.gc_run.v1; @options in the text form of GVariant. */
char *rig_keep_try_collect (Rig *rig, const char *options, GError **error);
char *rig_keep_collect (Rig *rig, const char *options);
/* How many of @kind went in @run. */
guint64 rig_keep_count (const char *run, const char *kind);

/* Jobs PREFIX-0 and on, which are over. */
void rig_keep_add_ended (Rig *rig, const char *prefix, guint n);
gboolean rig_keep_has_job (Rig *rig, const char *id);

char *rig_keep_log_dir (Rig *rig, const char *id);
void rig_keep_add_log (Rig *rig, const char *id);
gboolean rig_keep_has_log (Rig *rig, const char *id);

G_END_DECLS
