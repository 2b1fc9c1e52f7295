/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/types.h>

#include <glib.h>

G_BEGIN_DECLS

char *apm2_run_process_read_cgroup (pid_t pid);
char *apm2_run_process_read_name (pid_t pid);
pid_t apm2_run_process_read_parent (pid_t pid);
gboolean apm2_run_process_goes_on (pid_t pid);
uid_t apm2_run_process_read_uid (pid_t pid);

G_END_DECLS
