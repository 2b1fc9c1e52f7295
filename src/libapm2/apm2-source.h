/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define APM2_REPOSITORY_MAX 1024 /* bytes */
#define APM2_REF_MAX        255  /* bytes */
#define APM2_PROJECT_MAX    1024 /* bytes */

gboolean apm2_source_repository_is_valid (const char *text);
gboolean apm2_source_repository_is_remote (const char *text);
gboolean apm2_source_host_is_valid (const char *text);
gboolean apm2_source_commit_is_valid (const char *text);
gboolean apm2_source_ref_is_valid (const char *text);
gboolean apm2_source_project_is_valid (const char *text);

G_END_DECLS
