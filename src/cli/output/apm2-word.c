/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The words for states, verdicts, reasons and health in the user's language.
 *
 * Their English is what stands in JSON and on the bus, and what options take.
 * So it is with what is told most often of how a step ended.
 */

#include "apm2-word.h"

#include <inttypes.h>
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

/* What may be told of a step. Its name is the first group. */
typedef enum
{
  SAID_EXITED,
  SAID_DIED,
  SAID_TIMED_OUT,
  SAID_NOT_RUN,
} Said;

static const char *const sayings[] = {
  [SAID_EXITED] = "^Step '([^']{1,64})' exited with status (\\d{1,9})$",
  [SAID_DIED] = "^Step '([^']{1,64})' died of signal (\\d{1,9}) \\([^)]*\\)$",
  [SAID_TIMED_OUT] = "^Step '([^']{1,64})' was ended: the time limit of "
                     "(\\d{1,18}) s is over$",
  [SAID_NOT_RUN] = "^Step '([^']{1,64})' failed: cannot run '([^']{1,255})': "
                   "(.+)$",
};

static GMatchInfo *
match_saying (const char *message, Said said)
{
  g_autoptr (GRegex) regex
      = g_regex_new (sayings[said], G_REGEX_DOLLAR_ENDONLY, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;

  if (!g_regex_match (regex, message, 0, &match))
    return NULL;
  return g_steal_pointer (&match);
}

static char *
say_match (const GMatchInfo *match, Said said)
{
  g_autofree char *step = g_match_info_fetch (match, 1);
  g_autofree char *what = g_match_info_fetch (match, 2);
  g_autofree char *why = NULL;
  const guint64 number = g_ascii_strtoull (what, NULL, 10);

  switch (said)
    {
    case SAID_EXITED:
      return g_strdup_printf (
          _ ("Step '%s' exited with status %d"), step, (int) number);
    case SAID_DIED:
      return g_strdup_printf (_ ("Step '%s' died of signal %d (%s)"),
                              step,
                              (int) number,
                              strsignal ((int) number));
    case SAID_TIMED_OUT:
      return g_strdup_printf (
          _ ("Step '%s' was ended: the time limit of %" PRIu64 " s is over"),
          step,
          number);
    case SAID_NOT_RUN:
      why = g_match_info_fetch (match, 3);
      return g_strdup_printf (
          _ ("Step '%s' failed: cannot run '%s': %s"), step, what, why);
    default:
      g_return_val_if_reached (NULL);
    }
}

/**
 * apm2_word_say:
 * @message: what is told of a step that did not pass, in English
 *
 * Returns: (transfer full): the same in the user's language, if it is one that
 *   is known here
 */
char *
apm2_word_say (const char *message)
{
  for (guint said = 0; said < G_N_ELEMENTS (sayings); said++)
    {
      g_autoptr (GMatchInfo) match = match_saying (message, said);

      if (match != NULL)
        return say_match (match, said);
    }
  return g_strdup (message);
}
