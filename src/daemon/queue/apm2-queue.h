/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-active-config.h"
#include "apm2-job-table.h"
#include "apm2-store.h"

G_BEGIN_DECLS

/*
 * The queue: everything that changes a job, in one place.
 *
 * Each operation asks the store, and after its commit brings the job table up
 * to date, then answers. Signals: "incoming" (Apm2JobSpec*, its digest: it is
 * on its way to the store), "ready" (something may be claimed now, or will be
 * once the store has come to it), "cancel-requested" (Apm2Job*: its worker must
 * be told), "released" (Apm2Job*: its lease has ended), "paused", "trouble"
 * (the store has refused what it should have done).
 */
#define APM2_TYPE_QUEUE (apm2_queue_get_type ())
G_DECLARE_FINAL_TYPE (Apm2Queue, apm2_queue, APM2, QUEUE, GObject)

Apm2Queue *apm2_queue_new (Apm2Store *store,
                           Apm2JobTable *table,
                           Apm2ActiveConfig *config);

void apm2_queue_load (Apm2Queue *self, const Apm2StoreSnapshot *snapshot);

/**
 * Apm2SubmitFlags:
 * @APM2_SUBMIT_DRY_RUN: check only
 * @APM2_SUBMIT_FORCE: run gates although others answer for them
 */
typedef enum
{
  APM2_SUBMIT_NONE = 0,
  APM2_SUBMIT_DRY_RUN = 1 << 0,
  APM2_SUBMIT_FORCE = 1 << 1,
} Apm2SubmitFlags;

void apm2_queue_submit_async (Apm2Queue *self,
                              const char *text,
                              gsize length,
                              guint32 uid,
                              Apm2SubmitFlags flags,
                              GAsyncReadyCallback callback,
                              gpointer user_data);
char *apm2_queue_submit_finish (Apm2Queue *self,
                                GAsyncResult *result,
                                gboolean *ret_created,
                                GError **error);

/* Jobs that their caller runs. */
void apm2_queue_attach_async (Apm2Queue *self,
                              Apm2JobSpec *spec,
                              guint32 uid,
                              GAsyncReadyCallback callback,
                              gpointer user_data);
Apm2Job *apm2_queue_attach_finish (Apm2Queue *self,
                                   GAsyncResult *result,
                                   GError **error);
void apm2_queue_claim_one_async (Apm2Queue *self,
                                 Apm2JobSpec *spec,
                                 const char *worker,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);
Apm2Job *apm2_queue_claim_one_finish (Apm2Queue *self,
                                      GAsyncResult *result,
                                      GError **error);
gboolean apm2_queue_is_submitting (Apm2Queue *self);
void apm2_queue_call_workers (Apm2Queue *self);

void apm2_queue_retry_async (Apm2Queue *self,
                             const char *job_id,
                             guint32 uid,
                             GAsyncReadyCallback callback,
                             gpointer user_data);
char *
apm2_queue_retry_finish (Apm2Queue *self, GAsyncResult *result, GError **error);
Apm2JobSpec *
apm2_queue_dup_spec_again (const Apm2StoredJob *stored,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
void apm2_queue_cancel_async (Apm2Queue *self,
                              const char *job_id,
                              const char *reason,
                              GAsyncReadyCallback callback,
                              gpointer user_data);
gboolean apm2_queue_cancel_finish (Apm2Queue *self,
                                   GAsyncResult *result,
                                   Apm2JobState *ret_state,
                                   GError **error);
void apm2_queue_set_paused_async (Apm2Queue *self,
                                  const char *lane,
                                  gboolean paused,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
gboolean apm2_queue_set_paused_finish (Apm2Queue *self,
                                       GAsyncResult *result,
                                       GError **error);

/* Ends an attempt. @receipt is taken. */
void apm2_queue_finish_async (Apm2Queue *self,
                              const char *job_id,
                              guint64 token,
                              Apm2Receipt *receipt,
                              GAsyncReadyCallback callback,
                              gpointer user_data);
char *apm2_queue_finish_finish (Apm2Queue *self,
                                GAsyncResult *result,
                                GError **error);
/* Whether a Finish without a lease may be the repetition of one that was done.
 */
gboolean apm2_queue_may_finish_again (Apm2Queue *self,
                                      const char *job_id,
                                      guint64 token);
void apm2_queue_give_back_async (Apm2Queue *self,
                                 Apm2Job *job,
                                 gboolean lost,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);
gboolean apm2_queue_give_back_finish (Apm2Queue *self,
                                      GAsyncResult *result,
                                      GError **error);
void apm2_queue_end_called_off (Apm2Queue *self);
GPtrArray *apm2_queue_list_claims (Apm2Queue *self);
void apm2_queue_lose_async (Apm2Queue *self,
                            Apm2Job *job,
                            gboolean rebooted,
                            GAsyncReadyCallback callback,
                            gpointer user_data);
gboolean
apm2_queue_lose_finish (Apm2Queue *self, GAsyncResult *result, GError **error);

Apm2Receipt *apm2_queue_new_receipt (Apm2Queue *self, const Apm2Job *job);

gboolean apm2_queue_is_paused (Apm2Queue *self, const char *lane);
GStrv apm2_queue_list_paused (Apm2Queue *self);

void apm2_queue_note_error (Apm2Queue *self, const GError *error);

G_END_DECLS
