/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Called when something was written to a file, or may have been. */
typedef void (*Apm2LaneWatchFunc) (gpointer user_data);

/* Tells when files grow. */
typedef struct _Apm2LaneWatch Apm2LaneWatch;

Apm2LaneWatch *apm2_lane_watch_new (GError **error) G_GNUC_WARN_UNUSED_RESULT;
void apm2_lane_watch_free (Apm2LaneWatch *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2LaneWatch, apm2_lane_watch_free)

int apm2_lane_watch_add (Apm2LaneWatch *self,
                         const char *path,
                         Apm2LaneWatchFunc func,
                         gpointer user_data,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;
void apm2_lane_watch_remove (Apm2LaneWatch *self, int watch);

G_END_DECLS
