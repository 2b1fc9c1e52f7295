/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Shared by the files of the worker protocol's bus face only. */

#include "apm2-broker-export.h"

G_BEGIN_DECLS

struct _Apm2BrokerExport
{
  GObject parent_instance;

  Apm2Tree *tree;
  Apm2Queue *queue;
  Apm2JobTable *table;
  Apm2WorkerRegistry *registry;
  Apm2Dispatcher *dispatcher;
  Apm2LeaseWarden *warden;
  Apm2Sweeper *sweeper;
  Apm2Face face;
};

/* The worker that registered on the connection; NULL after an error answer. */
Apm2WorkerRecord *
apm2_broker_export_need_worker (Apm2BrokerExport *self,
                                GDBusMethodInvocation *invocation);

/* The job if @worker holds it under @token, else NULL. */
Apm2Job *apm2_broker_export_find_lease (Apm2BrokerExport *self,
                                        const Apm2WorkerRecord *worker,
                                        const char *job_id,
                                        guint64 token);

/* Ids of those @leases, a(st), that @worker does not hold; an "as". */
GVariant *apm2_broker_export_list_stale (Apm2BrokerExport *self,
                                         const Apm2WorkerRecord *worker,
                                         GVariant *leases);

void apm2_broker_export_send_cancel (Apm2BrokerExport *self,
                                     const Apm2WorkerRecord *worker,
                                     const Apm2Job *job);

void apm2_broker_export_register_worker (gpointer data,
                                         gpointer object,
                                         const Apm2Caller *caller,
                                         GVariant *parameters,
                                         GDBusMethodInvocation *invocation);
void apm2_broker_export_heartbeat (gpointer data,
                                   gpointer object,
                                   const Apm2Caller *caller,
                                   GVariant *parameters,
                                   GDBusMethodInvocation *invocation);
void apm2_broker_export_lease (gpointer data,
                               gpointer object,
                               const Apm2Caller *caller,
                               GVariant *parameters,
                               GDBusMethodInvocation *invocation);
void apm2_broker_export_renew (gpointer data,
                               gpointer object,
                               const Apm2Caller *caller,
                               GVariant *parameters,
                               GDBusMethodInvocation *invocation);
void apm2_broker_export_report (gpointer data,
                                gpointer object,
                                const Apm2Caller *caller,
                                GVariant *parameters,
                                GDBusMethodInvocation *invocation);
void apm2_broker_export_finish (gpointer data,
                                gpointer object,
                                const Apm2Caller *caller,
                                GVariant *parameters,
                                GDBusMethodInvocation *invocation);
void apm2_broker_export_return (gpointer data,
                                gpointer object,
                                const Apm2Caller *caller,
                                GVariant *parameters,
                                GDBusMethodInvocation *invocation);
void apm2_broker_export_sweep (gpointer data,
                               gpointer object,
                               const Apm2Caller *caller,
                               GVariant *parameters,
                               GDBusMethodInvocation *invocation);

G_END_DECLS
