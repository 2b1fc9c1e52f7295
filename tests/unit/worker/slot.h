/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "apm2-step-event.h"
#include "apm2-step-message.h"
#include "apm2-step-prepare.h"

G_BEGIN_DECLS

/* One slot of a lane without its unit: a running `apm2-step --lane`, and the
 * worker's side of it. */
typedef struct
{
  char *dir;
  char *workspace;
  char *events_file;
  char *log_file;
  int fifo; /* as the worker holds it; -1: the worker is gone */
  GSubprocess *process;
  gint64 pid;
  gboolean over;
  /* Changed before slot_start(). */
  GSpawnChildSetupFunc child_setup;
  const char *events_target; /* instead of a file of its own */
  uid_t uid;
  guint steps; /* that are fed before the word to go; 1 unless changed */
  /* Changed before slot_feed(). */
  Apm2StepMessage message;
  char **argv;
} Slot;

/* A variable that is in the environment of all that a slot starts. */
const char *slot_get_mark (void);

void slot_set_up (Slot *self, gconstpointer data);
void slot_tear_down (Slot *self, gconstpointer data);
/* As somebody else, or skips the test. */
gboolean slot_become_user (Slot *self);

void slot_start (Slot *self);
void slot_write (Slot *self, const void *data, gsize length);
void slot_prepare (Slot *self, Apm2StepPrepare prepare);
void slot_wait_for_event (Slot *self, const char *text);
/* start, prepare, and wait until it is armed */
void slot_arm (Slot *self);
void slot_set_argv (Slot *self, const char *const *argv);
GBytes *slot_encode (Slot *self);
void slot_go (Slot *self);
/* A step, and the word after the last. */
void slot_feed (Slot *self);
void slot_feed_sh (Slot *self, const char *script);
void slot_wait_for_log (Slot *self, const char *text);
void slot_hang_up (Slot *self); /* the worker dies */
void slot_wait (Slot *self);

void slot_assert_exited (Slot *self, int status);
void slot_assert_killed (Slot *self, int signal_number);
char *slot_read_events (Slot *self);
char *slot_read_log (Slot *self);
char *slot_path (Slot *self, const char *name); /* in the workspace */
/* It must have been told. */
void slot_get_exit (Slot *self, Apm2StepExit *ret_exit);
void slot_assert_cause (Slot *self, Apm2StepCause cause);
/* Processes that are left of it. */
guint slot_count_processes (void);
gboolean slot_has_namespace (Slot *self);

G_END_DECLS
