/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/*
 * A broker that misbehaves when told to.
 *
 * For what the real one cannot be made to do: to vanish between a call and its
 * answer, to refuse, to be silent.
 */
typedef struct
{
  char *address;
  char *path; /* of the socket */
  GDBusNodeInfo *bus_info;
  GDBusServer *server;
  GDBusConnection *connection; /* (nullable) the newest */
  GPtrArray *connections;      /* (element-type GDBusConnection) all */
  GString *calls;       /* names of methods, a space after each; no Heartbeat */
  GPtrArray *parked;    /* (element-type GDBusMethodInvocation) of Lease */
  GVariant *registered; /* (nullable) parameters of the last RegisterWorker */
  int leases;           /* the socket that came with it, or -1 */
  GVariant *last;       /* (nullable) parameters of the last other call */
  guint n_registered;
  guint n_beats;
  /* What to do from now on. */
  guint64 expiry_usec;
  const char *refuse; /* (nullable) a method that fails ... */
  int refuse_code;    /* ... with this error */
  const char *ignore; /* (nullable) a method without answer */
  const char *stale;  /* (nullable) a job id for RegisterWorker and Renew */
} FakeBroker;

FakeBroker *fake_broker_new (const char *dir);
void fake_broker_go (FakeBroker *self);   /* vanish */
void fake_broker_come (FakeBroker *self); /* be there again */
void fake_broker_hang_up (FakeBroker *self);
void fake_broker_free (FakeBroker *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (FakeBroker, fake_broker_free)

/* Answers the call that is parked longest. */
void fake_broker_lease (FakeBroker *self,
                        const char *job_id,
                        guint64 token,
                        const char *json);
/* Tells of a lease without answering a call. */
void fake_broker_hint (FakeBroker *self,
                       const char *job_id,
                       guint64 token,
                       const char *json);
void fake_broker_tell_ahead (FakeBroker *self,
                             const char *job_id,
                             guint64 token,
                             const char *json);
void fake_broker_cancel (FakeBroker *self, const char *job_id, guint64 token);

void fake_broker_wait_call (FakeBroker *self, const char *method);
void fake_broker_wait_registered (FakeBroker *self, guint count);
void fake_broker_wait_parked (FakeBroker *self, guint count);
guint fake_broker_count_calls (FakeBroker *self, const char *method);

G_END_DECLS
