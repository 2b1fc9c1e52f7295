/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-heartbeat.h"
#include "apm2-paths.h"

G_BEGIN_DECLS

/* More instances than anybody has. */
#define APM2_HEARTBEAT_FILES_MAX 64

/**
 * Apm2HeartbeatFile:
 *
 * What was found of one worker's heartbeat. Immutable.
 */
typedef struct
{
  char *instance;
  char *path;
  gboolean found;
  gboolean hidden; /* we may not look */
  char *problem;   /* (nullable) why a file that is there is of no use */
  Apm2Heartbeat *heartbeat; /* (nullable) */
} Apm2HeartbeatFile;

Apm2HeartbeatFile *apm2_heartbeat_file_read (const Apm2Paths *paths,
                                             const char *instance);
Apm2HeartbeatFile *apm2_heartbeat_file_ref (Apm2HeartbeatFile *self);
void apm2_heartbeat_file_unref (Apm2HeartbeatFile *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2HeartbeatFile, apm2_heartbeat_file_unref)

GStrv apm2_heartbeat_file_list (const Apm2Paths *paths);
GPtrArray *apm2_heartbeat_file_read_all (const Apm2Paths *paths,
                                         const char *const *instances);

G_END_DECLS
