/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The tree of nouns and verbs.
 */

#include "apm2-commands.h"

#include <glib/gi18n.h>

static const Apm2Command *const daemon_children[] = {
  &apm2_cmd_daemon_install,
  &apm2_cmd_daemon_uninstall,
  &apm2_cmd_daemon_run,
  NULL,
};
static const Apm2Command daemon_noun = {
  .name = "daemon",
  .summary = N_ ("Install the services, run the broker"),
  .children = daemon_children,
};

static const Apm2Command *const job_children[] = {
  &apm2_cmd_job_show,  &apm2_cmd_job_logs,   &apm2_cmd_job_wait,
  &apm2_cmd_job_retry, &apm2_cmd_job_cancel, NULL,
};
static const Apm2Command job_noun = {
  .name = "job",
  .summary = N_ ("Look at one job, wait for it, call it off"),
  .children = job_children,
};

static const Apm2Command *const queue_children[] = {
  &apm2_cmd_queue_status,
  &apm2_cmd_queue_pause,
  &apm2_cmd_queue_resume,
  &apm2_cmd_queue_drain,
  NULL,
};
static const Apm2Command queue_noun = {
  .name = "queue",
  .summary = N_ ("Look at the queue and its lanes, pause, resume"),
  .children = queue_children,
};

static const Apm2Command *const quarantine_children[] = {
  &apm2_cmd_quarantine_list,
  &apm2_cmd_quarantine_show,
  &apm2_cmd_quarantine_release,
  &apm2_cmd_quarantine_prune,
  NULL,
};
static const Apm2Command quarantine_noun = {
  .name = "quarantine",
  .summary = N_ ("Look after what was set aside"),
  .children = quarantine_children,
};

static const Apm2Command *const receipts_children[] = {
  &apm2_cmd_receipts_list,
  &apm2_cmd_receipts_show,
  &apm2_cmd_receipts_verify,
  &apm2_cmd_receipts_export,
  NULL,
};
static const Apm2Command receipts_noun = {
  .name = "receipts",
  .summary = N_ ("Read and verify the receipts of ended jobs"),
  .children = receipts_children,
};

static const Apm2Command *const services_children[] = {
  &apm2_cmd_services_status,
  &apm2_cmd_services_monitor,
  &apm2_cmd_services_is_healthy,
  &apm2_cmd_services_wait,
  NULL,
};
static const Apm2Command services_noun = {
  .name = "services",
  .summary = N_ ("Look at the health of the services, wait for it"),
  .children = services_children,
};

static const Apm2Command *const config_children[]
    = { &apm2_cmd_config_show, NULL };
static const Apm2Command config_noun = {
  .name = "config",
  .summary = N_ ("Show the configuration in force"),
  .children = config_children,
};

static const Apm2Command *const hook_children[] = {
  &apm2_cmd_hook_install,
  &apm2_cmd_hook_uninstall,
  NULL,
};
static const Apm2Command hook_noun = {
  .name = "hook",
  .summary = N_ ("Let git ask for receipts before a push"),
  .children = hook_children,
};

static const Apm2Command *const fac_children[] = {
  &apm2_cmd_submit, &apm2_cmd_gates, &apm2_cmd_admitted,
  &hook_noun,       &apm2_cmd_jobs,  &job_noun,
  &queue_noun,      &apm2_cmd_lanes, &apm2_cmd_top,
  &quarantine_noun, &receipts_noun,  &apm2_cmd_metrics,
  &services_noun,   &config_noun,    &apm2_cmd_worker,
  &apm2_cmd_doctor, &apm2_cmd_gc,    NULL,
};
static const Apm2Command fac_noun = {
  .name = "fac",
  .summary = N_ ("Submit jobs and follow them"),
  .children = fac_children,
};

static const Apm2Command *const root_children[]
    = { &apm2_cmd_run, &fac_noun, &daemon_noun, &apm2_cmd_complete, NULL };
const Apm2Command apm2_command_root = {
  .name = "apm2",
  .summary
  = N_ ("The job queue of this machine; 'apm2 help COMMAND' tells more"),
  .children = root_children,
};
