/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The store as its callers see it, whatever engine keeps it.
 *
 * Thin: each function goes straight to the engine. What the calls mean is said
 * here once, and held against each engine by the conformance test. This file
 * has the calls that change a job or the queue.
 */

#include "apm2-store.h"

G_DEFINE_INTERFACE (Apm2Store, apm2_store, G_TYPE_OBJECT)

static void
apm2_store_default_init (Apm2StoreInterface *iface)
{
}

/**
 * apm2_store_hold:
 * @self: a store
 *
 * What is asked from now on waits for apm2_store_release(), unless the store is
 * at work anyway, so that it can share one commit.
 */
void
apm2_store_hold (Apm2Store *self)
{
  g_return_if_fail (APM2_IS_STORE (self));

  APM2_STORE_GET_IFACE (self)->hold (self);
}

/**
 * apm2_store_release:
 * @self: a store that is held
 */
void
apm2_store_release (Apm2Store *self)
{
  g_return_if_fail (APM2_IS_STORE (self));

  APM2_STORE_GET_IFACE (self)->release (self);
}

/**
 * apm2_store_submit:
 * @self: a store
 * @spec: a validated spec; referenced
 * @text: its canonical text; copied
 * @length: of @text in bytes
 * @digest: SHA-256 of @text
 * @uid: who submits
 * @flags: how
 * @callback: called in the caller's main context when it is done
 * @user_data: for @callback
 *
 * Accepts a job. Gates that passed before are answered by that job, and those
 * that are open by the one that will. An attached one is never ready: it is
 * leased by name. One that waits for a job which ended without passing is
 * denied in the same breath: the answer has its final state and receipt.
 */
void
apm2_store_submit (Apm2Store *self,
                   Apm2JobSpec *spec,
                   const char *text,
                   gsize length,
                   const char *digest,
                   guint32 uid,
                   Apm2StoreSubmitFlags flags,
                   GAsyncReadyCallback callback,
                   gpointer user_data)
{
  g_return_if_fail (APM2_IS_STORE (self));

  APM2_STORE_GET_IFACE (self)->submit (
      self, spec, text, length, digest, uid, flags, callback, user_data);
}

/**
 * apm2_store_submit_finish:
 * @self: a store
 * @result: what the callback got
 * @ret_created: (out) (optional): %FALSE: the job was there before, with the
 * same id or key and the same spec, or about the same gates of the same tree
 * @ret_ready: (out) (optional): the job may be claimed now
 * @error: return location for a #GError
 *
 * Returns: (transfer full): the job, or %NULL with Exists (the id or key
 * belongs to another spec), NotFound (a job named in `after`, or the one that
 * is meant) or Unavailable
 */
Apm2StoredJob *
apm2_store_submit_finish (Apm2Store *self,
                          GAsyncResult *result,
                          gboolean *ret_created,
                          gboolean *ret_ready,
                          GError **error)
{
  g_return_val_if_fail (APM2_IS_STORE (self), NULL);

  return APM2_STORE_GET_IFACE (self)->submit_finish (
      self, result, ret_created, ret_ready, error);
}

/**
 * apm2_store_claim:
 * @self: a store
 * @rooms: (array length=n_rooms): the lanes to take from; pauses are the
 *   caller's to heed
 * @n_rooms: number of @rooms
 * @worker: instance that gets the jobs
 * @boot_id: of this boot
 * @n_jobs: how many at most
 * @herald: (nullable): tells the worker before the caller hears of it
 * @callback: called in the caller's main context when it is done
 * @user_data: for @callback
 *
 * Leases the most urgent jobs that are ready: by rank (submission plus priority
 * levels of ageing), then by submission.
 */
void
apm2_store_claim (Apm2Store *self,
                  const Apm2LaneRoom *rooms,
                  gsize n_rooms,
                  const char *worker,
                  const char *boot_id,
                  guint n_jobs,
                  Apm2StoreHerald *herald,
                  GAsyncReadyCallback callback,
                  gpointer user_data)
{
  g_return_if_fail (APM2_IS_STORE (self));

  APM2_STORE_GET_IFACE (self)->claim (self,
                                      rooms,
                                      n_rooms,
                                      worker,
                                      boot_id,
                                      n_jobs,
                                      herald,
                                      callback,
                                      user_data);
}

