/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * Apm2RunOptions:
 *
 * What was typed after "run". Numbers are text still, where a unit may stand.
 */
typedef struct
{
  char *lane;
  char *slots;
  char *cpu;
  char *memory;
  char *tasks;
  GStrv exclusive;
  char *key;
  gboolean supersede;
  char *max_wait;
  char *timeout;
  char *priority;
  char *name;
  gboolean detach_survivors;
  char *no_broker;
  char *json_result;
  gboolean quiet;
} Apm2RunOptions;

/* Of the bounds in time: there is none. */
#define APM2_RUN_FOREVER G_MAXUINT64

/**
 * Apm2RunPolicy:
 *
 * What the options say that is no part of the job.
 */
typedef struct
{
  guint64 max_wait_usec; /* or APM2_RUN_FOREVER */
  gboolean supersede;
  gboolean detach_survivors;
  gboolean without_broker; /* run the command all the same */
  gboolean quiet;
  const char *json_result; /* (nullable) borrowed from the options */
} Apm2RunPolicy;

extern const GOptionEntry apm2_run_options_entries[];

gboolean apm2_run_options_get_policy (const Apm2RunOptions *self,
                                      Apm2RunPolicy *ret_policy,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean apm2_run_options_refuse (const char *option,
                                  const char *value,
                                  const char *why,
                                  GError **error);

G_END_DECLS
