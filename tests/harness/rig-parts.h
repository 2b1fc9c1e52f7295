/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rig-gates.h"

G_BEGIN_DECLS

#define RIG_PARTS_N 3

/* The parts: "all-p1" builds and tests, "all-p2" lints, "all-p3" is docs. */
typedef struct
{
  Rig *rig;
  char *spec;
  char *id;
  char *path;
  RigWorker *worker;
} RigParts;

void rig_parts_set_up (RigParts *self, gconstpointer config);
void rig_parts_tear_down (RigParts *self, gconstpointer config);

/* kill -9 of the broker; the worker comes back with what it holds. */
void rig_parts_crash (RigParts *self, const RigLease *held);

RigLease *rig_parts_lease (RigParts *self, const char *expected);
void rig_parts_finish (RigParts *self,
                       const RigLease *held,
                       const char *last,
                       const char *reason);
void rig_parts_pass (RigParts *self, const RigLease *held);
void rig_parts_run (RigParts *self, const char *id);

void rig_parts_assert_steps (RigParts *self, const char *expected);
void rig_parts_assert_is (RigParts *self, const char *name, const char *value);
void rig_parts_assert_receipts (RigParts *self, guint expected);

G_END_DECLS
