/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/types.h>

#include "apm2-tree.h"

G_BEGIN_DECLS

/* Who may do what, and what the callers of more than one method say. */
void apm2_caller_set_system_mode (gboolean system_mode, uid_t worker);
gboolean apm2_caller_may_work (const Apm2Caller *caller,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean apm2_caller_needs_permit (const Apm2Caller *caller);
guint32 apm2_caller_get_uid (const Apm2Caller *caller);
gboolean apm2_cancel_options_read (GVariant *options,
                                   char **ret_reason,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
