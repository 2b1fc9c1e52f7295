/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Shared by the files of the dispatcher only. */

#include "apm2-dispatcher.h"

G_BEGIN_DECLS

/* What follows when a worker was told of its lease ahead of the reply: the job
 * starts just then. */
#define APM2_DISPATCHER_MOMENT_MSEC 5

struct _Apm2Dispatcher
{
  GObject parent_instance;

  Apm2Store *store;
  Apm2Queue *queue;
  Apm2JobTable *table;
  Apm2WorkerRegistry *registry;
  Apm2ActiveConfig *config;
  Apm2Attachments *attachments;
  Apm2LeaseWarden *warden;
  GQueue waiting; /* (element-type utf8) instances with parked calls */
  gboolean in_flight;
  gboolean stopped;
  guint64 ready_epoch; /* counts the times that something became ready */
  guint64 asked_epoch; /* ready_epoch when the claim under way was asked */
  guint64 empty_epoch; /* ready_epoch for which nothing is left */
  Apm2JobSpec *fresh;  /* (nullable) that came in last; no claim knows of it */
  char *fresh_digest;
  guint later; /* timer: another claim */
};

/* A claim under way. */
typedef struct
{
  Apm2Dispatcher *dispatcher; /* owned */
  char *instance;
  guint asked;
  gboolean limited;        /* no lane may give as many */
  Apm2JobSpec *spec;       /* (nullable) the one that came in last */
  char *digest;            /* (nullable) of @spec */
  Apm2Limits limits;       /* of @spec */
  Apm2StoreHerald *herald; /* (nullable) tells the worker if it gets @spec */
  gboolean told;           /* he did, and the worker starts it now */
} Apm2DispatcherClaim;

Apm2DispatcherClaim *apm2_dispatcher_claim_new (Apm2Dispatcher *dispatcher,
                                                const Apm2WorkerRecord *worker);
void apm2_dispatcher_claim_free (Apm2DispatcherClaim *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2DispatcherClaim, apm2_dispatcher_claim_free)

void apm2_dispatcher_claim_brief (Apm2DispatcherClaim *self);
void apm2_dispatcher_claim_hand_over (Apm2DispatcherClaim *self,
                                      Apm2StoredJob *stored);

G_END_DECLS
