/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-credential.h"
#include "apm2-heartbeat-file.h"
#include "apm2-unit-health.h"

G_BEGIN_DECLS

/* A worker writes its heartbeat when it is ready; so long may that take. */
#define APM2_REPORT_FIRST_BEAT_SEC 3
/* A cycle, by default, and a little: then the file is the new worker's. */
#define APM2_REPORT_NEW_PID_SEC 12

/* Codes of reasons. Those of units are "unit_" and the unit's own reason. */
#define APM2_REASON_UNIT_PREFIX            "unit_"
#define APM2_REASON_HEARTBEAT_MISSING      "heartbeat_missing"
#define APM2_REASON_HEARTBEAT_STALE        "heartbeat_stale"
#define APM2_REASON_HEARTBEAT_UNREADABLE   "heartbeat_unreadable"
#define APM2_REASON_HEARTBEAT_PID_MISMATCH "heartbeat_pid_mismatch"
#define APM2_REASON_WORKER_DEGRADED        "worker_degraded"
#define APM2_REASON_BROKER_UNREACHABLE     "broker_unreachable"
/* What only the broker knows. */
#define APM2_REASON_NO_WORKER    "no_worker"
#define APM2_REASON_WORKER_LOST  "worker_lost"
#define APM2_REASON_STORE_FAILED "store_failed"

/* One unit, and what its state means. */
typedef struct
{
  Apm2UnitState *unit; /* (owned) */
  Apm2Mode scope;      /* whose manager knows it */
  Apm2HealthLevel health;
  const char *reason; /* static; "" if healthy */
  gint64 uptime_sec;  /* 0 unless active */
} Apm2ServiceReport;

/* One worker's heartbeat, and what it means. */
typedef struct
{
  Apm2HeartbeatFile *file; /* (owned) */
  gboolean fresh;
  gint64 age_sec;     /* -1: unknown */
  const char *reason; /* static; "" if nothing is wrong with it */
} Apm2HeartbeatReport;

/* The broker, as whoever reports knows it. */
typedef struct
{
  gboolean is_reachable;
  char *problem; /* (nullable) why it is not */
  char *version; /* (nullable) */
  Apm2HealthLevel health;
  GStrv reasons; /* (nullable) its own codes */
} Apm2BrokerReport;

/* What time it is, by each clock that matters. */
typedef struct
{
  gint64 realtime_usec;
  gint64 boottime_usec;
  gint64 monotonic_usec;
  const char *boot_id;
} Apm2ReportClock;

/**
 * Apm2ServicesReport:
 *
 * How everything is. Whoever makes one fills the first block and lets
 * apm2_services_report_judge() fill the second.
 */
typedef struct
{
  Apm2Mode mode;
  gboolean manager_reachable; /* else @services is empty */
  GPtrArray *services;        /* (element-type Apm2ServiceReport) */
  GPtrArray *heartbeats;      /* (element-type Apm2HeartbeatReport) */
  guint n_lanes_running;      /* slots with a process: armed, or at work */
  Apm2BrokerReport broker;
  Apm2CredentialState credential;

  Apm2HealthLevel overall;
  GPtrArray *reasons; /* (element-type utf8) NULL at the end */
  /* When only time passes, nothing changes before that; 0: ever. CLOCK_BOOTTIME
   */
  gint64 next_change_usec;
} Apm2ServicesReport;

void apm2_report_clock_read (Apm2ReportClock *self);

Apm2ServicesReport *apm2_services_report_new (Apm2Mode mode);
void apm2_services_report_free (Apm2ServicesReport *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2ServicesReport, apm2_services_report_free)

void apm2_services_report_add_unit (Apm2ServicesReport *self,
                                    const Apm2UnitState *unit,
                                    Apm2Mode scope);
void apm2_services_report_add_heartbeat (Apm2ServicesReport *self,
                                         Apm2HeartbeatFile *file);
void apm2_services_report_judge (Apm2ServicesReport *self,
                                 const Apm2ReportClock *now);

const Apm2ServiceReport *
apm2_services_report_find (const Apm2ServicesReport *self, const char *unit);
const Apm2HeartbeatReport *
apm2_services_report_find_heartbeat (const Apm2ServicesReport *self,
                                     const char *instance);

char *apm2_services_report_get_instance (const char *unit);
GStrv apm2_services_report_list_instances (const Apm2ServicesReport *self);

G_END_DECLS
