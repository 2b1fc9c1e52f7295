/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/types.h>

#include <gio/gio.h>

#include "rig-home.h"

G_BEGIN_DECLS

/* Files by which jobs and tests speak to each other, in the home's directory.
 */
char *rig_file (RigHome *home, const char *name);
void rig_file_touch (RigHome *home, const char *name);
char *rig_file_read (RigHome *home, const char *name);
guint rig_file_count_lines (RigHome *home, const char *name);
void rig_file_wait (RigHome *home, const char *name);
/* A number that a job writes, followed by a line break. */
pid_t rig_file_wait_pid (RigHome *home, const char *name);

gboolean rig_pid_is_alive (pid_t pid);
void rig_pid_wait_gone (pid_t pid);

/* A job that notes its start in "starts" and its pid in "pid", then runs until
 * there is a file "go". */
char *rig_spec_waiting (RigHome *home, const char *members);

G_END_DECLS
