/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-step-run.h"

G_BEGIN_DECLS

/*
 * Something that can run steps: on its own, or in the units of a lane.
 */
#define APM2_TYPE_EXECUTOR (apm2_executor_get_type ())
G_DECLARE_INTERFACE (Apm2Executor, apm2_executor, APM2, EXECUTOR, GObject)

struct _Apm2ExecutorInterface
{
  GTypeInterface parent_iface;

  const char *name;        /* direct, systemd */
  const char *containment; /* what receipts may claim */
  Apm2StepRun *(*start_step) (Apm2Executor *self,
                              const Apm2StepOrder *order,
                              GError **error);
};

const char *apm2_executor_get_name (Apm2Executor *self);
const char *apm2_executor_get_containment (Apm2Executor *self);
Apm2StepRun *
apm2_executor_start_step (Apm2Executor *self,
                          const Apm2StepOrder *order,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
