/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The one name that a module shows; see #Apm2ModuleMain. */
__attribute__ ((visibility ("default"))) int
apm2_module_main (const char *const *words);

G_END_DECLS
