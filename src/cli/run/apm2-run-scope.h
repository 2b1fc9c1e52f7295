/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/types.h>

#include <systemd/sd-event.h>

#include "apm2-paths.h"

G_BEGIN_DECLS

/**
 * Apm2RunScope:
 *
 * The transient scope of one job, in the service manager of the caller.
 */
typedef struct _Apm2RunScope Apm2RunScope;

/**
 * Apm2RunScopeLimits:
 *
 * What its processes may use together; 0 is no limit.
 */
typedef struct
{
  guint64 memory_max_bytes;
  guint64 tasks_max;
  guint64 cpu_quota_percent; /* of one processor */
} Apm2RunScopeLimits;

gboolean apm2_run_scope_limits_equal (const Apm2RunScopeLimits *self,
                                      const Apm2RunScopeLimits *other);

/**
 * Apm2RunScopeFunc:
 * @data: as given
 * @problem: (nullable): why there is no scope
 */
typedef void (*Apm2RunScopeFunc) (gpointer data, const char *problem);

Apm2RunScope *apm2_run_scope_new (sd_event *event, const char *job_id);
void apm2_run_scope_free (Apm2RunScope *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2RunScope, apm2_run_scope_free)

gboolean apm2_run_scope_connect (Apm2RunScope *self, Apm2Mode mode);
void apm2_run_scope_disconnect (Apm2RunScope *self);
void apm2_run_scope_start (Apm2RunScope *self,
                           pid_t pid,
                           const char *description,
                           const Apm2RunScopeLimits *limits);
void apm2_run_scope_await (Apm2RunScope *self,
                           const Apm2RunScopeLimits *limits,
                           Apm2RunScopeFunc func,
                           gpointer data);
void apm2_run_scope_start_for_more (Apm2RunScope *self,
                                    pid_t pid,
                                    const char *description);
void apm2_run_scope_attach (Apm2RunScope *self,
                            const GArray *pids,
                            Apm2RunScopeFunc func,
                            gpointer data);
gboolean apm2_run_scope_is_asked_for (const Apm2RunScope *self);
const char *apm2_run_scope_get_unit (const Apm2RunScope *self);
const char *apm2_run_scope_get_cgroup (const Apm2RunScope *self);
char *apm2_run_scope_describe (const Apm2RunScope *self);
void apm2_run_scope_kill (Apm2RunScope *self);
void apm2_run_scope_forget (Apm2RunScope *self);

G_END_DECLS
