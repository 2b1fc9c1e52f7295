/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-log-out.h"
#include "apm2-log-reader.h"

G_BEGIN_DECLS

typedef struct _Apm2FollowLog Apm2FollowLog;

/**
 * Apm2FollowLogFuncs:
 * @before: something is about to be written
 * @after: it was written
 * @ended: nothing will follow
 * @failed: a log cannot be read
 *
 * What a followed log tells, always from the main loop.
 */
typedef struct
{
  void (*before) (gpointer user_data);
  void (*after) (gpointer user_data);
  void (*ended) (gpointer user_data);
  void (*failed) (const GError *error, gpointer user_data);
} Apm2FollowLogFuncs;

Apm2FollowLog *apm2_follow_log_new (Apm2LogOut *out,
                                    gboolean headers,
                                    const Apm2FollowLogFuncs *funcs,
                                    gpointer user_data);
void apm2_follow_log_free (Apm2FollowLog *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2FollowLog, apm2_follow_log_free)

void apm2_follow_log_add_all (Apm2FollowLog *self,
                              Apm2Monitor *monitor,
                              const char *job_id,
                              GPtrArray *parts,
                              const Apm2LogPlace *place);
void apm2_follow_log_read_in_order (Apm2FollowLog *self);
void apm2_follow_log_update (Apm2FollowLog *self, const Apm2JobView *job);
gboolean apm2_follow_log_has_ended (const Apm2FollowLog *self);

G_END_DECLS
