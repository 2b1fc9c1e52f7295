/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "apm2-options.h"

G_BEGIN_DECLS

/*
 * The broker, as the CLI sees it. Nothing else in the CLI knows of D-Bus, so
 * that the library that speaks it can be changed here. Errors are of
 * APM2_ERROR.
 */
typedef struct _Apm2Client Apm2Client;

#define APM2_CLIENT_PAGE_MAX     1000
#define APM2_CLIENT_LOG_READ_MAX (256 * 1024)

Apm2Client *apm2_client_open (const Apm2Options *options,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;
void apm2_client_open_async (const Apm2Options *options,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data);
Apm2Client *apm2_client_open_finish (GAsyncResult *result,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;
void apm2_client_close (Apm2Client *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2Client, apm2_client_close)

/* Jobs. */
char *apm2_client_submit (Apm2Client *self,
                          const char *spec,
                          gboolean *ret_created,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
char *apm2_client_submit_gates (Apm2Client *self,
                                const char *spec,
                                gboolean force,
                                gboolean *ret_created,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;
char *apm2_client_get_admission (Apm2Client *self,
                                 const char *project,
                                 const char *tree,
                                 const char *gate_set_digest,
                                 char **ret_digest,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;
GVariant *apm2_client_get_job (Apm2Client *self,
                               const char *job_id,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;
GVariant *apm2_client_list_jobs (Apm2Client *self,
                                 const char *const *states,
                                 const char *lane,
                                 const char *verdict,
                                 guint limit,
                                 char **inout_cursor,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;
char *apm2_client_cancel (Apm2Client *self,
                          const char *job_id,
                          const char *reason,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
char *apm2_client_retry (Apm2Client *self,
                         const char *job_id,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The queue. */
gboolean apm2_client_pause (Apm2Client *self,
                            const char *lane,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean apm2_client_resume (Apm2Client *self,
                             const char *lane,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean apm2_client_drain (Apm2Client *self,
                            int wait_msec,
                            guint64 *ret_active,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
GVariant *apm2_client_get_objects (Apm2Client *self,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Receipts. */

/**
 * Apm2ReceiptsFlags:
 * @APM2_RECEIPTS_NEWEST: newest first, without their texts
 * @APM2_RECEIPTS_CHAIN: in the order of the chain
 * @APM2_RECEIPTS_TEXT: with their texts
 * @APM2_RECEIPTS_COLLECTED: also the last one that housekeeping has taken, if
 *   the chain goes on from it: its number and digest, and "collected"
 */
typedef enum
{
  APM2_RECEIPTS_NEWEST = 0,
  APM2_RECEIPTS_CHAIN = 1 << 0,
  APM2_RECEIPTS_TEXT = 1 << 1,
  APM2_RECEIPTS_COLLECTED = 1 << 2,
} Apm2ReceiptsFlags;

GVariant *apm2_client_list_receipts (Apm2Client *self,
                                     Apm2ReceiptsFlags which,
                                     guint limit,
                                     char **inout_cursor,
                                     GError **error);
char *apm2_client_get_receipt (Apm2Client *self,
                               const char *name,
                               char **ret_digest,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

GVariant *apm2_client_get_metrics (Apm2Client *self,
                                   guint64 span_usec,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Quarantine. Entries are "file:NAME" or "job:ID". */
GVariant *
apm2_client_list_quarantine (Apm2Client *self,
                             const char *kind,
                             gboolean all,
                             char **inout_cursor,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
GVariant *
apm2_client_show_quarantine (Apm2Client *self,
                             const char *entry,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
char *apm2_client_release (Apm2Client *self,
                           const char *entry,
                           gboolean *ret_created,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean
apm2_client_prune_quarantine (Apm2Client *self,
                              const char *entry,
                              guint64 older_than_usec,
                              gboolean dry_run,
                              guint64 *ret_files,
                              guint64 *ret_jobs,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Housekeeping. */
char *apm2_client_collect (Apm2Client *self,
                           gboolean dry_run,
                           guint64 receipts_older_usec,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
GStrv apm2_client_list_collections (Apm2Client *self,
                                    guint limit,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Following jobs, from the main loop. */
typedef void (*Apm2ClientPropertiesFunc) (GVariant *changed,
                                          gpointer user_data);
typedef void (*Apm2ClientGoneFunc) (gpointer user_data);

void apm2_client_set_gone_func (Apm2Client *self,
                                Apm2ClientGoneFunc func,
                                gpointer user_data);
void apm2_client_watch_job (Apm2Client *self,
                            const char *job_id,
                            Apm2ClientPropertiesFunc func,
                            gpointer user_data);
void apm2_client_watch_properties (Apm2Client *self,
                                   const char *path,
                                   const char *iface,
                                   Apm2ClientPropertiesFunc func,
                                   gpointer user_data);
void apm2_client_read_job_async (Apm2Client *self,
                                 const char *job_id,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);
GVariant *apm2_client_read_job_finish (GAsyncResult *result, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

void apm2_client_read_properties_async (Apm2Client *self,
                                        const char *path,
                                        const char *iface,
                                        GCancellable *cancellable,
                                        GAsyncReadyCallback callback,
                                        gpointer user_data);
GVariant *
apm2_client_read_properties_finish (GAsyncResult *result,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * Apm2ClientObjectsFuncs:
 * @added: an object is there with these interfaces, a{sa{sv}}
 * @removed: it is gone
 * @changed: some properties of one of its interfaces have these values, a{sv}
 */
typedef struct
{
  void (*added) (const char *path, GVariant *interfaces, gpointer user_data);
  void (*removed) (const char *path, gpointer user_data);
  void (*changed) (const char *path,
                   const char *iface,
                   GVariant *properties,
                   gpointer user_data);
} Apm2ClientObjectsFuncs;

void apm2_client_watch_objects (Apm2Client *self,
                                const Apm2ClientObjectsFuncs *funcs,
                                gpointer user_data);
void apm2_client_read_objects_async (Apm2Client *self,
                                     GCancellable *cancellable,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data);
GVariant *apm2_client_read_objects_finish (GAsyncResult *result, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * Apm2LogPlace:
 *
 * A place in a job's log: attempt 0 is the current one, step -1 all of them.
 */
typedef struct
{
  guint attempt;
  int step;
  guint64 offset;
} Apm2LogPlace;

void apm2_client_read_log_async (Apm2Client *self,
                                 const char *job_id,
                                 const Apm2LogPlace *place,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);
GBytes *apm2_client_read_log (Apm2Client *self,
                              const char *job_id,
                              Apm2LogPlace *inout_place,
                              gboolean *ret_eof,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;
GBytes *apm2_client_read_log_finish (GAsyncResult *result,
                                     guint64 *ret_next,
                                     gboolean *ret_eof,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
