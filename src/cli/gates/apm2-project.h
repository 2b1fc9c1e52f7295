/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

char *apm2_project_from_path (const char *path);
char *apm2_project_from_url (const char *url, const char *base);

G_END_DECLS
