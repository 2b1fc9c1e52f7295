/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The store as its callers see it: opening, reading and closing. The calls that
 * change something are in apm2-store.c.
 */

#include "apm2-store-quarantine.h"
#include "apm2-store.h"

/**
 * apm2_store_open:
 * @self: a store
 * @ended_max: how many of the jobs that ended last to tell of
 * @cancellable: (nullable): a cancellable; the store stays shut if it comes in
 * time
 * @callback: called in the caller's main context when it is done
 * @user_data: for @callback
 *
 * Opens the store, makes it if it is not there, brings an older one up to date.
 * To be answered before any other call is made.
 */
void
apm2_store_open (Apm2Store *self,
                 guint ended_max,
                 GCancellable *cancellable,
                 GAsyncReadyCallback callback,
                 gpointer user_data)
{
  g_return_if_fail (APM2_IS_STORE (self));

  APM2_STORE_GET_IFACE (self)->open (
      self, ended_max, cancellable, callback, user_data);
}

/**
 * apm2_store_open_finish:
 * @self: a store
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Returns: (transfer full): what is in it, or %NULL with Busy (another process
 * has it open), Unavailable (the disk), or Failed (damaged, foreign, or of a
 * newer version)
 */
Apm2StoreSnapshot *
apm2_store_open_finish (Apm2Store *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (APM2_IS_STORE (self), NULL);

  return APM2_STORE_GET_IFACE (self)->open_finish (self, result, error);
}

/**
 * apm2_store_get:
 * @self: a store
 * @job_id: id of a job
 * @callback: called in the caller's main context when it is done
 * @user_data: for @callback
 *
 * Reads one job.
 */
void
apm2_store_get (Apm2Store *self,
                const char *job_id,
                GAsyncReadyCallback callback,
                gpointer user_data)
{
  g_return_if_fail (APM2_IS_STORE (self));

  APM2_STORE_GET_IFACE (self)->get (self, job_id, callback, user_data);
}

/**
 * apm2_store_get_finish:
 * @self: a store
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Returns: (transfer full): the job with its spec, or %NULL with NotFound
 */
Apm2StoredJob *
apm2_store_get_finish (Apm2Store *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (APM2_IS_STORE (self), NULL);

  return APM2_STORE_GET_IFACE (self)->get_finish (self, result, error);
}

/**
 * apm2_store_list:
 * @self: a store
 * @filter: which jobs
 * @before_sequence: only older ones; 0: from the newest
 * @limit: how many at most
 * @callback: called in the caller's main context when it is done
 * @user_data: for @callback
 *
 * Reads jobs, newest first.
 */
void
apm2_store_list (Apm2Store *self,
                 const Apm2StoreFilter *filter,
                 gint64 before_sequence,
                 guint limit,
                 GAsyncReadyCallback callback,
                 gpointer user_data)
{
  g_return_if_fail (APM2_IS_STORE (self));

  APM2_STORE_GET_IFACE (self)->list (
      self, filter, before_sequence, limit, callback, user_data);
}

/**
 * apm2_store_list_finish:
 * @self: a store
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Returns: (transfer full) (element-type Apm2StoredJob): the jobs, without
 * their specs
 */
GPtrArray *
apm2_store_list_finish (Apm2Store *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (APM2_IS_STORE (self), NULL);

  return APM2_STORE_GET_IFACE (self)->list_finish (self, result, error);
}

/**
 * apm2_store_list_receipts:
 * @self: a store
 * @oldest_first: in the order of the chain, not the newest first
 * @from_sequence: the first to give; 0: from that end
 * @limit: how many at most
 * @with_text: with the receipts themselves
 * @callback: called in the caller's main context when it is done
 * @user_data: for @callback
 *
 * Reads receipts. In the order of the chain, and if no receipt is left before
 * the first one asked for, the last one that was forgotten comes before all
 * others and beyond the limit: its number and digest.
 */
void
apm2_store_list_receipts (Apm2Store *self,
                          gboolean oldest_first,
                          guint64 from_sequence,
                          guint limit,
                          gboolean with_text,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  g_return_if_fail (APM2_IS_STORE (self));

  APM2_STORE_GET_IFACE (self)->list_receipts (
      self, oldest_first, from_sequence, limit, with_text, callback, user_data);
}

/**
 * apm2_store_list_receipts_finish:
 * @self: a store
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Returns: (transfer full) (element-type Apm2StoredReceipt): the receipts
 */
GPtrArray *
apm2_store_list_receipts_finish (Apm2Store *self,
                                 GAsyncResult *result,
                                 GError **error)
{
  g_return_val_if_fail (APM2_IS_STORE (self), NULL);

  return APM2_STORE_GET_IFACE (self)->list_receipts_finish (
      self, result, error);
}

/**
 * apm2_store_get_receipt:
 * @self: a store
 * @name: digest of a receipt, or id of a job
 * @callback: called in the caller's main context when it is done
 * @user_data: for @callback
 *
 * Reads one receipt.
 */
void
apm2_store_get_receipt (Apm2Store *self,
                        const char *name,
                        GAsyncReadyCallback callback,
                        gpointer user_data)
{
  g_return_if_fail (APM2_IS_STORE (self));

  APM2_STORE_GET_IFACE (self)->get_receipt (self, name, callback, user_data);
}

/**
 * apm2_store_get_receipt_finish:
 * @self: a store
 * @result: what the callback got
 * @ret_digest: (out) (optional): its digest
 * @error: return location for a #GError
 *
 * Returns: (transfer full): its canonical text, or %NULL with NotFound
 */
