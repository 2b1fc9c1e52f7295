/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-job-spec.h"

G_BEGIN_DECLS

/*
 * How long the same work took lately: the same command of the same user in the
 * same directory.
 */
typedef struct _Apm2WorkHistory Apm2WorkHistory;

Apm2WorkHistory *apm2_work_history_new (guint works_max);
void apm2_work_history_free (Apm2WorkHistory *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2WorkHistory, apm2_work_history_free)

void apm2_work_history_note (Apm2WorkHistory *self,
                             guint32 uid,
                             const Apm2JobSpec *spec,
                             gint64 usec);
gint64 apm2_work_history_expect (Apm2WorkHistory *self,
                                 guint32 uid,
                                 const Apm2JobSpec *spec);

G_END_DECLS
