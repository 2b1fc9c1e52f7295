/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-client.h"
#include "apm2-job-view.h"

G_BEGIN_DECLS

GPtrArray *apm2_parts_read (Apm2Client *client,
                            const char *job_id,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
char **apm2_parts_list_ids (const char *job_id, GPtrArray *records);
GVariant *
apm2_parts_find_step (GPtrArray *records, const char *name, int *ret_index);
const char *apm2_parts_get_id (GVariant *record);
char **apm2_parts_get_gates (GVariant *record);
char *apm2_parts_name_step (const Apm2JobView *job,
                            guint index,
                            const char *const *gates);

G_END_DECLS
