/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* How long a job waits between its attempts. */
typedef struct
{
  guint64 first_sec; /* after the first attempt; doubles with each; 0: not */
  guint64 max_sec;   /* never longer */
} Apm2Backoff;

guint64 apm2_backoff_get_delay_sec (const Apm2Backoff *self, guint attempt);
gint64 apm2_backoff_get_end_unix (const Apm2Backoff *self,
                                  guint attempt,
                                  gint64 ended_at);

G_END_DECLS
