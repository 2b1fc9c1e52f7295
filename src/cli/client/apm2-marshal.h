/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

void apm2_marshal_append (GByteArray *bytes, GVariant *value);
GVariant *
apm2_marshal_read (const guint8 *data,
                   gsize length,
                   gsize *inout_offset,
                   const GVariantType *type) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
