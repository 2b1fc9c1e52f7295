/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/types.h>

#include <glib.h>

G_BEGIN_DECLS

/**
 * Apm2ProcessId:
 * @pid: its number; 0: none is known
 * @start_time: when it began, in clock ticks since boot
 *
 * One process of this boot: numbers are used again, both together are not.
 */
typedef struct
{
  pid_t pid;
  guint64 start_time;
} Apm2ProcessId;

gboolean apm2_process_id_read (Apm2ProcessId *self,
                               pid_t pid,
                               Apm2ProcessId *ret_parent);
gboolean apm2_process_id_equal (const Apm2ProcessId *self,
                                const Apm2ProcessId *other);
gboolean apm2_process_id_is_alive (const Apm2ProcessId *self);
gboolean apm2_process_id_has_ended (pid_t pid);
int apm2_process_id_open (const Apm2ProcessId *self);
char *apm2_process_id_get_cgroup (const Apm2ProcessId *self);

/* The instance name of a caller in the place of a worker: run-PID-START. */
char *apm2_process_id_to_worker (const Apm2ProcessId *self);
gboolean apm2_process_id_from_worker (Apm2ProcessId *self, const char *worker);

G_END_DECLS
