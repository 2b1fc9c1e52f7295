/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * Apm2RunSocketUnit:
 * @APM2_RUN_SOCKET_UNIT_NONE: there is no service manager, or it has no such
 *   unit
 * @APM2_RUN_SOCKET_UNIT_UNUSED: it is installed, and nobody has enabled it
 * @APM2_RUN_SOCKET_UNIT_MANAGED: it is somebody's business whether it runs
 *
 * Who is to bring the broker of this user.
 */
typedef enum
{
  APM2_RUN_SOCKET_UNIT_NONE,
  APM2_RUN_SOCKET_UNIT_UNUSED,
  APM2_RUN_SOCKET_UNIT_MANAGED,
} Apm2RunSocketUnit;

Apm2RunSocketUnit apm2_run_socket_unit_look (void);
gboolean apm2_run_socket_unit_start (GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
