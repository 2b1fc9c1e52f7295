/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define APM2_MODULE_RUN  "apm2-run.so"
#define APM2_MODULE_CLI  "apm2-cli.so"
#define APM2_MODULE_MAIN "apm2_module_main"

/* What a module has, by the name %APM2_MODULE_MAIN. Returns an exit status. */
typedef int (*Apm2ModuleMain) (const char *const *words);

Apm2ModuleMain apm2_module_load (const char *name,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
