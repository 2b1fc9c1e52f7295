/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-run-session.h"

G_BEGIN_DECLS

typedef enum
{
  CLAIM_NONE,    /* nothing was accepted yet */
  CLAIM_WAITING, /* ours, in the queue */
  CLAIM_JOINED,  /* of somebody else, whose end we await */
  CLAIM_HELD,    /* the slot is ours */
  CLAIM_OVER,    /* nothing more is to be heard of it */
} ClaimState;

struct _Apm2RunSession
{
  sd_event *event; /* borrowed */
  const Apm2RunClaim *claim;
  const Apm2RunSessionFuncs *funcs;
  gpointer data;

  sd_bus *bus; /* (nullable) while there is no connection */
  sd_event_source *retry;
  guint n_retries;

  ClaimState state;
  char
      *job_id; /* of the job that we hear of; the claim's if it is not joined */
  guint64 token;

  /* What the command is to be known by; 0 before it runs. */
  guint64 pid;
  char *unit;
  char *cgroup;

  const char *withdrawn;       /* (nullable) the reason, once it is given up */
  const Apm2RunResult *result; /* (nullable) that is to be told; borrowed */
};

/* The calls; each is sent and its answer dealt with when it comes. Return 0 or
 * more, or a negative errno if it cannot be sent. */
int apm2_run_session_call_attach (Apm2RunSession *self);
int apm2_run_session_call_resume (Apm2RunSession *self);
int apm2_run_session_call_started (Apm2RunSession *self);
int apm2_run_session_call_finish (Apm2RunSession *self);
int apm2_run_session_call_withdraw (Apm2RunSession *self, const char *reason);

int
apm2_run_session_on_signal (sd_bus_message *m, void *data, sd_bus_error *error);
void apm2_run_session_lose (Apm2RunSession *self);

G_END_DECLS
