/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef gboolean (*RigCondition) (gpointer data);

/* The one deadline of all waits and calls; multiplied by the environment
 * variable APM2_TEST_DEADLINE_SCALE, for slow machines and valgrind. */
#define RIG_DEADLINE_SEC 30

guint rig_deadline_ms (void);
void rig_wait (RigCondition is_true, gpointer data, const char *what);
/* Ends the test program; what the broker and the worker printed is shown. */
void rig_fail (const char *format, ...) G_GNUC_PRINTF (1, 2) G_GNUC_NORETURN;

G_END_DECLS
