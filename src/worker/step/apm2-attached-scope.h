/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "apm2-lane-cgroup.h"

bool apm2_attached_scope_open (Apm2LaneCgroup *ret_cgroup,
                               const char *membership,
                               const char *root,
                               const char *job_id);
size_t apm2_attached_scope_kill (const Apm2LaneCgroup *cgroup);
void apm2_attached_scope_kill_with_us (const Apm2LaneCgroup *cgroup);
