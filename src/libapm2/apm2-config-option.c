/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The keys of apm2.conf.
 *
 * One table says for each key its group, its form, its default and its range;
 * reading, checking and showing the configuration all follow it, so they cannot
 * disagree.
 */

#include "apm2-config-option.h"

#include <unistd.h>

#include <glib/gi18n.h>

#include "apm2-config-value.h"
#include "apm2-error.h"
#include "apm2-job-spec.h"

#define KIB G_GUINT64_CONSTANT (1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)
#define TIB (1024 * GIB)
#define DAY G_GUINT64_CONSTANT (86400)

/* When a new value holds: from the reload on, or only after a restart. */
typedef enum
{
  HOLDS_AT_ONCE,
  HOLDS_AFTER_RESTART,
} Holds;

/* The first one is the default, and for what is not a word the only one. */
static const char *const executors[] = { "auto", "systemd", "direct", NULL };
static const char *const levels[]
    = { "info", "debug", "notice", "warning", "err", NULL };

static const char *const no_file[] = { "", NULL };
static const char *const token_hosts[] = { "github.com", NULL };

struct _Apm2ConfigOption
{
  const char *group;
  const char *key;
  Apm2ConfigForm form;
  Holds holds;
  gsize offset; /* into Apm2Config or Apm2LaneConfig */
  guint64 fallback;
  guint64 min;
  guint64 max;
  const char *const *words; /* (nullable) ends with NULL */
};

#define FORM(form)   APM2_CONFIG_FORM_##form
#define AT(member)   G_STRUCT_OFFSET (Apm2Config, member)
#define LANE(member) G_STRUCT_OFFSET (Apm2LaneConfig, member)

/* clang-format off */
static const Apm2ConfigOption options[] = {
  { "queue", "pending-jobs-max", FORM (COUNT), HOLDS_AT_ONCE, AT (pending_jobs_max), 100000, 1, 10000000 },
  { "queue", "pending-bytes-max", FORM (SIZE), HOLDS_AT_ONCE, AT (pending_bytes_max), GIB, 64 * KIB, TIB },
  { "queue", "pending-jobs-per-user-max", FORM (COUNT), HOLDS_AT_ONCE, AT (user_jobs_max), 0, 0, 10000000 },
  { "queue", "pending-bytes-per-user-max", FORM (SIZE), HOLDS_AT_ONCE, AT (user_bytes_max), 0, 0, TIB },
  { "queue", "aging-per-level", FORM (SPAN), HOLDS_AFTER_RESTART, AT (aging_sec_per_level), 60, 1, DAY },
  { "queue", "finished-jobs-shown", FORM (COUNT), HOLDS_AT_ONCE, AT (finished_jobs_shown), 64, 0, 4096 },
  { "queue", "announced-jobs-max", FORM (COUNT), HOLDS_AT_ONCE, AT (announced_jobs_max), 1024, 1, 65536 },
  /* Workers were told of it when they registered. */
  { "lease", "expiry", FORM (SPAN), HOLDS_AFTER_RESTART, AT (lease_expiry_sec), 60, 1, DAY },
  { "lease", "lost-max", FORM (COUNT), HOLDS_AT_ONCE, AT (lost_max), 3, 1, 100 },
  { "retry", "backoff", FORM (SPAN), HOLDS_AT_ONCE, AT (backoff_sec), 1, 0, DAY },
  { "retry", "backoff-max", FORM (SPAN), HOLDS_AT_ONCE, AT (backoff_max_sec), 300, 0, 30 * DAY },
  { "socket", "connections-max", FORM (COUNT), HOLDS_AFTER_RESTART, AT (connections_max), 256, 1, 65536 },
  { "socket", "auth-timeout", FORM (SPAN), HOLDS_AFTER_RESTART, AT (auth_timeout_sec), 5, 1, 300 },
  { "job", "log-bytes-max", FORM (SIZE), HOLDS_AT_ONCE, AT (log_bytes_max), 64 * MIB, KIB, TIB },
  { "job", "kill-grace", FORM (SPAN), HOLDS_AT_ONCE, AT (kill_grace_sec), 10, 0, 3600 },
  { "worker", "poll-interval", FORM (SPAN), HOLDS_AT_ONCE, AT (poll_interval_sec), 10, 1, 60 },
  { "worker", "slots", FORM (COUNT), HOLDS_AFTER_RESTART, AT (slots), 2, 1, 256 },
  { "worker", "executor", FORM (WORD), HOLDS_AFTER_RESTART, AT (executor), 0, 0, 0, executors },
  { "source", "fetch-timeout", FORM (SPAN), HOLDS_AT_ONCE, AT (fetch_timeout_sec), 600, 1, DAY },
  { "source", "mirror-max", FORM (SIZE), HOLDS_AT_ONCE, AT (mirror_max_bytes), 4 * GIB, MIB, TIB },
  { "source", "ca-file", FORM (PATH), HOLDS_AT_ONCE, AT (ca_file), 0, 0, 0, no_file },
  { "source", "token-hosts", FORM (HOSTS), HOLDS_AT_ONCE, AT (token_hosts), 0, 0, 0, token_hosts },
  { "source", "handover-max", FORM (SIZE), HOLDS_AT_ONCE, AT (handover_bytes_max), GIB, 64 * KIB, TIB },
  { "source", "disk-floor", FORM (SIZE), HOLDS_AT_ONCE, AT (disk_floor_bytes), 512 * MIB, 0, 1024 * TIB },
  { "source", "disk-floor-percent", FORM (PERCENT32), HOLDS_AT_ONCE, AT (disk_floor_percent), 0, 0, 90 },
  { "retention", "interval", FORM (SPAN), HOLDS_AT_ONCE, AT (gc_interval_sec), 3600, 0, 30 * DAY },
  { "retention", "jobs-max", FORM (COUNT), HOLDS_AT_ONCE, AT (jobs_max), 100000, 0, 100000000 },
  { "retention", "jobs-age", FORM (SPAN), HOLDS_AT_ONCE, AT (jobs_age_sec), 90 * DAY, 0, 3650 * DAY },
  { "retention", "logs-bytes-max", FORM (SIZE), HOLDS_AT_ONCE, AT (logs_bytes_max), 10 * GIB, 0, 1024 * TIB },
  { "retention", "logs-age", FORM (SPAN), HOLDS_AT_ONCE, AT (logs_age_sec), 30 * DAY, 0, 3650 * DAY },
  { "retention", "mirrors-bytes-max", FORM (SIZE), HOLDS_AT_ONCE, AT (mirrors_bytes_max), 20 * GIB, 0, 1024 * TIB },
  { "retention", "mirrors-age", FORM (SPAN), HOLDS_AT_ONCE, AT (mirrors_age_sec), 90 * DAY, 0, 3650 * DAY },
  { "retention", "quarantine-age", FORM (SPAN), HOLDS_AT_ONCE, AT (quarantine_age_sec), 90 * DAY, 0, 3650 * DAY },
  { "retention", "leftovers-age", FORM (SPAN), HOLDS_AT_ONCE, AT (leftovers_age_sec), DAY, 0, 3650 * DAY },
  { "log", "level", FORM (WORD), HOLDS_AT_ONCE, AT (log_level), 0, 0, 0, levels },
};

