/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <systemd/sd-event.h>

#include "apm2-run-result.h"
#include "apm2-run-wire.h"

G_BEGIN_DECLS

/**
 * Apm2RunSession:
 *
 * The claim on a slot: a connection to the broker that holds it. When that is
 * lost another is made, and the claim is taken over to it.
 */
typedef struct _Apm2RunSession Apm2RunSession;

typedef struct
{
  /* Run it now. */
  void (*granted) (gpointer data, const Apm2RunDetails *terms);
  /* It waits, and why; @is_joined: for the end of a job of somebody else. */
  void (*waiting) (gpointer data,
                   const char *job_id,
                   gboolean is_joined,
                   const Apm2RunDetails *why);
  /* The command has to end. */
  void (*cancelled) (gpointer data, const char *reason, const char *message);
  /* The job ended without us. */
  void (*ended) (gpointer data,
                 const char *job_id,
                 const char *digest,
                 const Apm2RunEnding *ending);
  /* The broker does not want it; what it said. */
  void (*refused) (gpointer data, const GError *error);
  /* Withdraw or Finish is over; no digest if it could not be done. */
  void (*settled) (gpointer data, const char *digest, const GError *error);
  /* The connection is gone (FALSE), or there again (TRUE). */
  void (*connected) (gpointer data, gboolean is_connected);
  /* Tried in vain to connect again. */
  void (*unreachable) (gpointer data, int error_number);
} Apm2RunSessionFuncs;

typedef struct
{
  const char *socket; /* path of the operator socket */
  const char *spec;   /* job spec as JSON, with the job_id */
  const char *job_id; /* that in @spec */
  gboolean supersede;
  const char *ancestor; /* (nullable) APM2_JOB_ID of the caller */
} Apm2RunClaim;

Apm2RunSession *apm2_run_session_new (sd_event *event,
                                      const Apm2RunClaim *claim,
                                      const Apm2RunSessionFuncs *funcs,
                                      gpointer data);
void apm2_run_session_free (Apm2RunSession *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2RunSession, apm2_run_session_free)

int apm2_run_session_attach (Apm2RunSession *self);
void apm2_run_session_attach_anew (Apm2RunSession *self);
gboolean apm2_run_session_is_connected (const Apm2RunSession *self);
void apm2_run_session_started (Apm2RunSession *self,
                               pid_t pid,
                               const char *unit,
                               const char *cgroup);
void apm2_run_session_finish (Apm2RunSession *self,
                              const Apm2RunResult *result);
void apm2_run_session_withdraw (Apm2RunSession *self, const char *reason);

G_END_DECLS
