/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * Apm2LogContext:
 *
 * What a message is about; each member that is not %NULL becomes a journal
 * field.
 */
typedef struct
{
  const char *message_id; /* of apm2-message-id.h */
  const char *job;
  const char *worker;
  const char *lane;
  const char *reason; /* a reason code */
  const char *state;  /* of a credential */
  const char *health_old;
  const char *health_new;
  const GError *error; /* its domain and code; the message says the rest */
} Apm2LogContext;

/* apm2_log (G_LOG_LEVEL_INFO, APM2_LOG_WITH (.job = id), "Job %s ...", id); */
#define APM2_LOG_WITH(...) (&(const Apm2LogContext){ __VA_ARGS__ })

#define apm2_log(level, context, ...)                                          \
  apm2_log_full ((level), (context), __FILE__, __LINE__, G_STRFUNC, __VA_ARGS__)

void apm2_log_full (GLogLevelFlags level,
                    const Apm2LogContext *context,
                    const char *file,
                    int line,
                    const char *function,
                    const char *format,
                    ...) G_GNUC_PRINTF (6, 7);

void apm2_log_init (const char *identifier, gboolean debug);
void apm2_log_set_mode (const char *mode);
const char *apm2_log_get_identifier (void);
const char *apm2_log_get_target (void);
const char *apm2_log_get_level (void);
gboolean apm2_log_set_level (const char *name);
gboolean apm2_log_set_target (const char *name);

G_END_DECLS
