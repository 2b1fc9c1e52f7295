/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-command.h"

G_BEGIN_DECLS

/* One verb a file: apm2-cmd-NAME.c. */
extern const Apm2Command apm2_cmd_daemon_install;
extern const Apm2Command apm2_cmd_daemon_run;
extern const Apm2Command apm2_cmd_daemon_uninstall;
extern const Apm2Command apm2_cmd_submit;
extern const Apm2Command apm2_cmd_gates;
extern const Apm2Command apm2_cmd_admitted;
extern const Apm2Command apm2_cmd_hook_install;
extern const Apm2Command apm2_cmd_hook_uninstall;
extern const Apm2Command apm2_cmd_jobs;
extern const Apm2Command apm2_cmd_job_show;
extern const Apm2Command apm2_cmd_job_cancel;
extern const Apm2Command apm2_cmd_job_retry;
extern const Apm2Command apm2_cmd_job_wait;
extern const Apm2Command apm2_cmd_job_logs;
extern const Apm2Command apm2_cmd_lanes;
extern const Apm2Command apm2_cmd_top;
extern const Apm2Command apm2_cmd_complete;
extern const Apm2Command apm2_cmd_queue_status;
extern const Apm2Command apm2_cmd_queue_pause;
extern const Apm2Command apm2_cmd_queue_resume;
extern const Apm2Command apm2_cmd_queue_drain;
extern const Apm2Command apm2_cmd_metrics;
extern const Apm2Command apm2_cmd_quarantine_list;
extern const Apm2Command apm2_cmd_quarantine_show;
extern const Apm2Command apm2_cmd_quarantine_release;
extern const Apm2Command apm2_cmd_quarantine_prune;
extern const Apm2Command apm2_cmd_run;
extern const Apm2Command apm2_cmd_receipts_list;
extern const Apm2Command apm2_cmd_receipts_show;
extern const Apm2Command apm2_cmd_receipts_verify;
extern const Apm2Command apm2_cmd_receipts_export;
extern const Apm2Command apm2_cmd_config_show;
extern const Apm2Command apm2_cmd_worker;
extern const Apm2Command apm2_cmd_services_status;
extern const Apm2Command apm2_cmd_services_monitor;
extern const Apm2Command apm2_cmd_services_is_healthy;
extern const Apm2Command apm2_cmd_services_wait;
extern const Apm2Command apm2_cmd_doctor;
extern const Apm2Command apm2_cmd_gc;

G_END_DECLS
