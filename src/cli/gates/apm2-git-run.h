/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

char *apm2_git_run (const char *const *words,
                    gsize max,
                    gsize *ret_length,
                    int *ret_status,
                    GError **error) G_GNUC_WARN_UNUSED_RESULT;
char *apm2_git_ask (const char *const *words,
                    int *ret_status,
                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

#define APM2_GIT_RUN(max, ret_length, ret_status, error, ...)                  \
  apm2_git_run ((const char *const[]){ __VA_ARGS__, NULL },                    \
                max,                                                           \
                ret_length,                                                    \
                ret_status,                                                    \
                error)
#define APM2_GIT_ASK(ret_status, error, ...)                                   \
  apm2_git_ask ((const char *const[]){ __VA_ARGS__, NULL }, ret_status, error)

G_END_DECLS
