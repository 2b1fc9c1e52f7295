/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Shared by the files of the queue only. */

#include "apm2-queue.h"
#include "apm2-user-loads.h"

G_BEGIN_DECLS

struct _Apm2Queue
{
  GObject parent_instance;

  Apm2Store *store;
  Apm2JobTable *table;
  Apm2ActiveConfig *config;
  GHashTable *paused;    /* set of lanes; "" is the whole queue */
  Apm2UserLoads *coming; /* jobs on their way to the store */
  guint64 attaching;     /* of them those that their callers will run */
  guint wake_timer;      /* for the next job that waits for its time */
  guint end_timer;       /* for jobs that were called off */
};

/* A job is on its way to the store; what is ready follows. */
void apm2_queue_emit_incoming (Apm2Queue *self,
                               Apm2JobSpec *spec,
                               const char *digest);
/* Something may be claimed now. */
void apm2_queue_emit_ready (Apm2Queue *self);
void apm2_queue_emit_cancel_requested (Apm2Queue *self, Apm2Job *job);

/* A spec on its way to the store. */
typedef struct
{
  Apm2JobSpec *spec;
  char *text; /* canonical */
  gsize length;
  char *digest;    /* of text */
  guint32 uid;     /* who asks */
  GError *refusal; /* (nullable) why no new job can be accepted */
} Apm2Intake;

Apm2Intake *apm2_intake_new (Apm2JobSpec *spec, guint32 uid);
void apm2_intake_free (Apm2Intake *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2Intake, apm2_intake_free)
gboolean apm2_intake_may_be_known (const Apm2Intake *self,
                                   Apm2SubmitFlags flags);

gboolean
apm2_queue_has_room (Apm2Queue *self, const Apm2Intake *intake, GError **error);
void apm2_queue_take_in (Apm2Queue *self,
                         Apm2Intake *intake,
                         gboolean force,
                         GAsyncReadyCallback callback,
                         GTask *task);
Apm2StoredJob *apm2_queue_took_in (Apm2Queue *self,
                                   GTask *task,
                                   GAsyncResult *result,
                                   gboolean *ret_created,
                                   GError **error);

/* Takes over one answer of the store with all that it drew along. */
void
apm2_queue_settle (Apm2Queue *self, Apm2StoredJob *stored, GPtrArray *effects);

/* Looks for jobs whose time has come, and plans the next look. */
void apm2_queue_wake_delayed (Apm2Queue *self);

G_END_DECLS
