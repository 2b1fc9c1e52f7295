/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-store.h"

G_BEGIN_DECLS

/* How a test gets stores of one engine. A place is where a store keeps what
 * must survive; @make is called again for the same place after a restart. */
typedef struct
{
  gpointer (*new_place) (void);
  Apm2Store *(*make) (gpointer place, guint64 aging_usec_per_level);
  void (*free_place) (gpointer place);
} StoreEngine;

typedef struct
{
  const StoreEngine *engine;
  gpointer place;
  guint64 aging_usec_per_level;
  Apm2Store *store;
  Apm2StoreSnapshot *snapshot; /* of the last opening */
  Apm2StoreSubmitFlags flags;  /* of store_harness_submit() */
  Apm2Backoff backoff;         /* of store_harness_finish() */
} StoreHarness;

StoreHarness *store_harness_new (const StoreEngine *engine,
                                 guint64 aging_usec_per_level);
void store_harness_free (StoreHarness *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StoreHarness, store_harness_free)
void store_harness_restart (StoreHarness *self);

/* Collects the result of one call that is under way. */
typedef struct
{
  GAsyncResult *result;
} StoreCall;
void store_call_done (GObject *source, GAsyncResult *result, gpointer call);
GAsyncResult *store_call_wait (StoreCall *self);
void store_call_clear (StoreCall *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (StoreCall, store_call_clear)

/* Every call of a store, waited for. */
Apm2StoreSnapshot *store_harness_open (Apm2Store *store, GError **error);
Apm2JobSpec *store_harness_spec (const char *name);
/* Gates of a tree of 40 times @tree: each argument is "NAME" or
 * "NAME:NEEDED"; up to a NULL. */
Apm2JobSpec *store_harness_gates_spec (char tree, ...) G_GNUC_NULL_TERMINATED;
void store_harness_send (Apm2Store *store, Apm2JobSpec *spec, StoreCall *call);
Apm2StoredJob *store_harness_submit (StoreHarness *self,
                                     Apm2JobSpec *spec,
                                     gboolean *ret_created,
                                     GError **error);
char *store_harness_add (StoreHarness *self, const char *name);
GPtrArray *
store_harness_claim (StoreHarness *self, const char *lane, guint n_jobs);
Apm2StoredJob *store_harness_claim_one (StoreHarness *self);
Apm2JobSpec *store_harness_attached_spec (const char *job_id);
Apm2StoredJob *store_harness_claim_named (StoreHarness *self,
                                          const char *job_id,
                                          GError **error);
Apm2Receipt *store_harness_receipt (Apm2JobState outcome,
                                    Apm2Verdict verdict,
                                    const char *reason);
Apm2Receipt *store_harness_passed (void);
Apm2StoredJob *store_harness_finish (StoreHarness *self,
                                     const char *job_id,
                                     guint64 token,
                                     Apm2Receipt *receipt,
                                     gboolean may_retry,
                                     GPtrArray **ret_effects,
                                     GError **error);
Apm2StoredJob *store_harness_give_back (StoreHarness *self,
                                        const char *job_id,
                                        guint64 token,
                                        gboolean lost,
                                        GError **error);
Apm2StoredJob *store_harness_cancel (StoreHarness *self,
                                     const char *job_id,
                                     const char *reason,
                                     GPtrArray **ret_effects,
                                     GError **error);
void
store_harness_pause (StoreHarness *self, const char *lane, gboolean paused);
guint store_harness_wake (StoreHarness *self, gint64 *ret_next_unix);
Apm2StoredJob *
store_harness_get (StoreHarness *self, const char *job_id, GError **error);
GPtrArray *store_harness_list (StoreHarness *self,
                               guint state_mask,
                               Apm2Verdict verdict,
                               const char *lane,
                               gint64 before_sequence,
                               guint limit);
GPtrArray *store_harness_receipts (StoreHarness *self,
                                   gboolean oldest_first,
                                   guint64 from_sequence,
                                   guint limit,
                                   gboolean with_text);
char *store_harness_get_receipt (StoreHarness *self,
                                 const char *name,
                                 char **ret_digest,
                                 GError **error);
void store_harness_close (Apm2Store *store);

/* Verifies the whole chain; returns how many receipts it has. */
guint64 store_harness_verify_chain (StoreHarness *self);

G_END_DECLS
