/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * The pager of this process: what is written to stdout goes through it from
 * apm2_pager_open() to apm2_pager_close(). stdout must be a terminal.
 */

GPtrArray *apm2_pager_list (GStrv environ_);
gboolean apm2_pager_open (void);
void apm2_pager_close (void);

G_END_DECLS
