/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The command line of apm2-worker. */
typedef struct
{
  int poll_interval; /* seconds; -1: as configured */
  int slots;         /* -1: as configured */
  char *instance;
  char *executor; /* (nullable) as configured */
  gboolean drain;
  gboolean user;
  gboolean system;
  gboolean debug;
  gboolean version;
} Apm2WorkerOptions;

gboolean apm2_worker_options_parse (Apm2WorkerOptions *self,
                                    int *argc,
                                    char ***argv,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;
void apm2_worker_options_clear (Apm2WorkerOptions *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Apm2WorkerOptions, apm2_worker_options_clear)

G_END_DECLS
