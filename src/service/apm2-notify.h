/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What this process tells the service manager; nothing if there is none. */
gboolean apm2_notify_is_heard (void);
void apm2_notify_ready (void);
void apm2_notify_reloading (void);
void apm2_notify_reloaded (void);
void apm2_notify_stopping (void);
void apm2_notify_status (const char *text);
void apm2_notify_alive (void);
void apm2_notify_extend (guint sec);

guint64 apm2_notify_get_watchdog_usec (void);

G_END_DECLS
