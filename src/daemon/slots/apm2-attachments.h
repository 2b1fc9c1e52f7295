/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-attachment.h"
#include "apm2-budget.h"
#include "apm2-pressure.h"
#include "apm2-queue.h"
#include "apm2-scope-reaper.h"

G_BEGIN_DECLS

/* How the words begin with which a job is called off for newer work. */
#define APM2_SUPERSEDED_PREFIX "superseded by job "

/* Who calls, by the word of the kernel. */
typedef struct
{
  GDBusConnection *connection;
  guint32 uid;
  gint32 pid; /* 0: not known here */
} Apm2SlotCaller;

/*
 * The attached jobs: who holds a slot, who waits for one, and what becomes of
 * either. Signals:
 *
 * "waiting" (Apm2Attachment*, GDBusConnection*, GVariant*: why),
 * "granted" (Apm2Attachment*, GVariant*: terms),
 * "cancel-requested" (Apm2Attachment*, Apm2Job*): its caller must be told,
 * "ended" (Apm2Job*, GDBusConnection*): for one who has not ended it.
 */
#define APM2_TYPE_ATTACHMENTS (apm2_attachments_get_type ())
G_DECLARE_FINAL_TYPE (Apm2Attachments,
                      apm2_attachments,
                      APM2,
                      ATTACHMENTS,
                      GObject)

Apm2Attachments *apm2_attachments_new (Apm2Queue *queue,
                                       Apm2JobTable *table,
                                       Apm2ActiveConfig *config,
                                       Apm2Pressure *pressure,
                                       Apm2ScopeReaper *reaper);
void apm2_attachments_restore (Apm2Attachments *self, Apm2Store *store);
void apm2_attachments_stop (Apm2Attachments *self);

/* Each takes its invocation, and answers it. */
void apm2_attachments_attach (Apm2Attachments *self,
                              const Apm2SlotCaller *caller,
                              Apm2JobSpec *spec,
                              gboolean superseding,
                              GDBusMethodInvocation *invocation);
void apm2_attachments_resume (Apm2Attachments *self,
                              const Apm2SlotCaller *caller,
                              const char *job_id,
                              guint64 token,
                              GVariant *command,
                              GDBusMethodInvocation *invocation);
void apm2_attachments_started (Apm2Attachments *self,
                               const Apm2SlotCaller *caller,
                               const char *job_id,
                               guint64 token,
                               GVariant *command,
                               GDBusMethodInvocation *invocation);
void apm2_attachments_withdraw (Apm2Attachments *self,
                                const Apm2SlotCaller *caller,
                                const char *job_id,
                                const char *reason,
                                GDBusMethodInvocation *invocation);

Apm2Attachment *apm2_attachments_find_held (Apm2Attachments *self,
                                            guint32 uid,
                                            const char *job_id,
                                            guint64 token);
void apm2_attachments_finish (Apm2Attachments *self,
                              Apm2Attachment *attachment,
                              Apm2Receipt *receipt,
                              GDBusMethodInvocation *invocation);

Apm2BudgetUsage apm2_attachments_get_usage (Apm2Attachments *self,
                                            const char *lane);
const char *apm2_attachments_get_closed (Apm2Attachments *self,
                                         const Apm2LaneConfig *lane);
GVariant *apm2_attachments_list_holders (Apm2Attachments *self,
                                         const char *lane);

/* For the dispatcher. */
typedef gboolean (*Apm2WorkersFunc) (const char *lane, gpointer user_data);
void apm2_attachments_set_workers (Apm2Attachments *self,
                                   Apm2WorkersFunc can_serve,
                                   gpointer user_data);
guint64 apm2_attachments_count_working (Apm2Attachments *self,
                                        const char *lane);
guint apm2_attachments_get_room (Apm2Attachments *self,
                                 const Apm2LaneConfig *lane);
void apm2_attachments_offer (Apm2Attachments *self, const char *lane);
void apm2_attachments_settle_offer (Apm2Attachments *self);

void apm2_attachments_disconnect (Apm2Attachments *self,
                                  GDBusConnection *connection);

G_END_DECLS
