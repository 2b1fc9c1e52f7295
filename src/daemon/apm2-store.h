/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "apm2-job-spec.h"
#include "apm2-job-state.h"
#include "apm2-receipt.h"

G_BEGIN_DECLS

/*
 * The store: everything that must survive.
 *
 * An interface, so that another engine can take the place of SQLite. All calls
 * are asynchronous and made from the main context; each is answered after the
 * commit that covers it. Requests are carried out in the order of their calls.
 * The store's clock is the only clock that reaches the disk: it never runs
 * backwards and never gives the same microsecond to two submissions.
 *
 * A change is refused with Stale unless its token is the job's newest, and with
 * BadState unless the table of job states allows the move.
 */
#define APM2_TYPE_STORE (apm2_store_get_type ())
G_DECLARE_INTERFACE (Apm2Store, apm2_store, APM2, STORE, GObject)

/* One job as the store knows it. Plain data, owned by whoever holds it. */
typedef struct
{
  gint64 sequence; /* order of submission, > 0 */
  char *id;
  Apm2JobState state; /* PENDING, LEASED or final: RUNNING is not stored */
  Apm2Verdict verdict;
  char *reason;  /* (nullable) */
  char *message; /* (nullable) */
  Apm2JobKind kind;
  char *lane;
  guint priority;
  char *name; /* apm2_job_spec_describe() */
  guint attempt;
  guint lost;          /* how many attempts lost their worker */
  guint64 token;       /* of the newest lease; 0: never leased */
  char *worker;        /* (nullable) */
  char *boot_id;       /* (nullable) of the newest lease */
  gint64 submitted_at; /* usec UTC */
  gint64 started_at;
  gint64 finished_at;
  char *spec_digest;
  char *receipt_digest; /* (nullable) */
  guint step_count;
  gboolean cancel_requested;
  char *cancel_reason; /* (nullable) */
  char *spec_text;     /* (nullable) only from claim and get */
} Apm2StoredJob;

void apm2_stored_job_free (Apm2StoredJob *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2StoredJob, apm2_stored_job_free)

typedef struct
{
  guint64 pending;
  guint64 pending_bytes; /* of their specs */
  guint64 leased;
  guint64 passed;
  guint64 failed;
  guint64 denied;
  guint64 quarantined;
  guint64 cancelled;
} Apm2StoreCounts;

/* What a store tells when it opens. */
typedef struct
{
  Apm2StoreCounts counts;
  GPtrArray *open_jobs;  /* (element-type Apm2StoredJob) all that are not final,
                            by sequence */
  GPtrArray *ended_jobs; /* (element-type Apm2StoredJob) the last ended, oldest
                            first */
  GStrv paused_lanes;    /* "" stands for the whole queue */
  gint64 next_ready_unix; /* earliest not_before of a job that waits for it; 0:
                             none */
} Apm2StoreSnapshot;

void apm2_store_snapshot_free (Apm2StoreSnapshot *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2StoreSnapshot, apm2_store_snapshot_free)

/* A job whose state a call changed besides the one it named: a dependent that
 * became ready to run, or was denied because what it waited for failed. */
typedef struct
{
  Apm2StoredJob *job;
  gboolean became_ready; /* still pending, may now be claimed */
} Apm2StoreEffect;
void apm2_store_effect_free (Apm2StoreEffect *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2StoreEffect, apm2_store_effect_free)

/* A lane that may be claimed from, and how many jobs more it may run. */
typedef struct
{
  const char *lane; /* borrowed for the call */
  guint room;
} Apm2LaneRoom;

struct _Apm2StoreInterface
{
  GTypeInterface parent_iface;

  void (*open) (Apm2Store *,
                guint ended_max,
                GCancellable *,
                GAsyncReadyCallback,
                gpointer);
  Apm2StoreSnapshot *(*open_finish) (Apm2Store *, GAsyncResult *, GError **);

  void (*submit) (Apm2Store *,
                  Apm2JobSpec *,
                  const char *text,
                  gsize length,
                  const char *digest,
                  guint32 uid,
                  GAsyncReadyCallback,
                  gpointer);
  Apm2StoredJob *(*submit_finish) (Apm2Store *,
                                   GAsyncResult *,
                                   gboolean *ret_created,
                                   gboolean *ret_ready,
                                   GError **);

