/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-job-spec.h"
#include "apm2-paths.h"
#include "apm2-run-command.h"
#include "apm2-run-move.h"
#include "apm2-run-options.h"
#include "apm2-run-result.h"
#include "apm2-run-scope.h"
#include "apm2-run-session.h"
#include "apm2-run-signals.h"
#include "apm2-run-waiting.h"
#include "apm2-run.h"

G_BEGIN_DECLS

typedef enum
{
  PHASE_ATTACHING, /* the broker has not answered yet */
  PHASE_WAITING,   /* for a slot, or for the end of the same work */
  PHASE_STARTING,  /* the slot is ours, the scope is being made */
  PHASE_RUNNING,
  PHASE_FINISHING, /* the broker is told how it ended */
} Phase;

/**
 * Apm2Run:
 *
 * One "apm2 run", from the claim on a slot to the exit status.
 */
typedef struct
{
  const Apm2CommandCall *call;
  Apm2RunPolicy policy;
  Apm2Paths *paths;
  Apm2JobSpec *spec;
  Apm2RunClaim claim;

  sd_event *event;
  Apm2RunSignals *signals;
  Apm2RunSession *session; /* (nullable) if it runs without a broker */
  Apm2RunCommand *command;
  Apm2RunScope *scope;
  Apm2RunMove *move;
  Apm2RunWaiting waiting;
  Apm2RunReport report;
  Apm2RunResult result;

  Phase phase;
  Apm2RunDetails *terms; /* (nullable) of the slot that is ours */
  Apm2RunDetails *why;   /* (nullable) it waits */
  char *waits_for;       /* (nullable) the job that does the same work */
  gint64 asked_at;       /* BOOTTIME */
  gint64 went_at;        /* the same, 0 before the command was started */
  gint64 asked_at_utc;
  gint64 revived_at; /* BOOTTIME: the last attempt to bring a broker back */
  guint n_losses;    /* of the connection, before the broker answered */

  sd_event_source *patience; /* (nullable) until --max-wait is over */
  sd_event_source *ticker;   /* (nullable) while a line is shown */
  sd_event_source *deadline; /* (nullable) for the broker's last word */

  char *containment;     /* (nullable) what held the command */
  const char *cancelled; /* (nullable) reason for which it is called off */
  gboolean is_hung_up;
  gboolean is_stale; /* the slot is no longer ours */
  int death;         /* signal that ended the waiting; 0: none */
  GError *error;     /* (nullable) why we failed */
} Apm2Run;

/* apm2-run.c */
void apm2_run_say (Apm2Run *self, const char *format, ...) G_GNUC_PRINTF (2, 3);
void apm2_run_complain (Apm2Run *self, const char *text);
void apm2_run_leave (Apm2Run *self);

/* apm2-run-claim.c: what the broker says, and the time that passes until then
 */
extern const Apm2RunSessionFuncs apm2_run_claim_funcs;
void apm2_run_claim_begin (Apm2Run *self);
void apm2_run_claim_withdraw (Apm2Run *self, const char *reason);
void apm2_run_claim_lose_watcher (Apm2Run *self, const char *message);
void apm2_run_claim_alone (Apm2Run *self);
void apm2_run_claim_redraw (Apm2Run *self);

/* apm2-run-act.c: the command, its scope, signals */
extern const Apm2RunCommandFuncs apm2_run_act_funcs;
gboolean apm2_run_act_needs_scope (const Apm2Run *self);
void apm2_run_act_prepare (Apm2Run *self);
void apm2_run_act_start (Apm2Run *self);
void apm2_run_act_cancel (Apm2Run *self);
void
apm2_run_act_on_signal (gpointer data, int signal_number, gboolean by_kernel);

/* apm2-run-end.c: what it comes to */
void apm2_run_end_command (Apm2Run *self, const Apm2StepExit *ended);
void apm2_run_end_lost (Apm2Run *self, const char *message);
void
apm2_run_end_unstarted (Apm2Run *self, const char *reason, const char *message);
void apm2_run_end_other (Apm2Run *self,
                         const char *digest,
                         const Apm2RunEnding *ending);
void apm2_run_end_busy (Apm2Run *self);
void apm2_run_end_failed (Apm2Run *self, const GError *error);
void apm2_run_end_disconnected (Apm2Run *self);

G_END_DECLS
