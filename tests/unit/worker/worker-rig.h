/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-heartbeat.h"
#include "fake-broker.h"

G_BEGIN_DECLS

typedef struct
{
  char *home;
  FakeBroker *broker;
  int notify_fd;
  guint notify_source;
  char *notify_path;
  GString *notes; /* what the service manager has heard; lines */
  GSubprocess *worker;
  gboolean exited;
} WorkerRig;

void worker_rig_set_up (WorkerRig *rig, gconstpointer data);
void worker_rig_tear_down (WorkerRig *rig, gconstpointer data);

/* @options: one text, parted by spaces. @watchdog_usec: (nullable). */
void worker_rig_start (WorkerRig *rig,
                       const char *options,
                       const char *watchdog_usec);
/* Until it ends; returns its exit status. */
int worker_rig_run (WorkerRig *rig, const char *options);

guint worker_rig_count_notes (const WorkerRig *rig, const char *line);
void worker_rig_wait_notes (WorkerRig *rig, const char *line, guint count);
/* (nullable) */
Apm2Heartbeat *worker_rig_read_heartbeat (const WorkerRig *rig,
                                          const char *name);
/* @health: the reason, or the status without one. */
void worker_rig_wait_health (WorkerRig *rig, const char *health, guint cycle);

G_END_DECLS
