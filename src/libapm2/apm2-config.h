/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The lane of "apm2 run". Its jobs are what people do by hand: there is no
 * timeout, and one slot for four processors. */
#define APM2_LANE_RUN "run"

/**
 * Apm2LaneConfig:
 *
 * One [lane NAME] group: a class of work with the limits of each job and the
 * budget of all together. A limit of 0 means none.
 */
typedef struct
{
  char *name;
  guint max_parallel;  /* 0: as many as workers have slots */
  guint64 timeout_sec; /* for a whole job; also the default */
  guint64 memory_max_bytes;
  guint64 tasks_max;
  guint64 cpu_quota_percent;
  guint64 workspace_max_bytes; /* of what a job has on the disk */
  gboolean network;            /* steps may ask for network */
  guint budget_slots;          /* of all jobs together; lane "run": see there */
  guint64 budget_cpu_percent;
  guint64 budget_memory_bytes;
  guint pressure_percent; /* 0: never looked at, else some avg10 of the CPUs */
  guint gates_parallel;   /* of one job, in its slot; 0: its processors */
  guint passes_max;       /* jobs that may pass an attached one; 16 */
} Apm2LaneConfig;

/**
 * Apm2Config:
 *
 * The configuration in force: apm2.conf and its drop-ins, read once.
 * Immutable.
 */
typedef struct
{
  /* [queue] */
  guint64 pending_jobs_max;    /* 100000 */
  guint64 pending_bytes_max;   /* of specs; 1 GiB */
  guint64 user_jobs_max;       /* pending ones of one user; 0: any */
  guint64 user_bytes_max;      /* of their specs; 0: any */
  guint64 aging_sec_per_level; /* 60: a job gains one priority level a minute */
  guint64 finished_jobs_shown; /* 64: finished job objects kept on the bus */
  guint64 announced_jobs_max;  /* 1024: job objects announced at once */
  /* [lease] */
  guint64 lease_expiry_sec; /* 60 */
  guint64 lost_max;         /* 3: then quarantined */
  /* [retry] */
  guint64 backoff_sec;     /* 1: before the second attempt; then doubled */
  guint64 backoff_max_sec; /* 300 */
  /* [socket] */
  guint64 connections_max;  /* 256 */
  guint64 auth_timeout_sec; /* 5 */
  /* [job] */
  guint64 log_bytes_max;  /* of one step; 64 MiB */
  guint64 kill_grace_sec; /* TERM to KILL; 10 */
  /* [worker] */
  guint64 poll_interval_sec; /* 10 */
  guint64 slots;             /* 2 */
  char *executor;            /* auto, systemd or direct */
  /* [source] */
  guint64 fetch_timeout_sec; /* 600: for a commit to come into a mirror */
  guint64 mirror_max_bytes;  /* of one repository; 4 GiB */
  char *ca_file;             /* who may vouch for https hosts; "": the system */
  char *token_hosts;         /* that are given the token; github.com */
  guint64 handover_bytes_max; /* of one; 1 GiB */
  guint64 disk_floor_bytes;   /* stay free; 512 MiB */
  guint disk_floor_percent;   /* the same, of the disk; 0 */
  /* [retention]; 0: without bound */
  guint64 gc_interval_sec;    /* 3600; 0: only when asked for */
  guint64 jobs_max;           /* 100000: ended jobs kept */
  guint64 jobs_age_sec;       /* 90 days since their end */
  guint64 logs_bytes_max;     /* 10 GiB of all jobs together */
  guint64 logs_age_sec;       /* 30 days */
  guint64 mirrors_bytes_max;  /* 20 GiB of all together */
  guint64 mirrors_age_sec;    /* 90 days since they were last used */
  guint64 quarantine_age_sec; /* 90 days */
  guint64 leftovers_age_sec;  /* 1 day: what a crash has left behind */
  /* [log] */
  char *log_level; /* as syslog has it; info */
  /* [lane NAME] */
  GPtrArray *lanes; /* (element-type Apm2LaneConfig) */
  GPtrArray *files; /* (element-type utf8) what was read */
} Apm2Config;

Apm2Config *apm2_config_load (const char *file,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;
void apm2_config_free (Apm2Config *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2Config, apm2_config_free)

const Apm2LaneConfig *apm2_config_find_lane (const Apm2Config *self,
                                             const char *name);
GStrv apm2_config_list_pending (const Apm2Config *running,
                                const Apm2Config *config);
char *apm2_config_to_keyfile (const Apm2Config *self);

G_END_DECLS
