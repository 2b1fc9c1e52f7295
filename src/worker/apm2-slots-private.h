/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-hinted-job.h"
#include "apm2-slots.h"

G_BEGIN_DECLS

struct _Apm2Slots
{
  GObject parent_instance;

  Apm2BrokerLink *link;
  Apm2Executor *executor;
  guint n_slots;
  gboolean stopping;
  GHashTable *runs;    /* (element-type utf8 Apm2JobRun) */
  GHashTable *waiting; /* (element-type utf8 Apm2Lease) */
  Apm2HintedJob *hinted;
  Apm2SlotCounts counts;
};

G_END_DECLS
