/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Shared by the files of the attached jobs only. */

#include "apm2-attachments.h"
#include "apm2-rate.h"
#include "apm2-unused-scopes.h"
#include "apm2-work-history.h"

G_BEGIN_DECLS

struct _Apm2Attachments
{
  GObject parent_instance;

  Apm2Queue *queue;
  Apm2JobTable *table;
  Apm2ActiveConfig *config;
  Apm2Pressure *pressure;
  Apm2ScopeReaper *reaper;
  Apm2UnusedScopes *unused_scopes; /* (nullable) when it was stopped */
  Apm2Budget *budget;
  Apm2WorkHistory *history;
  GHashTable *by_id;   /* (element-type utf8 Apm2Attachment) */
  GHashTable *working; /* (element-type Apm2Job) worker jobs that are leased */
  GPtrArray *lanes;    /* (element-type utf8) that the budget knows */
  Apm2Rate *telling;   /* why others wait */
  GHashTable *offered; /* set of lanes: the dispatcher asks for their jobs */
  GHashTable *workers_turn;  /* set of lanes whose next slot is a worker's */
  Apm2WorkersFunc can_serve; /* (nullable) */
  gpointer can_serve_data;
  gboolean looking;
  guint64 sequence;
  guint again; /* timer: after the store had trouble */
  gboolean stopped;
};

/* apm2-attachments.c */
Apm2Attachment *apm2_attachments_find (Apm2Attachments *self,
                                       const char *job_id);
Apm2Attachment *
apm2_attachments_find_key (Apm2Attachments *self, guint32 uid, const char *key);
gboolean apm2_attachments_is_deaf (Apm2Attachments *self,
                                   const Apm2SlotCaller *caller);
void apm2_attachments_add (Apm2Attachments *self, Apm2Attachment *attachment);
void apm2_attachments_emit_waiting (Apm2Attachments *self,
                                    Apm2Attachment *attachment,
                                    GDBusConnection *connection,
                                    GVariant *why);
void apm2_attachments_emit_granted (Apm2Attachments *self,
                                    Apm2Attachment *attachment);
void apm2_attachments_emit_cancel (Apm2Attachments *self,
                                   Apm2Attachment *attachment,
                                   Apm2Job *job);
void apm2_attachments_emit_ended (Apm2Attachments *self,
                                  Apm2Job *job,
                                  GDBusConnection *connection);

/* apm2-attachments-grant.c */
void apm2_attachments_queue_up (Apm2Attachments *self,
                                Apm2Attachment *attachment);
Apm2BudgetDemand apm2_attachments_get_demand (const Apm2Attachment *attachment);
void apm2_attachments_grant (Apm2Attachments *self, Apm2Attachment *attachment);
void apm2_attachments_look (Apm2Attachments *self);
void apm2_attachments_wait_again (Apm2Attachments *self,
                                  Apm2Attachment *attachment);

/* apm2-attachments-lanes.c */
void apm2_attachments_configure (Apm2Attachments *self);
void apm2_attachments_update_load (Apm2Attachments *self, const char *lane);
void apm2_attachments_update_lanes (Apm2Attachments *self);
Apm2BudgetCause apm2_attachments_find_closed (Apm2Attachments *self,
                                              const Apm2LaneConfig *lane);

/* apm2-attachments-workers.c */
void apm2_attachments_note_worker_job (Apm2Attachments *self, Apm2Job *job);
gboolean apm2_attachments_has_worker_jobs (Apm2Attachments *self,
                                           const char *lane);
gboolean apm2_attachments_is_workers_turn (Apm2Attachments *self,
                                           const char *lane);
void apm2_attachments_pass_turn (Apm2Attachments *self, const char *lane);
gboolean apm2_attachments_call_workers (Apm2Attachments *self,
                                        GPtrArray *lanes);

/* apm2-attachments-attach.c */
void apm2_attachments_answer (Apm2Attachments *self,
                              Apm2Attachment *attachment,
                              gboolean with_id,
                              GDBusMethodInvocation *invocation);
gint64 apm2_attachments_rank (Apm2Attachments *self,
                              gint64 submitted_at,
                              guint priority);
void apm2_attachments_find_ancestor (Apm2Attachments *self,
                                     Apm2Attachment *attachment);

/* apm2-attachments-end.c */
void apm2_attachments_end (Apm2Attachments *self,
                           Apm2Attachment *attachment,
                           const char *reason,
                           const char *message,
                           GDBusMethodInvocation *invocation);
void apm2_attachments_supersede (Apm2Attachments *self,
                                 Apm2Attachment *attachment,
                                 const char *job_id);
void apm2_attachments_refuse_too_large (Apm2Attachments *self);
void apm2_attachments_end_as_wished (Apm2Attachments *self,
                                     Apm2Attachment *attachment);
void apm2_attachments_forget (Apm2Attachments *self, Apm2Job *job);

/* apm2-attachments-away.c */
void apm2_attachments_take_over (Apm2Attachments *self,
                                 Apm2Attachment *attachment,
                                 GDBusConnection *connection,
                                 const Apm2ProcessId *process);
void apm2_attachments_release (Apm2Attachments *self,
                               Apm2Attachment *attachment);

/* apm2-attachments-lost.c */
void apm2_attachments_end_unused_scope (Apm2Attachments *self,
                                        const Apm2Attachment *attachment);
void apm2_attachments_lose (Apm2Attachments *self,
                            Apm2Attachment *attachment,
                            const char *message);

/* apm2-attachments-history.c */
void apm2_attachments_note_run (Apm2Attachments *self,
                                const Apm2StoredJob *stored,
                                const Apm2JobSpec *spec);
void apm2_attachments_learn (Apm2Attachments *self, Apm2Store *store);

/* apm2-attachments-why.c */
GVariant *apm2_attachments_get_terms (Apm2Attachments *self,
                                      const Apm2Attachment *attachment);
GVariant *apm2_attachments_get_why (Apm2Attachments *self,
                                    const Apm2Attachment *attachment);
GVariant *apm2_attachments_get_joined (Apm2Attachments *self,
                                       const Apm2Attachment *attachment);
void apm2_attachments_tell_waiting (gpointer user_data);

G_END_DECLS
