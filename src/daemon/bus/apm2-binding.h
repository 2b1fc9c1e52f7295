/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-tree.h"

G_BEGIN_DECLS

/* One face at its place: on one object, or on every object of a folder. */
typedef struct
{
  char *path;           /* of the object or of the folder */
  const Apm2Face *face; /* borrowed: outlives the tree; %NULL once severed */
  gpointer object;      /* borrowed; of a fixed object */
  Apm2Folder folder;    /* of a folder */
  gboolean is_folder;
  gboolean peers_only;
} Apm2Binding;

Apm2Binding *apm2_binding_new (const char *path,
                               const Apm2Face *face,
                               gpointer object,
                               gboolean peers_only);
Apm2Binding *apm2_binding_new_folder (const char *path,
                                      const Apm2Face *face,
                                      const Apm2Folder *folder);
Apm2Binding *apm2_binding_ref (Apm2Binding *self);
void apm2_binding_unref (Apm2Binding *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2Binding, apm2_binding_unref)
void apm2_binding_sever (Apm2Binding *self);

guint apm2_binding_export (Apm2Binding *self,
                           GDBusConnection *connection,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
void apm2_binding_unexport (Apm2Binding *self,
                            GDBusConnection *connection,
                            guint id);

G_END_DECLS
