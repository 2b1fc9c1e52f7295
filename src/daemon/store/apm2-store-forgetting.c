/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The store as housekeeping sees it. The other calls are in apm2-store.c and
 * apm2-store-access.c.
 */

#include "apm2-store.h"

/**
 * apm2_store_list_ends:
 * @self: a store
 * @from_receipt: sequence of the first receipt to look at; 0: the first of
 *   which the job may still be there
 * @limit: how many receipts to look at
 * @callback: called in the caller's main context when it is done
 * @user_data: for @callback
 *
 * Lists how jobs ended, in that order, whether they are still there or not.
 */
void
apm2_store_list_ends (Apm2Store *self,
                      guint64 from_receipt,
                      guint limit,
                      GAsyncReadyCallback callback,
                      gpointer user_data)
{
  g_return_if_fail (APM2_IS_STORE (self));

  APM2_STORE_GET_IFACE (self)->list_ends (
      self, from_receipt, limit, callback, user_data);
}

/**
 * apm2_store_list_ends_finish:
 * @self: a store
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Returns: (transfer full) (element-type Apm2StoredEnd): the ends; fewer than
 *   the limit at the end of the chain
 */
GPtrArray *
apm2_store_list_ends_finish (Apm2Store *self,
                             GAsyncResult *result,
                             GError **error)
{
  g_return_val_if_fail (APM2_IS_STORE (self), NULL);

  return APM2_STORE_GET_IFACE (self)->list_ends_finish (self, result, error);
}

/**
 * apm2_store_forget_jobs:
 * @self: a store
 * @sequences: (element-type gint64): jobs; must not be changed any more
 * @mark: sequence of the receipt up to which no job is left once these are
 *   gone; 0: not known
 * @callback: called in the caller's main context when it is done
 * @user_data: for @callback
 *
 * Forgets ended jobs and their specs; their receipts stay. With a job go its
 * idempotency key and what waited for it, but not its id, as long as there is
 * the receipt. One that has not ended, and the newest of all, is left alone.
 * Stops when it has taken so long that others would notice.
 */
void
apm2_store_forget_jobs (Apm2Store *self,
                        GArray *sequences,
                        guint64 mark,
                        GAsyncReadyCallback callback,
                        gpointer user_data)
{
  g_return_if_fail (APM2_IS_STORE (self));

  APM2_STORE_GET_IFACE (self)->forget_jobs (
      self, sequences, mark, callback, user_data);
}

/**
 * apm2_store_forget_jobs_finish:
 * @self: a store
 * @result: what the callback got
 * @ret_n: (out) (optional): how many of them were done, from the first on
 * @error: return location for a #GError
 *
 * Returns: %TRUE if those are gone for good
 */
gboolean
apm2_store_forget_jobs_finish (Apm2Store *self,
                               GAsyncResult *result,
                               guint *ret_n,
                               GError **error)
{
  g_return_val_if_fail (APM2_IS_STORE (self), FALSE);

  return APM2_STORE_GET_IFACE (self)->forget_jobs_finish (
      self, result, ret_n, error);
}

/**
 * apm2_store_forget_receipts:
 * @self: a store
 * @sequences: (element-type gint64): receipts; must not be changed any more
 * @callback: called in the caller's main context when it is done
 * @user_data: for @callback
 *
 * Forgets receipts, with what they admit, from the first of the chain on, and
 * keeps number and digest of the last of them. One whose job is still there,
 * the last of the chain, and what comes after one that stays are left alone.
 */
void
apm2_store_forget_receipts (Apm2Store *self,
                            GArray *sequences,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_return_if_fail (APM2_IS_STORE (self));

  APM2_STORE_GET_IFACE (self)->forget_receipts (
      self, sequences, callback, user_data);
}

/**
 * apm2_store_forget_receipts_finish:
 * @self: a store
 * @result: what the callback got
 * @ret_n: (out) (optional): how many of them were done, from the first on
 * @error: return location for a #GError
 *
 * Returns: %TRUE if those are gone for good
 */
gboolean
apm2_store_forget_receipts_finish (Apm2Store *self,
                                   GAsyncResult *result,
                                   guint *ret_n,
                                   GError **error)
{
  g_return_val_if_fail (APM2_IS_STORE (self), FALSE);

  return APM2_STORE_GET_IFACE (self)->forget_receipts_finish (
      self, result, ret_n, error);
}

/**
 * apm2_store_find_fates:
 * @self: a store
 * @job_ids: (element-type utf8): ids; must not be changed any more
 * @callback: called in the caller's main context when it is done
 * @user_data: for @callback
 *
 * Asks what became of the jobs that have these ids, a few hundred at most.
 */
void
apm2_store_find_fates (Apm2Store *self,
                       GPtrArray *job_ids,
                       GAsyncReadyCallback callback,
                       gpointer user_data)
{
  g_return_if_fail (APM2_IS_STORE (self));

  APM2_STORE_GET_IFACE (self)->find_fates (self, job_ids, callback, user_data);
}

/**
 * apm2_store_find_fates_finish:
 * @self: a store
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Returns: (transfer full) (element-type Apm2JobFate): one for each id, in
 *   their order
 */
GArray *
apm2_store_find_fates_finish (Apm2Store *self,
                              GAsyncResult *result,
                              GError **error)
{
  g_return_val_if_fail (APM2_IS_STORE (self), NULL);

  return APM2_STORE_GET_IFACE (self)->find_fates_finish (self, result, error);
}
