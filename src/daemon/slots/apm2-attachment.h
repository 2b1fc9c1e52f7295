/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "apm2-job.h"
#include "apm2-process-id.h"

G_BEGIN_DECLS

/**
 * Apm2AttachmentState:
 * @APM2_ATTACHMENT_WAITING: for its turn
 * @APM2_ATTACHMENT_GRANTING: it has its slot, the lease is on its way to disk
 * @APM2_ATTACHMENT_HELD: leased; its caller runs it
 * @APM2_ATTACHMENT_ENDING: its receipt is on its way to the disk
 */
typedef enum
{
  APM2_ATTACHMENT_WAITING,
  APM2_ATTACHMENT_GRANTING,
  APM2_ATTACHMENT_HELD,
  APM2_ATTACHMENT_ENDING,
} Apm2AttachmentState;

typedef struct _Apm2Attachment Apm2Attachment;

/* Its caller is away and has ended (@expired: or has not come back in time). */
typedef void (*Apm2AttachmentGoneFunc) (Apm2Attachment *self,
                                        gboolean expired,
                                        gpointer user_data);

/**
 * Apm2Attachment:
 *
 * One attached job: what it asks for, and who runs it. Reference counted, main
 * context only.
 */
struct _Apm2Attachment
{
  grefcount ref_count;
  Apm2JobSpec *spec; /* with the id */
  GStrv names;       /* those of which it holds each alone */
  guint32 uid;
  Apm2AttachmentState state;
  guint64 sequence; /* of submission */
  gint64 rank;      /* see apm2_budget_next() */
  guint64 token;    /* 0 before it is leased */
  char *ancestor;   /* (nullable) id of the job in whose slot it is */

  GDBusConnection *connection; /* (nullable) while its caller is away */
  Apm2ProcessId caller;        /* none if it is not known any more */
  GPtrArray *joined;           /* (element-type GDBusConnection) callers that
                                  wait for its result */
  gboolean is_stored;          /* the job is on the disk */
  gboolean started;            /* its command runs */
  gboolean superseded;         /* newer work takes its place */
  Apm2ProcessId watcher;       /* of the command; none before it runs */
  char *cgroup;                /* (nullable) of its scope */
  GPtrArray *origins;          /* (element-type utf8) control groups in which
                                  its command may have begun */
  gboolean caller_ends;        /* it gets the end as an answer, not told */
  gboolean watcher_awaited;    /* its caller is gone, its command not yet */
  gboolean lost;               /* likewise, and its scope is being ended */

  GDBusMethodInvocation *attaching;   /* (nullable) to be answered once it is
                                         on the disk */
  GDBusMethodInvocation *withdrawing; /* (nullable) likewise, once it ends */
  char *wish;    /* (nullable) reason with which it ends as soon as it can */
  GVariant *why; /* (nullable) what Waiting told last */
  GVariant *why_joined; /* (nullable) likewise, to those who have joined */

  Apm2AttachmentGoneFunc gone;
  gpointer gone_data;
  int pidfd;
  guint watch; /* source: the caller has ended */
  guint timer; /* its caller does not come back */
};

/* What the name begins with that stands for the key of a job; no name that a
 * spec may have does. The user and the key follow, each after a blank. */
#define APM2_ATTACHMENT_KEY "key "

Apm2Attachment *
apm2_attachment_new (Apm2JobSpec *spec, guint32 uid, guint64 sequence);
Apm2Attachment *apm2_attachment_ref (Apm2Attachment *self);
void apm2_attachment_unref (Apm2Attachment *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2Attachment, apm2_attachment_unref)

void apm2_attachment_bind (Apm2Attachment *self,
                           GDBusConnection *connection,
                           const Apm2ProcessId *caller);
void apm2_attachment_release (Apm2Attachment *self,
                              guint64 expiry_sec,
                              Apm2AttachmentGoneFunc gone,
                              gpointer user_data);
void apm2_attachment_postpone (Apm2Attachment *self, guint sec);
void apm2_attachment_refuse (Apm2Attachment *self, const GError *error);
void apm2_attachment_detach (Apm2Attachment *self);
gboolean apm2_attachment_may_be_of (const Apm2Attachment *self,
                                    const Apm2ProcessId *process);
gboolean apm2_attachment_is_away (const Apm2Attachment *self);
void apm2_attachment_add_origin (Apm2Attachment *self, const char *cgroup);
void apm2_attachment_note_command (Apm2Attachment *self,
                                   guint64 pid,
                                   const char *unit);

G_END_DECLS
