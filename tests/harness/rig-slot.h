/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rig-broker.h"
#include "rig-client.h"
#include "rig-recorder.h"

G_BEGIN_DECLS

/**
 * RigSlot:
 *
 * A caller of org.apm2.Slots that runs nothing: it speaks the protocol as the
 * test tells it to.
 */
typedef struct
{
  GDBusConnection *connection;
  RigRecorder *recorder;
  char *job_id;      /* (nullable) of the last answer */
  char *state;       /* (nullable) likewise */
  guint64 token;     /* of the last answer or Granted */
  GVariant *details; /* (nullable) of the last answer */
} RigSlot;

RigSlot *rig_slot_new (RigHome *home);
void rig_slot_free (RigSlot *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (RigSlot, rig_slot_free)
void rig_slot_reconnect (RigSlot *self, RigHome *home);

GVariant *rig_slot_try (RigSlot *self,
                        const char *method,
                        GVariant *parameters,
                        GError **error);
void rig_slot_fails (RigSlot *self,
                     Apm2Error code,
                     const char *words,
                     const char *method,
                     GVariant *parameters);

/* A spec of an attached job; @members as of rig_json(), "" or with a comma
 * before. */
char *rig_slot_spec (const char *job_id, const char *members);
gboolean rig_slot_try_attach (RigSlot *self,
                              const char *spec,
                              const char *options,
                              GError **error);
/* Attaches job @job_id, and checks the state that it gets. */
void rig_slot_attach (RigSlot *self,
                      const char *job_id,
                      const char *members,
                      const char *state);
void rig_slot_resume (RigSlot *self,
                      const char *job_id,
                      guint64 token,
                      const char *state);
void rig_slot_start (RigSlot *self);
char *rig_slot_finish (RigSlot *self, const char *result, GError **error);
void rig_slot_pass (RigSlot *self);

/* A caller that is a process of its own: the test program once more, which asks
 * first in main() whether it is one. It attaches, says that its command runs if
 * it may, and waits to be killed. */
#define RIG_SLOT_DENIED 3 /* its exit status if it is */
gboolean rig_slot_is_process (int argc, char **argv);
int rig_slot_be_process (char **argv);
RigProcess *
rig_slot_start_process (RigHome *home, const char *job_id, const char *members);
void
rig_slot_lose_process (RigHome *home, RigProcess *broker, const char *job_id);

/* As rig_wait_state(), for a job that need not be there yet. */
void rig_slot_await_job (GDBusConnection *client,
                         const char *job_id,
                         const char *state);

/* Waits for a signal about @job_id whose arguments contain @part. */
const char *rig_slot_await (RigSlot *self,
                            const char *signal,
                            const char *job_id,
                            const char *part);
void rig_slot_await_granted (RigSlot *self, const char *job_id);
guint rig_slot_count (RigSlot *self, const char *signal);

G_END_DECLS
