/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/*
 * Notifications on the desktop of this session. What is told of one thing
 * replaces what was told of it before.
 */
typedef struct _Apm2Notifier Apm2Notifier;

typedef enum
{
  APM2_URGENCY_LOW = 0,
  APM2_URGENCY_NORMAL = 1,
  APM2_URGENCY_CRITICAL = 2,
} Apm2Urgency;

/* @problem: (nullable): nobody shows them, and why; %NULL: somebody does again
 */
typedef void (*Apm2NotifierFunc) (const char *problem, gpointer user_data);

Apm2Notifier *apm2_notifier_new (const char *address,
                                 Apm2NotifierFunc func,
                                 gpointer user_data);
void apm2_notifier_free (Apm2Notifier *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2Notifier, apm2_notifier_free)

void apm2_notifier_tell (Apm2Notifier *self,
                         const char *about,
                         Apm2Urgency urgency,
                         const char *summary,
                         const char *body);

G_END_DECLS
