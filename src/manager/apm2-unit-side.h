/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-unit-view.h"

G_BEGIN_DECLS

#define APM2_UNIT_SIDE_N_FIXED 3

/* The units of apm2 at one manager. */
typedef struct _Apm2UnitSide Apm2UnitSide;

/* Something was read, or the manager came or went; @has_changed: what is known
 * of the units differs. */
typedef void (*Apm2UnitSideFunc) (gboolean has_changed, gpointer user_data);

Apm2UnitSide *apm2_unit_side_new (Apm2Mode mode,
                                  gboolean with_instances,
                                  Apm2UnitSideFunc func,
                                  gpointer user_data);
void apm2_unit_side_free (Apm2UnitSide *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2UnitSide, apm2_unit_side_free)

void apm2_unit_side_start (Apm2UnitSide *self);
gboolean apm2_unit_side_is_settled (Apm2UnitSide *self);

/* (nullable): %NULL until it was read. Broker, socket, worker. */
const Apm2UnitState *apm2_unit_side_get_fixed (Apm2UnitSide *self, guint i);
gboolean apm2_unit_side_lacks_fixed (Apm2UnitSide *self, guint i);
guint apm2_unit_side_get_n_instances (Apm2UnitSide *self);
const Apm2UnitState *apm2_unit_side_get_instance (Apm2UnitSide *self, guint i);
/* When the instances were listed last. */
guint apm2_unit_side_get_n_lanes (Apm2UnitSide *self);

G_END_DECLS
