/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * Tells of changes at most four times a second: the first at once, what follows
 * within the interval together at its end, so that the last state is always
 * told.
 */
typedef struct _Apm2Rate Apm2Rate;

typedef void (*Apm2RateFunc) (gpointer user_data);

Apm2Rate *
apm2_rate_new (Apm2RateFunc func, gpointer user_data, GDestroyNotify destroy);
void apm2_rate_free (Apm2Rate *self);
void apm2_rate_touch (Apm2Rate *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2Rate, apm2_rate_free)

G_END_DECLS
