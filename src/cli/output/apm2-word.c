/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The words for states, verdicts, reasons and health in the user's language.
 *
 * Their English is what stands in JSON and on the bus, and what options take.
 */

#include "apm2-word.h"

#include <glib/gi18n.h>

#define CONTEXT "word"

static const char *const words[] = {
  /* TRANSLATORS: States and verdicts of jobs, gates and steps, in tables.
   * Short. */
  NC_ ("word", "pending"),
  NC_ ("word", "leased"),
  NC_ ("word", "running"),
  NC_ ("word", "completed"),
  NC_ ("word", "denied"),
  NC_ ("word", "quarantined"),
  NC_ ("word", "cancelled"),
  NC_ ("word", "passed"),
  NC_ ("word", "failed"),
  NC_ ("word", "skipped"),
  NC_ ("word", "waiting"),
  NC_ ("word", "timeout"),
  NC_ ("word", "oom"),
  NC_ ("word", "spawn_failed"),
  NC_ ("word", "log_limit"),
  NC_ ("word", "workspace_limit"),
  /* TRANSLATORS: Why a job, or a step, ended as it did. In English these
   * are the codes that programs read; say it in a few plain words. */
  NC_ ("word", "step_failed"),
  NC_ ("word", "signal"),
  NC_ ("word", "insufficient_disk_space"),
  NC_ ("word", "worker_lost"),
  NC_ ("word", "lost"),
  NC_ ("word", "dependency_failed"),
  NC_ ("word", "unknown_lane"),
  NC_ ("word", "limit_exceeds_lane"),
  NC_ ("word", "queue_quota_exceeded"),
  NC_ ("word", "malformed"),
  NC_ ("word", "digest_mismatch"),
  NC_ ("word", "kind_unsupported"),
  NC_ ("word", "source_mismatch"),
  NC_ ("word", "superseded"),
  NC_ ("word", "busy"),
  NC_ ("word", "exclusive_nested"),
  /* TRANSLATORS: The health of one service or of all. */
  NC_ ("word", "healthy"),
  NC_ ("word", "unknown"),
  NC_ ("word", "degraded"),
  NC_ ("word", "unhealthy"),
  /* TRANSLATORS: Why a service is not healthy; codes, too. */
  NC_ ("word", "broker_unreachable"),
  NC_ ("word", "heartbeat_missing"),
  NC_ ("word", "heartbeat_pid_mismatch"),
  NC_ ("word", "heartbeat_stale"),
  NC_ ("word", "heartbeat_unreadable"),
  NC_ ("word", "no_worker"),
  NC_ ("word", "store_failed"),
  NC_ ("word", "worker_degraded"),
  /* TRANSLATORS: A worker. */
  NC_ ("word", "idle"),
  NC_ ("word", "draining"),
  /* TRANSLATORS: Whether the service has its GitHub token. */
  NC_ ("word", "absent"),
  NC_ ("word", "ok"),
  NC_ ("word", "insecure_mode"),
  /* TRANSLATORS: Who is served; stands in "(%s mode)". */
  NC_ ("word", "user"),
  NC_ ("word", "system"),
  /* TRANSLATORS: The broker. */
  NC_ ("word", "there"),
  NC_ ("word", "gone"),
};

/**
 * apm2_word_get:
 * @code: (nullable): a word of the bus
 *
 * Returns: (transfer none) (nullable): what people read instead; @code itself
 * if it is not known here
 */
const char *
apm2_word_get (const char *code)
{
  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    if (g_strcmp0 (code, words[i]) == 0)
      return g_dpgettext2 (NULL, CONTEXT, words[i]);
  return code;
}
