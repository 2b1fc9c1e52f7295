/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-active-config.h"
#include "apm2-paths.h"

G_BEGIN_DECLS

/* SIGHUP: the configuration is read anew. */
typedef struct _Apm2Reload Apm2Reload;

Apm2Reload *apm2_reload_new (Apm2ActiveConfig *config, const Apm2Paths *paths);
void apm2_reload_free (Apm2Reload *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2Reload, apm2_reload_free)

G_END_DECLS
