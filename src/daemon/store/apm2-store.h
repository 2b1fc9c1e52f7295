/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "apm2-backoff.h"
#include "apm2-receipt.h"
#include "apm2-store-herald.h"
#include "apm2-store-values.h"

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

/* Which jobs to list; all but parts if it is zero. */
typedef struct
{
  guint state_mask;    /* bits `1 << Apm2JobState`; 0: all. RUNNING is LEASED */
  Apm2Verdict verdict; /* only with it; %APM2_VERDICT_NONE: any */
  const char *lane;    /* (nullable) only of this lane */
  gboolean with_parts; /* parts of jobs, too */
  const char *parent;  /* (nullable) only the parts of this job */
} Apm2StoreFilter;

/**
 * Apm2StoreSubmitFlags:
 * @APM2_STORE_SUBMIT_FORCE: gates are run again, whether or not others answer
 *   for them
 * @APM2_STORE_SUBMIT_KNOWN_ONLY: NotFound unless a job is there that is meant
 */
typedef enum
{
  APM2_STORE_SUBMIT_NONE = 0,
  APM2_STORE_SUBMIT_FORCE = 1 << 0,
  APM2_STORE_SUBMIT_KNOWN_ONLY = 1 << 1,
} Apm2StoreSubmitFlags;

struct _Apm2StoreInterface
{
  GTypeInterface parent_iface;

  void (*open) (Apm2Store *,
                guint ended_max,
                GCancellable *,
                GAsyncReadyCallback,
                gpointer);
  Apm2StoreSnapshot *(*open_finish) (Apm2Store *, GAsyncResult *, GError **);

  void (*hold) (Apm2Store *);
  void (*release) (Apm2Store *);

  void (*submit) (Apm2Store *,
                  Apm2JobSpec *,
                  const char *text,
                  gsize length,
                  const char *digest,
                  guint32 uid,
                  Apm2StoreSubmitFlags,
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
                 Apm2StoreHerald *herald,
                 GAsyncReadyCallback,
                 gpointer);
  GPtrArray *(*claim_finish) (Apm2Store *,
                              GAsyncResult *,
                              GError **); /* (element-type Apm2StoredJob), with
                                             spec_text; may be empty */

  void (*claim_one) (Apm2Store *,
                     const char *job_id,
                     const char *worker,
                     const char *boot_id,
                     GAsyncReadyCallback,
                     gpointer);
  Apm2StoredJob *(*claim_one_finish) (Apm2Store *,
                                      GAsyncResult *,
                                      GError **); /* with spec_text */

