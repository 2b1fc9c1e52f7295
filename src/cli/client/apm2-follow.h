/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-client.h"
#include "apm2-command.h"
#include "apm2-term.h"

G_BEGIN_DECLS

/**
 * Apm2FollowFlags:
 * @APM2_FOLLOW_LOG: write the log to stdout
 * @APM2_FOLLOW_PROGRESS: tell on stderr how far it is and how it ended; the
 * exit status says whether it passed
 * @APM2_FOLLOW_HEADERS: a line before the log of each step, if there are
 * several
 */
typedef enum
{
  APM2_FOLLOW_LOG = 1 << 0,
  APM2_FOLLOW_PROGRESS = 1 << 1,
  APM2_FOLLOW_HEADERS = 1 << 2,
} Apm2FollowFlags;

Apm2FollowFlags apm2_follow_flags_for_log (const Apm2Term *term);
int apm2_follow_run (const Apm2CommandCall *call,
                     Apm2Client *client,
                     const char *job_id,
                     Apm2FollowFlags flags,
                     const Apm2LogPlace *place,
                     GError **error);

G_END_DECLS
