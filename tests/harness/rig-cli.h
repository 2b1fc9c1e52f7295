/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rig-home.h"

G_BEGIN_DECLS

/* Runs "apm2 --user" with @words, which must exit with @expected. */
char *rig_cli (RigHome *home, int expected, const char *const *words);
#define RIG_CLI(home, expected, ...)                                           \
  rig_cli (home, expected, (const char *const[]){ __VA_ARGS__, NULL })

/* The same must fail; returns what it complained of. */
char *rig_cli_fails (RigHome *home, int expected, const char *const *words);
#define RIG_CLI_FAILS(home, expected, ...)                                     \
  rig_cli_fails (home, expected, (const char *const[]){ __VA_ARGS__, NULL })

/* A document is as its schema says, where there is a validator. */
void rig_cli_assert_schema (RigHome *home, const char *document);
void rig_cli_assert_has (const char *text, const char *part);

G_END_DECLS
