/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "apm2-backoff.h"
#include "apm2-receipt.h"
#include "apm2-store-db.h"
#include "apm2-store-herald.h"
#include "apm2-store-values.h"

G_BEGIN_DECLS

typedef struct _Apm2StoreRequest Apm2StoreRequest;

/**
 * Apm2StoreMode:
 * @APM2_STORE_MODE_READ: changes nothing
 * @APM2_STORE_MODE_WRITE: runs within a transaction that it may share
 * @APM2_STORE_MODE_ALONE: runs with nothing else under way
 */
typedef enum
{
  APM2_STORE_MODE_READ,
  APM2_STORE_MODE_WRITE,
  APM2_STORE_MODE_ALONE,
} Apm2StoreMode;

/* What is asked. @run is called in the storage thread; it may be called again
 * after a rollback, so it leaves the question as it found it. */
typedef struct
{
  const char *name; /* "cannot <name>: …" */
  Apm2StoreMode mode;
  gboolean (*run) (Apm2StoreDb *db, Apm2StoreRequest *request, GError **error);
} Apm2StoreAct;

/**
 * Apm2StoreRequest:
 *
 * One question to the store and its answer. An act uses those members that it
 * needs; the others stay zero.
 */
struct _Apm2StoreRequest
{
  const Apm2StoreAct *act;
  GTask *task; /* (owned) touched in the main context only */

  /* the question */
  char *name; /* of a job, a lane, a receipt or a project */
  Apm2JobSpec *spec;
  char *text;
  gsize length;
  char *digest;
  guint32 uid;
  GArray *rooms; /* (element-type Apm2LaneRoom) with own strings */
  char *worker;
  char *boot_id;
  guint limit;
  Apm2StoreHerald *herald; /* (nullable) */
  guint64 token;
  Apm2Receipt *receipt;
  gboolean flag; /* force, may_retry, lost, paused, oldest_first, with_parts */
  gboolean known_only; /* accept nothing new */
  Apm2Backoff backoff; /* before another attempt */
  gboolean with_text;
  char *reason;
  guint state_mask;
  Apm2Verdict verdict;
  guint64 from_sequence;
  gint64 since; /* usec UTC */
  GCancellable *cancellable;
  GArray *sequences; /* (element-type gint64) of jobs or receipts */
  GPtrArray *ids;    /* (element-type utf8) of jobs */

  /* the answer */
  gboolean ok;
  GError *error;
  Apm2StoredJob *job;
  GPtrArray *rows;
  GPtrArray *effects; /* (element-type Apm2StoreEffect) */
  Apm2StoreSnapshot *snapshot;
  char *found_text;
  char *found_digest;
  gboolean created;
  guint woken;
  guint forgotten;
  GArray *fates; /* (element-type Apm2JobFate) of @ids, in their order */
  gint64 next_unix;
};

Apm2StoreRequest *apm2_store_request_new (const Apm2StoreAct *act,
                                          const char *name);
void apm2_store_request_free (Apm2StoreRequest *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2StoreRequest, apm2_store_request_free)

void apm2_store_request_forget_answer (Apm2StoreRequest *self);

G_END_DECLS
