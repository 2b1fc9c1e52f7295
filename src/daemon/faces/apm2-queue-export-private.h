/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Shared by the files of the queue's bus face only. */

#include "apm2-hand-overs.h"
#include "apm2-permit.h"
#include "apm2-queue-export.h"
#include "apm2-rate.h"

G_BEGIN_DECLS

struct _Apm2QueueExport
{
  GObject parent_instance;

  Apm2Tree *tree;
  Apm2Queue *queue;
  Apm2Store *store;
  Apm2JobTable *table;
  Apm2HandOvers *hand_overs;
  const Apm2Paths *paths; /* borrowed: outlives the broker's parts */
  Apm2Face face;
  Apm2Rate *rate;
  GQueue draining; /* (element-type GDBusMethodInvocation) calls of Drain */
};

/* Methods that read records. */
void apm2_queue_export_get (gpointer data,
                            gpointer object,
                            const Apm2Caller *caller,
                            GVariant *parameters,
                            GDBusMethodInvocation *invocation);
void apm2_queue_export_list (gpointer data,
                             gpointer object,
                             const Apm2Caller *caller,
                             GVariant *parameters,
                             GDBusMethodInvocation *invocation);
void apm2_queue_export_list_receipts (gpointer data,
                                      gpointer object,
                                      const Apm2Caller *caller,
                                      GVariant *parameters,
                                      GDBusMethodInvocation *invocation);
void apm2_queue_export_get_receipt (gpointer data,
                                    gpointer object,
                                    const Apm2Caller *caller,
                                    GVariant *parameters,
                                    GDBusMethodInvocation *invocation);

/* Whether a tree has passed its gates. */
void apm2_queue_export_admitted (gpointer data,
                                 gpointer object,
                                 const Apm2Caller *caller,
                                 GVariant *parameters,
                                 GDBusMethodInvocation *invocation);

void apm2_queue_export_look_drained (Apm2QueueExport *self);
void apm2_queue_export_drain (gpointer data,
                              gpointer object,
                              const Apm2Caller *caller,
                              GVariant *parameters,
                              GDBusMethodInvocation *invocation);
void apm2_queue_export_get_metrics (gpointer data,
                                    gpointer object,
                                    const Apm2Caller *caller,
                                    GVariant *parameters,
                                    GDBusMethodInvocation *invocation);

/* What leave methods need on the system bus. */
void apm2_queue_export_judge_submit (gpointer data,
                                     gpointer object,
                                     GVariant *parameters,
                                     Apm2Permit *permit);
void apm2_queue_export_judge_manage (gpointer data,
                                     gpointer object,
                                     GVariant *parameters,
                                     Apm2Permit *permit);
void apm2_queue_export_judge_cancel (gpointer data,
                                     gpointer object,
                                     GVariant *parameters,
                                     Apm2Permit *permit);
void apm2_queue_export_judge_retry (gpointer data,
                                    gpointer object,
                                    GVariant *parameters,
                                    Apm2Permit *permit);
void apm2_queue_export_judge_log (gpointer data,
                                  gpointer object,
                                  GVariant *parameters,
                                  Apm2Permit *permit);

/* Methods that read logs. */
void apm2_queue_export_open_log (gpointer data,
                                 gpointer object,
                                 const Apm2Caller *caller,
                                 GVariant *parameters,
                                 GDBusMethodInvocation *invocation);
void apm2_queue_export_read_log (gpointer data,
                                 gpointer object,
                                 const Apm2Caller *caller,
                                 GVariant *parameters,
                                 GDBusMethodInvocation *invocation);

void apm2_queue_export_hand_over (gpointer data,
                                  gpointer object,
                                  const Apm2Caller *caller,
                                  GVariant *parameters,
                                  GDBusMethodInvocation *invocation);

G_END_DECLS
