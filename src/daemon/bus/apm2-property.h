/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A D-Bus property that is a plain member of a struct. */
typedef struct
{
  const char *name;
  char type; /* s: char* (NULL reads as ""), u: guint, t: 64 bits, a: GStrv */
  gsize offset;
} Apm2Property;

GVariant *apm2_property_get (const Apm2Property *properties,
                             gconstpointer base,
                             const char *name);
GVariant *apm2_property_strv (const char *const *strv);

G_END_DECLS
