/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

GVariant *
apm2_job_properties_get (gpointer data, gpointer object, const char *name);

G_END_DECLS
