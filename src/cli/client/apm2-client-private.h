/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-client.h"
#include "apm2-password-agent.h"

G_BEGIN_DECLS

struct _Apm2Client
{
  GDBusConnection *connection; /* (owned) */
  gboolean peer;               /* the operator socket, no bus between us */
  gboolean interactive;        /* the system may ask for a password */
  gboolean has_agent;          /* there was no need to start one, or it was */
  Apm2PasswordAgent *agent;    /* (owned) (nullable) on this terminal */
  GArray *subscriptions;       /* (owned) (element-type guint) */
  guint name_watch;
  gulong closed_handler;
  Apm2ClientGoneFunc gone_func; /* (nullable) */
  gpointer gone_data;           /* borrowed: outlives us by contract */
};

Apm2Client *apm2_client_new (GDBusConnection *connection,
                             gboolean peer,
                             gboolean interactive);
GVariant *apm2_client_call (Apm2Client *self,
                            const char *path,
                            const char *iface,
                            const char *method,
                            GVariant *parameters,
                            const char *reply_type,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
GVariant *apm2_client_take_page (GVariant *reply, char **inout_cursor);
GVariant *apm2_client_call_queue (Apm2Client *self,
                                  const char *method,
                                  GVariant *parameters,
                                  const char *reply_type,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;
void apm2_client_call_async (Apm2Client *self,
                             const char *path,
                             const char *iface,
                             const char *method,
                             GVariant *parameters,
                             const char *reply_type,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data);
GDBusCallFlags apm2_client_get_flags (const Apm2Client *self);
GError *apm2_client_take_error (GError *error) G_GNUC_WARN_UNUSED_RESULT;
char *apm2_client_get_job_path (const char *job_id);

G_END_DECLS
