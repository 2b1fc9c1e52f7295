/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What a worker is told beside the spec of a job that it gets.
 */

#include "apm2-lease-terms.h"

static void
add (GVariantBuilder *builder, const char *key, GVariant *value)
{
  g_variant_builder_add (builder, "{sv}", key, value);
}

/**
 * apm2_lease_terms_new:
 * @config: the configuration in force
 * @lane_name: lane of the job
 * @limits: those in force for it
 *
 * Returns: (transfer floating): the a{sv} of a lease
 */
GVariant *
apm2_lease_terms_new (const Apm2Config *config,
                      const char *lane_name,
                      const Apm2Limits *limits)
{
  const Apm2LaneConfig *lane = apm2_config_find_lane (config, lane_name);
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  add (&builder, "timeout_sec", g_variant_new_uint64 (limits->timeout_sec));
  add (&builder,
       "memory_max_bytes",
       g_variant_new_uint64 (limits->memory_max_bytes));
  add (&builder, "tasks_max", g_variant_new_uint64 (limits->tasks_max));
  add (&builder,
       "cpu_quota_percent",
       g_variant_new_uint64 (limits->cpu_quota_percent));
  add (&builder,
       "network",
       g_variant_new_boolean (lane != NULL && lane->network));
  add (&builder, "log_bytes_max", g_variant_new_uint64 (config->log_bytes_max));
  add (&builder,
       "kill_grace_usec",
       g_variant_new_uint64 (config->kill_grace_sec * G_USEC_PER_SEC));
  return g_variant_builder_end (&builder);
}
