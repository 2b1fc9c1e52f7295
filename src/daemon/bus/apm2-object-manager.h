/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-binding.h"

G_BEGIN_DECLS

GDBusInterfaceInfo *apm2_object_manager_get_info (void);
GVariant *apm2_object_manager_list (GPtrArray *bindings);
GVariant *apm2_object_manager_describe_added (const char *path,
                                              const Apm2Face *face,
                                              gpointer object);
GVariant *apm2_object_manager_describe_removed (const char *path,
                                                const Apm2Face *face);

G_END_DECLS