static const Apm2ConfigOption lane_options[] = {
  { "lane", "max-parallel", FORM (COUNT32), HOLDS_AT_ONCE, LANE (max_parallel), 0, 0, 4096 },
  { "lane", "timeout", FORM (SPAN), HOLDS_AT_ONCE, LANE (timeout_sec), 3600, 0, APM2_TIMEOUT_SEC_MAX },
  { "lane", "memory-max", FORM (SIZE), HOLDS_AT_ONCE, LANE (memory_max_bytes), 0, 0, 1024 * TIB },
  { "lane", "tasks-max", FORM (COUNT), HOLDS_AT_ONCE, LANE (tasks_max), 0, 0, 4194304 },
  { "lane", "cpu-quota", FORM (PERCENT), HOLDS_AT_ONCE, LANE (cpu_quota_percent), 0, 0, 409600 },
  { "lane", "workspace-max", FORM (SIZE), HOLDS_AT_ONCE, LANE (workspace_max_bytes), 0, 0, 1024 * TIB },
  { "lane", "network", FORM (SWITCH), HOLDS_AT_ONCE, LANE (network), FALSE, 0, 1 },
  { "lane", "slots", FORM (COUNT32), HOLDS_AT_ONCE, LANE (budget_slots), 0, 0, 4096 },
  { "lane", "cpus", FORM (PERCENT), HOLDS_AT_ONCE, LANE (budget_cpu_percent), 0, 0, 409600 },
  { "lane", "memory", FORM (SIZE), HOLDS_AT_ONCE, LANE (budget_memory_bytes), 0, 0, 1024 * TIB },
  { "lane", "pressure", FORM (PERCENT32), HOLDS_AT_ONCE, LANE (pressure_percent), 0, 0, 100 },
  { "lane", "gates-parallel", FORM (COUNT32), HOLDS_AT_ONCE, LANE (gates_parallel), 0, 0, 8 },
  { "lane", "passes-max", FORM (COUNT32), HOLDS_AT_ONCE, LANE (passes_max), 16, 0, 4096 },
};
/* clang-format on */

