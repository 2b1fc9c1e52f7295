/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * Apm2Exit:
 * @APM2_EXIT_OK: done
 * @APM2_EXIT_FAILURE: anything that none of the others names
 * @APM2_EXIT_USAGE: the command line or its input is wrong
 * @APM2_EXIT_JOB_FAILED: the job that was waited for did not pass
 * @APM2_EXIT_NOT_AUTHORIZED: the caller may not do this
 * @APM2_EXIT_UNREACHABLE: the broker, or what it needs, is not there now
 * @APM2_EXIT_NOT_FOUND: no such job, receipt or lane
 * @APM2_EXIT_DETACHED: interrupted while it followed a job, which goes on
 *
 * The exit statuses of apm2, as its manual page lists them.
 */
typedef enum
{
  APM2_EXIT_OK = 0,
  APM2_EXIT_FAILURE = 1,
  APM2_EXIT_USAGE = 2,
  APM2_EXIT_JOB_FAILED = 3,
  APM2_EXIT_NOT_AUTHORIZED = 4,
  APM2_EXIT_UNREACHABLE = 5,
  APM2_EXIT_NOT_FOUND = 6,
  APM2_EXIT_DETACHED = 130,
} Apm2Exit;

int apm2_exit_from_error (const GError *error);
int apm2_exit_from_outcome (const char *state, const char *verdict);

G_END_DECLS
