/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Every name that stands on a bus, in a unit file, in the environment or in the
 * journal; nothing else in the tree spells them out. */

#define APM2_BUS_NAME    "org.apm2.Services"
#define APM2_OBJECT_ROOT "/org/apm2/Services"

#define APM2_OBJECT_QUEUE        APM2_OBJECT_ROOT "/queue"
#define APM2_OBJECT_QUARANTINE   APM2_OBJECT_ROOT "/quarantine"
#define APM2_OBJECT_JOBS         APM2_OBJECT_ROOT "/job"
#define APM2_OBJECT_WORKERS      APM2_OBJECT_ROOT "/worker"
#define APM2_OBJECT_LANES        APM2_OBJECT_ROOT "/lane"
#define APM2_OBJECT_UNITS        APM2_OBJECT_ROOT "/unit"
#define APM2_OBJECT_HOUSEKEEPING APM2_OBJECT_ROOT "/housekeeping"
#define APM2_OBJECT_BROKER       "/org/apm2/Broker"
#define APM2_OBJECT_SLOTS        "/org/apm2/Slots"

#define APM2_IFACE_SERVICES     "org.apm2.Services"
#define APM2_IFACE_QUEUE        "org.apm2.Services.Queue"
#define APM2_IFACE_QUARANTINE   "org.apm2.Services.Quarantine"
#define APM2_IFACE_JOB          "org.apm2.Services.Job"
#define APM2_IFACE_WORKER       "org.apm2.Services.Worker"
#define APM2_IFACE_LANE         "org.apm2.Services.Lane"
#define APM2_IFACE_UNIT         "org.apm2.Services.Unit"
#define APM2_IFACE_HOUSEKEEPING "org.apm2.Services.Housekeeping"
#define APM2_IFACE_BROKER       "org.apm2.Broker"
#define APM2_IFACE_SLOTS        "org.apm2.Slots"

/* Of systemd, so that "systemctl service-log-level" works. */
#define APM2_OBJECT_LOG_CONTROL   "/org/freedesktop/LogControl1"
#define APM2_IFACE_LOG_CONTROL    "org.freedesktop.LogControl1"
#define APM2_IFACE_OBJECT_MANAGER "org.freedesktop.DBus.ObjectManager"

/* Raised when a member is added; never lowered, never reused. */
#define APM2_API_VERSION 1

#define APM2_ENV_HOME   "APM2_HOME"
#define APM2_ENV_CONFIG "APM2_CONFIG"
/* In the environment of each command of a job: which job it is. */
#define APM2_ENV_JOB_ID "APM2_JOB_ID"
/* Where the helper programs live; for a run from the build directory. */
#define APM2_ENV_LIBEXECDIR "APM2_LIBEXECDIR"

/* The users of system mode. */
#define APM2_ACCOUNT_BROKER "apm2"
#define APM2_ACCOUNT_WORKER "apm2-worker"

/* The units of the service manager. */
#define APM2_UNIT_DAEMON        "apm2-daemon.service"
#define APM2_UNIT_SOCKET        "apm2-daemon.socket"
#define APM2_UNIT_WORKER        "apm2-worker.service"
#define APM2_UNIT_WORKER_PREFIX "apm2-worker@"
#define APM2_UNIT_WORKERS       APM2_UNIT_WORKER_PREFIX "*.service"
#define APM2_UNIT_LANES         "apm2-lane@*.service"
#define APM2_UNIT_NET_LANES     "apm2-lane-net@*.service"
/* Fetches from a remote for a slot. */
#define APM2_UNIT_FETCH_PREFIX "apm2-fetch@"
#define APM2_UNIT_FETCH_SUFFIX ".service"
#define APM2_UNIT_FETCHES      APM2_UNIT_FETCH_PREFIX "*" APM2_UNIT_FETCH_SUFFIX
/* The scope of an attached job, and the slice of all jobs. */
#define APM2_UNIT_RUN_PREFIX "apm2-run-"
#define APM2_UNIT_RUN_SUFFIX ".scope"
#define APM2_UNIT_SLICE      "apm2-jobs.slice"
/* Ends what an attached job has left behind that got into no scope. */
#define APM2_UNIT_LEFTOVERS_PREFIX "apm2-leftovers-"
#define APM2_UNIT_LEFTOVERS_SUFFIX ".service"

/* The GitHub token, as the units load it, and what they load if it is not
 * there. */
#define APM2_CREDENTIAL_TOKEN    "gh-token"
#define APM2_CREDENTIAL_FALLBACK "absent"

#define APM2_SCHEMA_JOB_SPEC           "apm2.fac.job_spec.v1"
#define APM2_SCHEMA_RECEIPT            "apm2.fac.job_receipt.v1"
#define APM2_SCHEMA_RECEIPT_BUNDLE     "apm2.fac.receipt_bundle.v1"
#define APM2_SCHEMA_RECEIPT_BUNDLE_END "apm2.fac.receipt_bundle_end.v1"
#define APM2_SCHEMA_LANES              "apm2.fac.lanes.v1"
#define APM2_SCHEMA_HEARTBEAT          "apm2.fac.worker_heartbeat.v1"
#define APM2_SCHEMA_SERVICES           "apm2.fac.services_status.v1"
#define APM2_SCHEMA_RUN_RESULT         "apm2.fac.run_result.v1"
#define APM2_SCHEMA_GC_RUN             "apm2.fac.gc_run.v1"

/* Journal fields. The catalog of systemd cannot name one with a digit, so that
 * an event has those of them that it needs a second time, without the 2. */
#define APM2_LOG_JOB    "APM2_JOB"
#define APM2_LOG_WORKER "APM2_WORKER"
#define APM2_LOG_LANE   "APM2_LANE"
#define APM2_LOG_REASON "APM2_REASON"
#define APM2_LOG_MODE   "APM2_MODE"
#define APM2_LOG_STATE  "APM2_STATE"
/* The words before and after. */
#define APM2_LOG_HEALTH_OLD "APM2_HEALTH_OLD"
#define APM2_LOG_HEALTH_NEW "APM2_HEALTH_NEW"
/* Of a GError. */
#define APM2_LOG_ERROR_DOMAIN "APM2_ERROR_DOMAIN"
#define APM2_LOG_ERROR_CODE   "APM2_ERROR_CODE"
