/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * Apm2BrokerFacts:
 *
 * What the broker says of itself over its operator socket.
 */
typedef struct
{
  char *problem;         /* (nullable) why it does not answer */
  gboolean denied;       /* we may not call it */
  guint32 pid;           /* whom the socket leads to; 0: not known */
  char *version;         /* "" where it did not say */
  char *health;          /* "" where it did not say */
  GStrv reasons;         /* of its health */
  gboolean paused;       /* nothing of the whole queue starts */
  GHashTable *job_units; /* (element-type utf8) units that run jobs now */
} Apm2BrokerFacts;

Apm2BrokerFacts *apm2_broker_facts_new (const char *socket_path,
                                        gboolean with_jobs);
void apm2_broker_facts_free (Apm2BrokerFacts *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2BrokerFacts, apm2_broker_facts_free)

gboolean apm2_broker_is_listening (const char *socket_path);

G_END_DECLS
