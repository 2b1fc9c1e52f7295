/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-executor.h"

G_BEGIN_DECLS

/* An executor that runs nothing: its steps say what became of them. */
#define TYPE_HOLDING_EXECUTOR (holding_executor_get_type ())
G_DECLARE_FINAL_TYPE (HoldingExecutor,
                      holding_executor,
                      HOLDING,
                      EXECUTOR,
                      GObject)

struct _HoldingExecutor
{
  GObject parent_instance;

  const Apm2Paths *paths; /* borrowed */
  gboolean can_hold;
  guint n_places; /* that are made ready and not cleared */
  guint n_held;   /* steps that wait */
  guint n_run;    /* steps that were let run */
  guint n_ended;  /* steps that were ended before that */
};

HoldingExecutor *holding_executor_new (const Apm2Paths *paths);

G_END_DECLS
