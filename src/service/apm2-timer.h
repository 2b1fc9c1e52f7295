/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

guint apm2_timer_add (guint msec, GSourceFunc func, gpointer user_data);

G_END_DECLS
