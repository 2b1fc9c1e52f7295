/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-process-id.h"

G_BEGIN_DECLS

/*
 * The lineage of a process: its control group and its ancestors, as the kernel
 * tells them.
 */
typedef struct _Apm2Lineage Apm2Lineage;

Apm2Lineage *apm2_lineage_new (const Apm2ProcessId *process);
void apm2_lineage_free (Apm2Lineage *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2Lineage, apm2_lineage_free)

const char *apm2_lineage_get_cgroup (const Apm2Lineage *self);
gboolean apm2_lineage_is_in (const Apm2Lineage *self, const char *cgroup);
gboolean apm2_lineage_descends_from (const Apm2Lineage *self,
                                     const Apm2ProcessId *ancestor);

char *apm2_lineage_verify_scope (const Apm2ProcessId *watcher,
                                 const char *unit);

G_END_DECLS
