/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-client.h"

G_BEGIN_DECLS

/*
 * The objects of the broker, kept up to date over its restarts. While it is
 * away it is looked for, and there are no objects.
 */
typedef struct _Apm2Objects Apm2Objects;

/* Called from the main loop, for every change. */
typedef void (*Apm2ObjectsFunc) (gpointer user_data);

/* Called before Apm2ObjectsFunc, for the object that changed. */
typedef void (*Apm2ObjectsChangedFunc) (const char *path, gpointer user_data);

Apm2Objects *apm2_objects_new (const Apm2Options *options,
                               Apm2ObjectsFunc func,
                               gpointer user_data);
void apm2_objects_free (Apm2Objects *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2Objects, apm2_objects_free)

void apm2_objects_set_changed_func (Apm2Objects *self,
                                    Apm2ObjectsChangedFunc func);
GVariant *
apm2_objects_find (Apm2Objects *self, const char *path, const char *iface);
gboolean apm2_objects_are_there (Apm2Objects *self);
const GError *apm2_objects_get_error (Apm2Objects *self);
GPtrArray *apm2_objects_find_all (Apm2Objects *self,
                                  const char *iface,
                                  const char *sort_key);

G_END_DECLS
