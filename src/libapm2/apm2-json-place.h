/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * Apm2JsonPlace:
 * @up: (nullable): the place of the container; NULL for the document
 * @key: (nullable): the member of an object, or NULL
 * @index: the element of an array, where @key is NULL
 *
 * Where in a document a value stands. Lives on the stack of whoever descends,
 * and becomes text only when there is something to complain of. The document
 * itself is the NULL place.
 */
typedef struct Apm2JsonPlace Apm2JsonPlace;
struct Apm2JsonPlace
{
  const Apm2JsonPlace *up;
  const char *key;
  gsize index;
};

char *apm2_json_place_to_string (const Apm2JsonPlace *self);
gboolean apm2_json_place_refuse (const Apm2JsonPlace *self,
                                 GError **error,
                                 const char *format,
                                 ...) G_GNUC_PRINTF (3, 4);

G_END_DECLS
