/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-manager.h"

G_BEGIN_DECLS

/*
 * One unit at one manager, read anew whenever it is hinted at: at most one
 * reading at a time, and one more if another hint came meanwhile.
 */
typedef struct _Apm2UnitView Apm2UnitView;

/* Told after each reading; @has_changed: what is known differs. */
typedef void (*Apm2UnitViewFunc) (Apm2UnitView *view,
                                  gboolean has_changed,
                                  gpointer user_data);

Apm2UnitView *apm2_unit_view_new (Apm2Manager *manager,
                                  const char *name,
                                  Apm2UnitViewFunc func,
                                  gpointer user_data);
void apm2_unit_view_free (Apm2UnitView *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2UnitView, apm2_unit_view_free)

void apm2_unit_view_read (Apm2UnitView *self);
gboolean apm2_unit_view_clear (Apm2UnitView *self);
const char *apm2_unit_view_get_name (Apm2UnitView *self);
const Apm2UnitState *apm2_unit_view_get_state (Apm2UnitView *self);
gboolean apm2_unit_view_is_not_found (Apm2UnitView *self);

G_END_DECLS
