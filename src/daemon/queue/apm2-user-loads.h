/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What waits, of one user or of all. */
typedef struct
{
  guint64 jobs;
  guint64 bytes; /* of their specs */
} Apm2UserLoad;

typedef struct _Apm2UserLoads Apm2UserLoads;

Apm2UserLoads *apm2_user_loads_new (void);
void apm2_user_loads_free (Apm2UserLoads *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2UserLoads, apm2_user_loads_free)

void apm2_user_loads_add (Apm2UserLoads *self, guint32 uid, gsize bytes);
void apm2_user_loads_remove (Apm2UserLoads *self, guint32 uid, gsize bytes);
Apm2UserLoad apm2_user_loads_get (const Apm2UserLoads *self, guint32 uid);
Apm2UserLoad apm2_user_loads_get_all (const Apm2UserLoads *self);

G_END_DECLS
