/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-tree.h"

G_BEGIN_DECLS

const Apm2Method *apm2_face_find_method (const Apm2Face *self,
                                         const char *name);
GVariant *apm2_face_get_properties (const Apm2Face *self, gpointer object);
GVariant *apm2_face_get_some_properties (const Apm2Face *self,
                                         gpointer object,
                                         const char *const *names);

G_END_DECLS