  void (*claim) (Apm2Store *,
                 const Apm2LaneRoom *rooms,
                 gsize n_rooms,
                 const char *worker,
                 const char *boot_id,
                 guint n_jobs,
                 GAsyncReadyCallback,
                 gpointer);
  GPtrArray *(*claim_finish) (Apm2Store *,
                              GAsyncResult *,
                              GError **); /* (element-type Apm2StoredJob), with
                                             spec_text; may be empty */

  void (*finish) (Apm2Store *,
                  const char *job_id,
                  guint64 token,
                  Apm2Receipt *receipt,
                  gboolean may_retry,
                  GAsyncReadyCallback,
                  gpointer); /* takes receipt */
  Apm2StoredJob *(*finish_finish) (Apm2Store *,
                                   GAsyncResult *,
                                   GPtrArray **ret_effects,
                                   GError **);

  void (*give_back) (Apm2Store *,
                     const char *job_id,
                     guint64 token,
                     gboolean lost,
                     GAsyncReadyCallback,
                     gpointer);
  Apm2StoredJob *(*give_back_finish) (Apm2Store *, GAsyncResult *, GError **);

  void (*request_cancel) (Apm2Store *,
                          const char *job_id,
                          const char *reason,
                          GAsyncReadyCallback,
                          gpointer);
  Apm2StoredJob *(*request_cancel_finish) (Apm2Store *,
                                           GAsyncResult *,
                                           GPtrArray **ret_effects,
                                           GError **);

  void (*set_paused) (Apm2Store *,
                      const char *lane,
                      gboolean paused,
                      GAsyncReadyCallback,
                      gpointer);
  gboolean (*set_paused_finish) (Apm2Store *, GAsyncResult *, GError **);

  void (*wake_delayed) (Apm2Store *, GAsyncReadyCallback, gpointer);
  gboolean (*wake_delayed_finish) (Apm2Store *,
                                   GAsyncResult *,
                                   guint *ret_woken,
                                   gint64 *ret_next_unix,
                                   GError **);

  void (*get) (Apm2Store *, const char *job_id, GAsyncReadyCallback, gpointer);
  Apm2StoredJob *(*get_finish) (Apm2Store *,
                                GAsyncResult *,
                                GError **); /* with spec_text */

  void (*list) (Apm2Store *,
                guint state_mask,
                Apm2Verdict verdict,
                const char *lane,
                gint64 before_sequence,
                guint limit,
                GAsyncReadyCallback,
                gpointer);
  GPtrArray *(*list_finish) (Apm2Store *, GAsyncResult *, GError **);

  void (*list_receipts) (Apm2Store *,
                         gboolean oldest_first,
                         guint64 from_sequence,
                         guint limit,
                         gboolean with_text,
                         GAsyncReadyCallback,
                         gpointer);
  GPtrArray *(*list_receipts_finish) (
      Apm2Store *,
      GAsyncResult *,
      GError **); /* (element-type Apm2StoredReceipt) */

  void (*get_receipt) (Apm2Store *,
                       const char *name,
                       GAsyncReadyCallback,
                       gpointer);
  char *(*get_receipt_finish) (Apm2Store *,
                               GAsyncResult *,
                               char **ret_digest,
                               GError **);

  void (*ping) (Apm2Store *, GAsyncReadyCallback, gpointer);
  gboolean (*ping_finish) (Apm2Store *, GAsyncResult *, GError **);

  void (*close) (Apm2Store *, GAsyncReadyCallback, gpointer);
  gboolean (*close_finish) (Apm2Store *, GAsyncResult *, GError **);
};

typedef struct
{
  guint64 sequence;
  char *digest;
  char *job_id;
  Apm2JobState outcome;
  Apm2Verdict verdict;
  char *reason; /* (nullable) */
  gint64 finished_at;
  char *text; /* (nullable) */
} Apm2StoredReceipt;
void apm2_stored_receipt_free (Apm2StoredReceipt *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2StoredReceipt, apm2_stored_receipt_free)

G_END_DECLS
