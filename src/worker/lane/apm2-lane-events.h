/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-lane-watch.h"

G_BEGIN_DECLS

/* Called for each line, without its line feed. */
typedef void (*Apm2LaneLineFunc) (const char *line, gpointer user_data);

/* The lines that are appended to a file. */
typedef struct _Apm2LaneEvents Apm2LaneEvents;

Apm2LaneEvents *apm2_lane_events_new (Apm2LaneWatch *watch,
                                      const char *path,
                                      Apm2LaneLineFunc func,
                                      gpointer user_data,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
void apm2_lane_events_free (Apm2LaneEvents *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2LaneEvents, apm2_lane_events_free)

void apm2_lane_events_read (Apm2LaneEvents *self);

G_END_DECLS
