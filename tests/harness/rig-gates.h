/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rig-worker.h"

G_BEGIN_DECLS

#define RIG_GATES_PROJECT "example.org/r"

/* A spec of gates of the tree of 40 times @tree; @gates are words "NAME" or
 * "NAME:NEEDED"; @members are more members, with ' in place of ". */
char *rig_gates (char tree, const char *gates, const char *members);
char *rig_gates_digest (const char *spec);
/* Returns: (nullable): digest of the receipt that admits it. */
char *rig_gates_admitted (GDBusConnection *connection, const char *spec);

/* What a worker says of the gates that it was given: each passed, up to the
 * last, which ended as @last; @reason is empty if that is "passed". */
char *
rig_gates_result (const RigLease *lease, const char *last, const char *reason);
char *rig_gates_describe_steps (GVariant *steps);

G_END_DECLS