  void (*finish) (Apm2Store *,
                  const char *job_id,
                  guint64 token,
                  Apm2Receipt *receipt,
                  const Apm2Backoff *retry,
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
                const Apm2StoreFilter *filter,
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

  void (*list_ends) (Apm2Store *,
                     guint64 from_receipt,
                     guint limit,
                     GAsyncReadyCallback,
                     gpointer);
  GPtrArray *(*list_ends_finish) (Apm2Store *,
                                  GAsyncResult *,
                                  GError **); /* (element-type Apm2StoredEnd) */

  void (*forget_jobs) (Apm2Store *,
                       GArray *sequences,
                       guint64 mark,
                       GAsyncReadyCallback,
                       gpointer);
  gboolean (*forget_jobs_finish) (Apm2Store *,
                                  GAsyncResult *,
                                  guint *ret_n,
                                  GError **);

  void (*forget_receipts) (Apm2Store *,
                           GArray *sequences,
                           GAsyncReadyCallback,
                           gpointer);
  gboolean (*forget_receipts_finish) (Apm2Store *,
                                      GAsyncResult *,
                                      guint *ret_n,
                                      GError **);

  void (*find_fates) (Apm2Store *,
                      GPtrArray *job_ids,
                      GAsyncReadyCallback,
                      gpointer);
  GArray *(*find_fates_finish) (Apm2Store *,
                                GAsyncResult *,
                                GError **); /* (element-type Apm2JobFate) */

  void (*admitted) (Apm2Store *,
                    const char *project,
                    const char *tree,
                    const char *gate_set,
                    GAsyncReadyCallback,
                    gpointer);
  char *(*admitted_finish) (Apm2Store *,
                            GAsyncResult *,
                            char **ret_digest,
                            GError **);

  void (*list_quarantined) (Apm2Store *,
                            gint64 before_sequence,
                            guint limit,
                            gboolean all,
                            GAsyncReadyCallback,
                            gpointer);
  GPtrArray *(*list_quarantined_finish) (Apm2Store *,
                                         GAsyncResult *,
                                         GError **);

  void (*leave_quarantine) (Apm2Store *,
                            const Apm2StoreLeaving *leaving,
                            GAsyncReadyCallback,
                            gpointer);
  gboolean (*leave_quarantine_finish) (Apm2Store *,
                                       GAsyncResult *,
                                       guint *ret_n,
                                       GError **);

  void (*sample_receipts) (Apm2Store *,
                           guint64 from_sequence,
                           gint64 since,
                           guint limit,
                           GAsyncReadyCallback,
                           gpointer);
  GPtrArray *(*sample_receipts_finish) (Apm2Store *, GAsyncResult *, GError **);

  void (*ping) (Apm2Store *, GAsyncReadyCallback, gpointer);
  gboolean (*ping_finish) (Apm2Store *, GAsyncResult *, GError **);

  void (*close) (Apm2Store *, GAsyncReadyCallback, gpointer);
  gboolean (*close_finish) (Apm2Store *, GAsyncResult *, GError **);
};

void apm2_store_open (Apm2Store *self,
                      guint ended_max,
                      GCancellable *cancellable,
                      GAsyncReadyCallback callback,
                      gpointer user_data);
Apm2StoreSnapshot *
apm2_store_open_finish (Apm2Store *self,
                        GAsyncResult *result,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

void apm2_store_hold (Apm2Store *self);
void apm2_store_release (Apm2Store *self);

void apm2_store_submit (Apm2Store *self,
                        Apm2JobSpec *spec,
                        const char *text,
                        gsize length,
                        const char *digest,
                        guint32 uid,
                        Apm2StoreSubmitFlags flags,
                        GAsyncReadyCallback callback,
                        gpointer user_data);
Apm2StoredJob *
apm2_store_submit_finish (Apm2Store *self,
                          GAsyncResult *result,
                          gboolean *ret_created,
                          gboolean *ret_ready,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

void apm2_store_claim (Apm2Store *self,
                       const Apm2LaneRoom *rooms,
                       gsize n_rooms,
                       const char *worker,
                       const char *boot_id,
                       guint n_jobs,
                       Apm2StoreHerald *herald,
                       GAsyncReadyCallback callback,
                       gpointer user_data);
GPtrArray *apm2_store_claim_finish (Apm2Store *self,
                                    GAsyncResult *result,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

void apm2_store_claim_one (Apm2Store *self,
                           const char *job_id,
                           const char *worker,
                           const char *boot_id,
                           GAsyncReadyCallback callback,
                           gpointer user_data);
Apm2StoredJob *
apm2_store_claim_one_finish (Apm2Store *self,
                             GAsyncResult *result,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

void apm2_store_finish (Apm2Store *self,
                        const char *job_id,
                        guint64 token,
                        Apm2Receipt *receipt,
                        const Apm2Backoff *retry,
                        GAsyncReadyCallback callback,
                        gpointer user_data);
Apm2StoredJob *
apm2_store_finish_finish (Apm2Store *self,
                          GAsyncResult *result,
                          GPtrArray **ret_effects,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

void apm2_store_give_back (Apm2Store *self,
                           const char *job_id,
                           guint64 token,
                           gboolean lost,
                           GAsyncReadyCallback callback,
                           gpointer user_data);
Apm2StoredJob *
apm2_store_give_back_finish (Apm2Store *self,
                             GAsyncResult *result,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

void apm2_store_request_cancel (Apm2Store *self,
                                const char *job_id,
                                const char *reason,
                                GAsyncReadyCallback callback,
                                gpointer user_data);
Apm2StoredJob *
apm2_store_request_cancel_finish (Apm2Store *self,
                                  GAsyncResult *result,
                                  GPtrArray **ret_effects,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

void apm2_store_set_paused (Apm2Store *self,
                            const char *lane,
                            gboolean paused,
                            GAsyncReadyCallback callback,
                            gpointer user_data);
gboolean
apm2_store_set_paused_finish (Apm2Store *self,
                              GAsyncResult *result,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

void apm2_store_wake_delayed (Apm2Store *self,
                              GAsyncReadyCallback callback,
                              gpointer user_data);
gboolean
apm2_store_wake_delayed_finish (Apm2Store *self,
                                GAsyncResult *result,
                                guint *ret_woken,
                                gint64 *ret_next_unix,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

void apm2_store_get (Apm2Store *self,
                     const char *job_id,
                     GAsyncReadyCallback callback,
                     gpointer user_data);
Apm2StoredJob *apm2_store_get_finish (Apm2Store *self,
                                      GAsyncResult *result,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

void apm2_store_list (Apm2Store *self,
                      const Apm2StoreFilter *filter,
                      gint64 before_sequence,
                      guint limit,
                      GAsyncReadyCallback callback,
                      gpointer user_data);
GPtrArray *apm2_store_list_finish (Apm2Store *self,
                                   GAsyncResult *result,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

void apm2_store_list_receipts (Apm2Store *self,
                               gboolean oldest_first,
                               guint64 from_sequence,
                               guint limit,
                               gboolean with_text,
                               GAsyncReadyCallback callback,
                               gpointer user_data);
GPtrArray *
apm2_store_list_receipts_finish (Apm2Store *self,
                                 GAsyncResult *result,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

void apm2_store_get_receipt (Apm2Store *self,
                             const char *name,
                             GAsyncReadyCallback callback,
                             gpointer user_data);
char *apm2_store_get_receipt_finish (Apm2Store *self,
                                     GAsyncResult *result,
                                     char **ret_digest,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

void apm2_store_admitted (Apm2Store *self,
                          const char *project,
                          const char *tree,
                          const char *gate_set,
                          GAsyncReadyCallback callback,
                          gpointer user_data);
char *apm2_store_admitted_finish (Apm2Store *self,
                                  GAsyncResult *result,
                                  char **ret_digest,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

void apm2_store_ping (Apm2Store *self,
                      GAsyncReadyCallback callback,
                      gpointer user_data);
gboolean apm2_store_ping_finish (Apm2Store *self,
                                 GAsyncResult *result,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

void apm2_store_close (Apm2Store *self,
                       GAsyncReadyCallback callback,
                       gpointer user_data);
gboolean apm2_store_close_finish (Apm2Store *self,
                                  GAsyncResult *result,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS

#include "apm2-store-forgetting.h"
