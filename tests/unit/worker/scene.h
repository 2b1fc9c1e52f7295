/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-executor-direct.h"
#include "apm2-paths.h"

G_BEGIN_DECLS

/* A home of its own, with the real apm2-step. */
typedef struct
{
  char *dir;
  Apm2Paths *paths;
  Apm2Executor *executor;
} Scene;

/* In place of g_test_run(). */
int scene_run_tests (void);
void scene_set_up (Scene *self, gconstpointer data);
void scene_tear_down (Scene *self, gconstpointer data);
/* From here on @text is what apm2.conf says. */
void scene_configure (Scene *self, const char *text);
char *scene_path (const Scene *self, const char *name);
char *scene_read (const char *path);

/* A step that has been started, and what became of it. */
typedef struct
{
  Scene *scene; /* borrowed */
  char *log_file;
  char *fifo;
  Apm2StepOrder order;
  Apm2StepRun *run;
  gboolean started;
  gint64 pid;
  gboolean ended;
  guint n_ended;
  Apm2StepEnd end;
  char *message;
  double progress;
  char *status;
  guint64 log_bytes;
  guint n_events;
} Step;

/* Before step_start() the order may be changed. */
Step *step_new (Scene *scene, const char *const *argv);
Step *step_new_sh (Scene *scene, const char *script);
void step_start (Step *self);
void step_wait_started (Step *self);
void step_wait_ended (Step *self);
void step_run (Step *self); /* start, and wait for the end */
char *step_read_log (Step *self);
void step_wait_log (Step *self, const char *text);
void step_free (Step *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Step, step_free)

/* Processes of this machine whose environment holds @mark, which a test puts
 * there: all that is left of its steps. */
guint scene_count_processes (const char *mark);

G_END_DECLS
