/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

GError *apm2_remote_error_new (const char *name,
                               const char *message) G_GNUC_WARN_UNUSED_RESULT;
GError *apm2_remote_error_new_silence (void) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