char *
apm2_store_get_receipt_finish (Apm2Store *self,
                               GAsyncResult *result,
                               char **ret_digest,
                               GError **error)
{
  g_return_val_if_fail (APM2_IS_STORE (self), NULL);

  return APM2_STORE_GET_IFACE (self)->get_receipt_finish (
      self, result, ret_digest, error);
}

/**
 * apm2_store_admitted:
 * @self: a store
 * @project: what counts as one repository
 * @tree: a tree of it
 * @gate_set: digest of a set of gates
 * @callback: called in the caller's main context when it is done
 * @user_data: for @callback
 *
 * Looks for the newest receipt of a job that ran all these gates on this tree,
 * and passed.
 */
void
apm2_store_admitted (Apm2Store *self,
                     const char *project,
                     const char *tree,
                     const char *gate_set,
                     GAsyncReadyCallback callback,
                     gpointer user_data)
{
  g_return_if_fail (APM2_IS_STORE (self));

  APM2_STORE_GET_IFACE (self)->admitted (
      self, project, tree, gate_set, callback, user_data);
}

/**
 * apm2_store_admitted_finish:
 * @self: a store
 * @result: what the callback got
 * @ret_digest: (out) (optional): its digest
 * @error: return location for a #GError
 *
 * Returns: (transfer full): its canonical text, or %NULL with NotFound
 */
char *
apm2_store_admitted_finish (Apm2Store *self,
                            GAsyncResult *result,
                            char **ret_digest,
                            GError **error)
{
  g_return_val_if_fail (APM2_IS_STORE (self), NULL);

  return APM2_STORE_GET_IFACE (self)->admitted_finish (
      self, result, ret_digest, error);
}

/**
 * apm2_store_ping:
 * @self: a store
 * @callback: called in the caller's main context when it is done
 * @user_data: for @callback
 *
 * Answered when all that was asked before is: the proof that the store lives.
 */
void
apm2_store_ping (Apm2Store *self,
                 GAsyncReadyCallback callback,
                 gpointer user_data)
{
  g_return_if_fail (APM2_IS_STORE (self));

  APM2_STORE_GET_IFACE (self)->ping (self, callback, user_data);
}

/**
 * apm2_store_ping_finish:
 * @self: a store
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Returns: %TRUE
 */
gboolean
apm2_store_ping_finish (Apm2Store *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (APM2_IS_STORE (self), FALSE);

  return APM2_STORE_GET_IFACE (self)->ping_finish (self, result, error);
}

/**
 * apm2_store_close:
 * @self: a store
 * @callback: called in the caller's main context when it is done
 * @user_data: for @callback
 *
 * Carries out what was asked before, then shuts the store. Whatever is asked
 * later is refused with Unavailable.
 */
void
apm2_store_close (Apm2Store *self,
                  GAsyncReadyCallback callback,
                  gpointer user_data)
{
  g_return_if_fail (APM2_IS_STORE (self));

  APM2_STORE_GET_IFACE (self)->close (self, callback, user_data);
}

/**
 * apm2_store_close_finish:
 * @self: a store
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Returns: %TRUE, or %FALSE with Unavailable: nothing that was answered is lost
 */
gboolean
apm2_store_close_finish (Apm2Store *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (APM2_IS_STORE (self), FALSE);

  return APM2_STORE_GET_IFACE (self)->close_finish (self, result, error);
}

/**
 * apm2_store_list_quarantined:
 * @self: a store
 * @before_sequence: only jobs submitted before that one; 0: all
 * @limit: at most so many
 * @all: with those that were released or pruned
 * @callback: called in the caller's main context when it is done
 * @user_data: for @callback
 *
 * Lists quarantined jobs, newest submission first.
 */
void
apm2_store_list_quarantined (Apm2Store *self,
                             gint64 before_sequence,
                             guint limit,
                             gboolean all,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  g_return_if_fail (APM2_IS_STORE (self));

  APM2_STORE_GET_IFACE (self)->list_quarantined (
      self, before_sequence, limit, all, callback, user_data);
}

/**
 * apm2_store_list_quarantined_finish:
 * @self: a store
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Returns: (transfer full) (element-type Apm2StoredJob): the jobs, or %NULL
 *   with Unavailable
 */
GPtrArray *
apm2_store_list_quarantined_finish (Apm2Store *self,
                                    GAsyncResult *result,
                                    GError **error)
{
  g_return_val_if_fail (APM2_IS_STORE (self), NULL);

  return APM2_STORE_GET_IFACE (self)->list_quarantined_finish (
      self, result, error);
}

/**
 * apm2_store_leave_quarantine:
 * @self: a store
 * @leaving: which jobs; copied
 * @callback: called in the caller's main context when it is done
 * @user_data: for @callback
 *
 * Takes jobs off the list of the quarantined. What they were stays.
 */
void
apm2_store_leave_quarantine (Apm2Store *self,
                             const Apm2StoreLeaving *leaving,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  g_return_if_fail (APM2_IS_STORE (self));

  APM2_STORE_GET_IFACE (self)->leave_quarantine (
      self, leaving, callback, user_data);
}

/**
 * apm2_store_leave_quarantine_finish:
 * @self: a store
 * @result: what the callback got
 * @ret_n: (out) (optional): how many jobs that were
 * @error: return location for a #GError
 *
 * Returns: %TRUE, or %FALSE with Unavailable
 */
gboolean
apm2_store_leave_quarantine_finish (Apm2Store *self,
                                    GAsyncResult *result,
                                    guint *ret_n,
                                    GError **error)
{
  g_return_val_if_fail (APM2_IS_STORE (self), FALSE);

  return APM2_STORE_GET_IFACE (self)->leave_quarantine_finish (
      self, result, ret_n, error);
}