/**
 * apm2_store_claim_finish:
 * @self: a store
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Returns: (transfer full) (element-type Apm2StoredJob): the jobs with their
 * specs, most urgent first; maybe none. %NULL with Unavailable
 */
GPtrArray *
apm2_store_claim_finish (Apm2Store *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (APM2_IS_STORE (self), NULL);

  return APM2_STORE_GET_IFACE (self)->claim_finish (self, result, error);
}

/**
 * apm2_store_claim_one:
 * @self: a store
 * @job_id: id of a pending job
 * @worker: instance that gets it
 * @boot_id: of this boot
 * @callback: called in the caller's main context when it is done
 * @user_data: for @callback
 *
 * Leases this very job, whether or not it is ready: an attached job never is,
 * so that apm2_store_claim() passes it over.
 */
void
apm2_store_claim_one (Apm2Store *self,
                      const char *job_id,
                      const char *worker,
                      const char *boot_id,
                      GAsyncReadyCallback callback,
                      gpointer user_data)
{
  g_return_if_fail (APM2_IS_STORE (self));

  APM2_STORE_GET_IFACE (self)->claim_one (
      self, job_id, worker, boot_id, callback, user_data);
}

/**
 * apm2_store_claim_one_finish:
 * @self: a store
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Returns: (transfer full): the job with its spec, or %NULL with NotFound,
 *   BadState (it is not pending) or Unavailable
 */
Apm2StoredJob *
apm2_store_claim_one_finish (Apm2Store *self,
                             GAsyncResult *result,
                             GError **error)
{
  g_return_val_if_fail (APM2_IS_STORE (self), NULL);

  return APM2_STORE_GET_IFACE (self)->claim_one_finish (self, result, error);
}

/**
 * apm2_store_finish:
 * @self: a store
 * @job_id: id of a job
 * @token: of its lease; 0: the broker ends a pending job itself
 * @receipt: (transfer full): how it ended
 * @retry: (nullable): give it another attempt if its retry rule allows that,
 *   after such a wait
 * @callback: called in the caller's main context when it is done
 * @user_data: for @callback
 *
 * Ends a job: its receipt, its state and what follows for jobs that wait for it
 * become durable together. Asking again for a job that ended under @token gives
 * the same answer and changes nothing.
 */
void
apm2_store_finish (Apm2Store *self,
                   const char *job_id,
                   guint64 token,
                   Apm2Receipt *receipt,
                   const Apm2Backoff *retry,
                   GAsyncReadyCallback callback,
                   gpointer user_data)
{
  g_return_if_fail (APM2_IS_STORE (self));

  APM2_STORE_GET_IFACE (self)->finish (
      self, job_id, token, receipt, retry, callback, user_data);
}

/**
 * apm2_store_finish_finish:
 * @self: a store
 * @result: what the callback got
 * @ret_effects: (out) (optional) (element-type Apm2StoreEffect): other jobs
 * that changed, in order
 * @error: return location for a #GError
 *
 * Returns: (transfer full): the job, ended or (retry) pending again. %NULL with
 *   NotFound, Stale, BadState or Unavailable
 */
Apm2StoredJob *
apm2_store_finish_finish (Apm2Store *self,
                          GAsyncResult *result,
                          GPtrArray **ret_effects,
                          GError **error)
{
  g_return_val_if_fail (APM2_IS_STORE (self), NULL);

  return APM2_STORE_GET_IFACE (self)->finish_finish (
      self, result, ret_effects, error);
}

/**
 * apm2_store_give_back:
 * @self: a store
 * @job_id: id of a leased job
 * @token: of its lease
 * @lost: its worker vanished: count it
 * @callback: called in the caller's main context when it is done
 * @user_data: for @callback
 *
 * Returns a job to the queue. One that was asked to be cancelled is not given
 * out again: request_cancel() then ends it.
 */
void
apm2_store_give_back (Apm2Store *self,
                      const char *job_id,
                      guint64 token,
                      gboolean lost,
                      GAsyncReadyCallback callback,
                      gpointer user_data)
{
  g_return_if_fail (APM2_IS_STORE (self));

  APM2_STORE_GET_IFACE (self)->give_back (
      self, job_id, token, lost, callback, user_data);
}