/**
 * apm2_config_has_group:
 * @group: a group's name
 *
 * Returns: %TRUE if apm2.conf may have it; lanes are not judged here
 */
gboolean
apm2_config_has_group (const char *group)
{
  for (gsize i = 0; i < G_N_ELEMENTS (options); i++)
    {
      if (g_str_equal (options[i].group, group))
        return TRUE;
    }
  return FALSE;
}

/**
 * apm2_config_option_find:
 * @group: a group's name
 * @key: a key in it
 *
 * Returns: (transfer none) (nullable): the option; that of a lane for any group
 *   which begins with %APM2_CONFIG_LANE_GROUP
 */
const Apm2ConfigOption *
apm2_config_option_find (const char *group, const char *key)
{
  if (g_str_has_prefix (group, APM2_CONFIG_LANE_GROUP))
    {
      for (gsize i = 0; i < G_N_ELEMENTS (lane_options); i++)
        {
          if (g_str_equal (lane_options[i].key, key))
            return &lane_options[i];
        }
      return NULL;
    }
  for (gsize i = 0; i < G_N_ELEMENTS (options); i++)
    {
      if (g_str_equal (options[i].group, group)
          && g_str_equal (options[i].key, key))
        return &options[i];
    }
  return NULL;
}

/* "a, b and c"; what joins them comes with its spaces. */
static char *
list_words (const char *const *words)
{
  GString *list = g_string_new (NULL);

  for (gsize i = 0; words[i] != NULL; i++)
    {
      if (i > 0)
        g_string_append (list, words[i + 1] == NULL ? _ (" and ") : _ (", "));
      g_string_append (list, words[i]);
    }
  return g_string_free (list, FALSE);
}

static gboolean
set_word (const Apm2ConfigOption *self,
          char **word,
          const char *text,
          GError **error)
{
  g_autofree char *all = NULL;

  if (g_strv_contains (self->words, text))
    {
      g_free (*word);
      *word = g_strdup (text);
      return TRUE;
    }
  all = list_words (self->words);
  g_set_error (error,
               APM2_ERROR,
               APM2_ERROR_INVALID_ARGUMENT,
               _ ("'%s' is none of %s"),
               text,
               all);
  return FALSE;
}

/* Whether it is kept as it stands in the file. */
static gboolean
is_text (const Apm2ConfigOption *self)
{
  return self->words != NULL;
}

static gboolean
set_text (const Apm2ConfigOption *self,
          char **target,
          const char *text,
          GError **error)
{
  if (self->form == APM2_CONFIG_FORM_WORD)
    return set_word (self, target, text, error);
  if (!apm2_config_value_check_text (self->form, text, error))
    return FALSE;
  g_free (*target);
  *target = g_strdup (text);
  return TRUE;
}

static gboolean
is_narrow (const Apm2ConfigOption *self)
{
  return self->form == APM2_CONFIG_FORM_COUNT32
         || self->form == APM2_CONFIG_FORM_PERCENT32;
}

static void
store_value (const Apm2ConfigOption *self, gpointer target, guint64 value)
{
  if (is_narrow (self))
    G_STRUCT_MEMBER (guint, target, self->offset) = (guint) value;
  else if (self->form == APM2_CONFIG_FORM_SWITCH)
    G_STRUCT_MEMBER (gboolean, target, self->offset) = value != 0;
  else
    G_STRUCT_MEMBER (guint64, target, self->offset) = value;
}

static guint64
load_value (const Apm2ConfigOption *self, gconstpointer source)
{
  if (is_narrow (self))
    return G_STRUCT_MEMBER (guint, source, self->offset);
  if (self->form == APM2_CONFIG_FORM_SWITCH)
    return G_STRUCT_MEMBER (gboolean, source, self->offset) != FALSE;
  return G_STRUCT_MEMBER (guint64, source, self->offset);
}

/**
 * apm2_config_option_set:
 * @self: an option
 * @target: the #Apm2Config or #Apm2LaneConfig that the option is of
 * @text: what stands in the file
 * @error: INVALID_ARGUMENT, saying what would be right
 *
 * Returns: %TRUE if @text was good and is now in @target
 */
