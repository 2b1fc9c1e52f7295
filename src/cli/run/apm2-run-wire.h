/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <systemd/sd-bus.h>

#include "apm2-run-result.h"

G_BEGIN_DECLS

/* More than the broker ever names. */
#define APM2_RUN_HOLDERS_MAX 64

/* One who is in the way. No string is %NULL. */
typedef struct
{
  char *job_id;
  char *name;
  char *command;
  char *directory;
  guint32 uid;
  guint64 since_usec;
  guint64 expected_end_usec; /* 0: not known */
} Apm2RunHolder;

/**
 * Apm2RunDetails:
 *
 * What the broker says of a claim: the terms of one that it granted, and why
 * one waits. What was not said is zero, or an empty string.
 */
typedef struct
{
  guint64 timeout_sec;
  guint64 memory_max_bytes;
  guint64 tasks_max;
  guint64 cpu_quota_percent;
  guint64 kill_grace_usec;

  guint32 position;
  char *cause;
  char *resource;
  GPtrArray *holders; /* (element-type Apm2RunHolder) */
  guint32 holders_more;
} Apm2RunDetails;

Apm2RunDetails *apm2_run_details_new (void);
void apm2_run_details_free (Apm2RunDetails *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2RunDetails, apm2_run_details_free)

/**
 * Apm2RunEnding:
 *
 * How a job ended that somebody else ran, or that never ran.
 */
typedef struct
{
  char *outcome;
  char *verdict;
  char *reason;
  char *message;
  gint32 exit_status; /* -1: none */
  gint32 signal;
} Apm2RunEnding;

void apm2_run_ending_clear (Apm2RunEnding *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Apm2RunEnding, apm2_run_ending_clear)

int apm2_run_wire_read_details (sd_bus_message *message,
                                Apm2RunDetails **ret_details);
int apm2_run_wire_read_ending (sd_bus_message *message,
                               Apm2RunEnding *ret_ending);
int apm2_run_wire_append_result (sd_bus_message *message,
                                 const Apm2RunResult *result);

G_END_DECLS
