/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

double bench_spawn (const char *const *argv, char **ret_output);
double bench_await_start (const char *file);

G_END_DECLS
