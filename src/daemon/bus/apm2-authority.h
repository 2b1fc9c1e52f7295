/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What callers of the system bus need leave for; the ids stand in
 * org.apm2.services.policy too. */
#define APM2_ACTION_SUBMIT    "org.apm2.services.submit"
#define APM2_ACTION_CANCEL    "org.apm2.services.cancel"
#define APM2_ACTION_MANAGE    "org.apm2.services.manage"
#define APM2_ACTION_READ_LOGS "org.apm2.services.read-logs"

/* What polkit is asked. */
typedef struct
{
  const char *caller; /* unique name on the bus */
  const char *action;
  const char *job;      /* (nullable) id, for rules and for the log */
  const char *lane;     /* (nullable) of the job, or the one to change */
  gboolean interactive; /* the caller may be asked for a password */
} Apm2AuthorityQuestion;

void apm2_authority_ask_async (GDBusConnection *bus,
                               const Apm2AuthorityQuestion *question,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data);
gboolean apm2_authority_ask_finish (GAsyncResult *result,
                                    gboolean *ret_wants_password,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