gboolean
apm2_config_option_set (const Apm2ConfigOption *self,
                        gpointer target,
                        const char *text,
                        GError **error)
{
  guint64 value = 0;

  if (is_text (self))
    return set_text (
        self, &G_STRUCT_MEMBER (char *, target, self->offset), text, error);
  if (!apm2_config_value_parse (self->form, text, &value, error))
    return FALSE;
  if (value < self->min || value > self->max)
    {
      g_autofree char *min
          = apm2_config_value_to_string (self->form, self->min);
      g_autofree char *max
          = apm2_config_value_to_string (self->form, self->max);

      g_set_error (error,
                   APM2_ERROR,
                   APM2_ERROR_INVALID_ARGUMENT,
                   _ ("'%s' is out of range; from %s to %s"),
                   text,
                   min,
                   max);
      return FALSE;
    }
  store_value (self, target, value);
  return TRUE;
}

/**
 * apm2_config_set_defaults:
 * @config: a configuration
 *
 * Gives all but the lanes and the files their defaults.
 */
void
apm2_config_set_defaults (Apm2Config *config)
{
  for (gsize i = 0; i < G_N_ELEMENTS (options); i++)
    {
      char **word = NULL;

      if (!is_text (&options[i]))
        {
          store_value (&options[i], config, options[i].fallback);
          continue;
        }
      word = &G_STRUCT_MEMBER (char *, config, options[i].offset);
      g_free (*word);
      *word = g_strdup (options[i].words[0]);
    }
}

/**
 * apm2_lane_config_set_defaults:
 * @lane: a lane with its name
 *
 * Gives all but the name its default. That of %APM2_LANE_RUN depends on the
 * machine: CPUs that are off line do not count.
 */
void
apm2_lane_config_set_defaults (Apm2LaneConfig *lane)
{
  for (gsize i = 0; i < G_N_ELEMENTS (lane_options); i++)
    store_value (&lane_options[i], lane, lane_options[i].fallback);
  if (g_strcmp0 (lane->name, APM2_LANE_RUN) != 0)
    return;
  lane->timeout_sec = 0;
  lane->budget_slots
      = (guint) CLAMP (sysconf (_SC_NPROCESSORS_ONLN) / 4, 1, 4096);
}

/* What stands in a file for it. */
static char *
option_to_string (const Apm2ConfigOption *self, gconstpointer source)
{
  if (is_text (self))
    return g_strdup (G_STRUCT_MEMBER (char *, source, self->offset));
  return apm2_config_value_to_string (self->form, load_value (self, source));
}

static void
append_option (const Apm2ConfigOption *self,
               gconstpointer source,
               GString *text)
{
  g_autofree char *value = option_to_string (self, source);

  g_string_append_printf (text, "%s=%s\n", self->key, value);
}

/**
 * apm2_config_list_pending:
 * @running: what a program was started with
 * @config: what it has read since
 *
 * Returns: (transfer full): the keys that differ and hold only after a restart,
 *   as "[group] key"
 */
GStrv
apm2_config_list_pending (const Apm2Config *running, const Apm2Config *config)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (options); i++)
    {
      const Apm2ConfigOption *option = &options[i];
      g_autofree char *before = option_to_string (option, running);
      g_autofree char *after = option_to_string (option, config);
      g_autofree char *name = NULL;

      if (option->holds == HOLDS_AT_ONCE || g_str_equal (before, after))
        continue;
      name = g_strdup_printf ("[%s] %s", option->group, option->key);
      g_strv_builder_add (builder, name);
    }
  return g_strv_builder_end (builder);
}

/**
 * apm2_config_append_options:
 * @config: a configuration
 * @text: where to write its groups, without lanes
 */
void
apm2_config_append_options (const Apm2Config *config, GString *text)
{
  for (gsize i = 0; i < G_N_ELEMENTS (options); i++)
    {
      if (i == 0 || !g_str_equal (options[i].group, options[i - 1].group))
        g_string_append_printf (text, "\n[%s]\n", options[i].group);
      append_option (&options[i], config, text);
    }
}

/**
 * apm2_lane_config_append_options:
 * @lane: a lane
 * @text: where to write its group
 */
void
apm2_lane_config_append_options (const Apm2LaneConfig *lane, GString *text)
{
  g_string_append_printf (
      text, "\n[" APM2_CONFIG_LANE_GROUP "%s]\n", lane->name);
  for (gsize i = 0; i < G_N_ELEMENTS (lane_options); i++)
    append_option (&lane_options[i], lane, text);
}
