/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <jansson.h>

#include <glib.h>

G_BEGIN_DECLS

/* Properties of objects, as apm2_client_get_objects() returns them. */

GPtrArray *apm2_properties_find_all (GVariant *objects,
                                     const char *iface,
                                     const char *sort_key);

void apm2_properties_sort (GPtrArray *all, const char *key);

guint64 apm2_properties_get_count (GVariant *properties, const char *name);
gboolean apm2_properties_get_flag (GVariant *properties, const char *name);
const char *apm2_properties_get_text (GVariant *properties, const char *name);

void apm2_properties_put_json (GVariant *properties, json_t *object);
json_t *apm2_properties_list_to_json (GPtrArray *all);

G_END_DECLS
