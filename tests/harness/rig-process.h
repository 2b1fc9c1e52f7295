/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/types.h>

#include "rig-home.h"

G_BEGIN_DECLS

/* A program that runs in a home; it dies with the test. */
typedef struct _RigProcess RigProcess;

RigProcess *
rig_process_start (RigHome *home, const char *name, const char *const *argv);
void rig_process_free (RigProcess *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (RigProcess, rig_process_free)

pid_t rig_process_get_pid (RigProcess *self);
gboolean rig_process_is_running (RigProcess *self);
void rig_process_await_handler (RigProcess *self);
void rig_process_signal (RigProcess *self, int signal_number);
void rig_process_kill (RigProcess *self);
int rig_process_wait (RigProcess *self);
int rig_process_stop (RigProcess *self);
char *rig_process_get_stderr (RigProcess *self);

guint64 rig_process_get_rss_kib (RigProcess *self);
guint rig_process_count_fds (RigProcess *self);

/* Runs a program to its end; returns all that it printed, in UTF-8. */
char *rig_run (RigHome *home,
               const char *const *argv,
               int *ret_status,
               char **ret_stderr);
char *rig_run_ok (RigHome *home, const char *const *argv);

G_END_DECLS