/**
 * apm2_store_give_back_finish:
 * @self: a store
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Returns: (transfer full): the job, or %NULL with NotFound, Stale or
 * Unavailable
 */
Apm2StoredJob *
apm2_store_give_back_finish (Apm2Store *self,
                             GAsyncResult *result,
                             GError **error)
{
  g_return_val_if_fail (APM2_IS_STORE (self), NULL);

  return APM2_STORE_GET_IFACE (self)->give_back_finish (self, result, error);
}

/**
 * apm2_store_request_cancel:
 * @self: a store
 * @job_id: id of a job
 * @reason: (nullable): words for the receipt
 * @callback: called in the caller's main context when it is done
 * @user_data: for @callback
 *
 * A pending job is cancelled at once, with its receipt. For a leased one the
 * wish becomes durable; whoever runs it is yet to be told.
 */
void
apm2_store_request_cancel (Apm2Store *self,
                           const char *job_id,
                           const char *reason,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  g_return_if_fail (APM2_IS_STORE (self));

  APM2_STORE_GET_IFACE (self)->request_cancel (
      self, job_id, reason, callback, user_data);
}

/**
 * apm2_store_request_cancel_finish:
 * @self: a store
 * @result: what the callback got
 * @ret_effects: (out) (optional) (element-type Apm2StoreEffect): other jobs
 * that changed, in order
 * @error: return location for a #GError
 *
 * Returns: (transfer full): the job as it is now, or %NULL with NotFound,
 * BadState (it ended otherwise) or Unavailable
 */
Apm2StoredJob *
apm2_store_request_cancel_finish (Apm2Store *self,
                                  GAsyncResult *result,
                                  GPtrArray **ret_effects,
                                  GError **error)
{
  g_return_val_if_fail (APM2_IS_STORE (self), NULL);

  return APM2_STORE_GET_IFACE (self)->request_cancel_finish (
      self, result, ret_effects, error);
}

/**
 * apm2_store_set_paused:
 * @self: a store
 * @lane: a lane; "" stands for the whole queue
 * @paused: the wish
 * @callback: called in the caller's main context when it is done
 * @user_data: for @callback
 *
 * Remembers that a lane is paused, across restarts.
 */
void
apm2_store_set_paused (Apm2Store *self,
                       const char *lane,
                       gboolean paused,
                       GAsyncReadyCallback callback,
                       gpointer user_data)
{
  g_return_if_fail (APM2_IS_STORE (self));

  APM2_STORE_GET_IFACE (self)->set_paused (
      self, lane, paused, callback, user_data);
}

/**
 * apm2_store_set_paused_finish:
 * @self: a store
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Returns: %TRUE, or %FALSE with Unavailable
 */
gboolean
apm2_store_set_paused_finish (Apm2Store *self,
                              GAsyncResult *result,
                              GError **error)
{
  g_return_val_if_fail (APM2_IS_STORE (self), FALSE);

  return APM2_STORE_GET_IFACE (self)->set_paused_finish (self, result, error);
}

/**
 * apm2_store_wake_delayed:
 * @self: a store
 * @callback: called in the caller's main context when it is done
 * @user_data: for @callback
 *
 * Makes the jobs ready whose not_before has come.
 */
void
apm2_store_wake_delayed (Apm2Store *self,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  g_return_if_fail (APM2_IS_STORE (self));

  APM2_STORE_GET_IFACE (self)->wake_delayed (self, callback, user_data);
}

/**
 * apm2_store_wake_delayed_finish:
 * @self: a store
 * @result: what the callback got
 * @ret_woken: (out) (optional): how many became ready
 * @ret_next_unix: (out) (optional): the earliest not_before to come; 0: none
 * @error: return location for a #GError
 *
 * Returns: %TRUE, or %FALSE with Unavailable
 */
gboolean
apm2_store_wake_delayed_finish (Apm2Store *self,
                                GAsyncResult *result,
                                guint *ret_woken,
                                gint64 *ret_next_unix,
                                GError **error)
{
  g_return_val_if_fail (APM2_IS_STORE (self), FALSE);

  return APM2_STORE_GET_IFACE (self)->wake_delayed_finish (
      self, result, ret_woken, ret_next_unix, error);
}
