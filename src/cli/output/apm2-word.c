/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The words for states, verdicts, reasons and health in the user's language.
 *
 * Their English is what stands in JSON and on the bus, and what options take.
 * So it is with what is told most often of how a step ended.
 */

#include "apm2-word.h"

#include <string.h>

#include <glib/gi18n.h>

static const struct
{
  const char *context;
  const char *word;
} words[] = {
  /* TRANSLATORS: context "state": states and verdicts of jobs, gates and steps,
   * in tables. Short. */
  { "state", NC_ ("state", "pending") },
  { "state", NC_ ("state", "leased") },
  { "state", NC_ ("state", "running") },
  { "state", NC_ ("state", "completed") },
  { "state", NC_ ("state", "denied") },
  { "state", NC_ ("state", "quarantined") },
  { "state", NC_ ("state", "cancelled") },
  { "state", NC_ ("state", "passed") },
  { "state", NC_ ("state", "failed") },
  { "state", NC_ ("state", "skipped") },
  { "state", NC_ ("state", "waiting") },
  { "state", NC_ ("state", "timeout") },
  { "state", NC_ ("state", "oom") },
  { "state", NC_ ("state", "spawn_failed") },
  { "state", NC_ ("state", "log_limit") },
  { "state", NC_ ("state", "workspace_limit") },
  /* TRANSLATORS: context "reason": why a job, or a step, ended as it did. In
   * English these are the codes that programs read; say it in a few plain
   * words. */
  { "reason", NC_ ("reason", "step_failed") },
  { "reason", NC_ ("reason", "signal") },
  { "reason", NC_ ("reason", "insufficient_disk_space") },
  { "reason", NC_ ("reason", "worker_lost") },
  { "reason", NC_ ("reason", "lost") },
  { "reason", NC_ ("reason", "dependency_failed") },
  { "reason", NC_ ("reason", "unknown_lane") },
  { "reason", NC_ ("reason", "limit_exceeds_lane") },
  { "reason", NC_ ("reason", "queue_quota_exceeded") },
  { "reason", NC_ ("reason", "malformed") },
  { "reason", NC_ ("reason", "digest_mismatch") },
  { "reason", NC_ ("reason", "kind_unsupported") },
  { "reason", NC_ ("reason", "source_mismatch") },
  { "reason", NC_ ("reason", "superseded") },
  { "reason", NC_ ("reason", "busy") },
  { "reason", NC_ ("reason", "exclusive_nested") },
  /* TRANSLATORS: context "health": the health of one service or of all. */
  { "health", NC_ ("health", "healthy") },
  { "health", NC_ ("health", "unknown") },
  { "health", NC_ ("health", "degraded") },
  { "health", NC_ ("health", "unhealthy") },
  /* TRANSLATORS: context "problem": why a service is not healthy; codes, too.
   */
  { "problem", NC_ ("problem", "broker_unreachable") },
  { "problem", NC_ ("problem", "heartbeat_missing") },
  { "problem", NC_ ("problem", "heartbeat_pid_mismatch") },
  { "problem", NC_ ("problem", "heartbeat_stale") },
  { "problem", NC_ ("problem", "heartbeat_unreadable") },
  { "problem", NC_ ("problem", "no_worker") },
  { "problem", NC_ ("problem", "store_failed") },
  { "problem", NC_ ("problem", "worker_degraded") },
  /* TRANSLATORS: context "worker": what a worker does. */
  { "worker", NC_ ("worker", "idle") },
  { "worker", NC_ ("worker", "draining") },
  /* TRANSLATORS: context "token": whether the service has its GitHub token. */
  { "token", NC_ ("token", "absent") },
  { "token", NC_ ("token", "ok") },
  { "token", NC_ ("token", "insecure_mode") },
  /* TRANSLATORS: context "mode": who is served; stands in "(%s mode)". */
  { "mode", NC_ ("mode", "user") },
  { "mode", NC_ ("mode", "system") },
  /* TRANSLATORS: context "broker": the broker is. */
  { "broker", NC_ ("broker", "there") },
  { "broker", NC_ ("broker", "gone") },
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
    if (g_strcmp0 (code, words[i].word) == 0)
      return g_dpgettext2 (NULL, words[i].context, words[i].word);
  return code;
}

/**
 * apm2_word_is_known:
 * @code: a word
 *
 * Returns: whether it is one of the bus
 */
gboolean
apm2_word_is_known (const char *code)
{
  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    if (g_str_equal (code, words[i].word))
      return TRUE;
  return FALSE;
}
