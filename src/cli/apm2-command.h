/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "apm2-exit.h"
#include "apm2-options.h"
#include "apm2-table.h"
#include "apm2-term.h"

G_BEGIN_DECLS

typedef struct _Apm2Command Apm2Command;

/**
 * Apm2CommandCall:
 *
 * One run of one verb.
 */
typedef struct
{
  const Apm2Command *command;
  const char *name; /* "apm2 fac submit" */
  const Apm2Options *globals;
  const Apm2Term *term;
  const GArray *columns;   /* (nullable) (element-type guint) --columns */
  gconstpointer options;   /* the verb's own struct */
  const char *const *args; /* words that are no options */
  guint n_args;
} Apm2CommandCall;

/* What a verb returns that the module has to run, with no error set. */
#define APM2_COMMAND_ELSEWHERE (-2)

/* Returns an Apm2Exit, -1 with the error set, or APM2_COMMAND_ELSEWHERE. */
typedef int (*Apm2CommandFunc) (const Apm2CommandCall *call, GError **error);

/**
 * Apm2Command:
 *
 * A verb, or a noun with verbs below it. Constant tables; texts are N_().
 */
struct _Apm2Command
{
  const char *name;
  const char *summary;                /* what it does, a few words */
  const char *arguments;              /* (nullable) what follows the options */
  const char *description;            /* (nullable) more, for --help */
  const char *examples;               /* (nullable) lines */
  const Apm2Command *const *children; /* (nullable) ends with NULL: a noun */
  const char *module;                 /* (nullable) that knows more of it; see
                                         apm2_command_try() */

  const GOptionEntry *entries; /* (nullable) arg_data: offsets */
  gsize options_size;
  const Apm2Column *columns; /* (nullable) of what it lists, for --columns */
  guint n_columns;
  gboolean here;          /* --host makes no sense of it */
  gboolean there;         /* the apm2 of the --host has to run it */
  gboolean hidden;        /* for programs: no help lists it */
  gboolean stop_at_first; /* the words belong to somebody else's command */
  guint args_min;
  guint args_max;           /* G_MAXUINT: any number */
  const char *args_missing; /* what to say below args_min */
  int exit_failure; /* of any failure, where the others are somebody else's; 0:
                       an Apm2Exit */
  Apm2CommandFunc run; /* (nullable) if only @module has it */
};

extern const Apm2Command apm2_command_root;

const Apm2Command *apm2_command_find_child (const Apm2Command *self,
                                            const char *name);
void apm2_command_print_error (const GError *error);
int apm2_command_main (const Apm2Command *root, const char *const *words);
const char *apm2_command_try (const Apm2Command *root,
                              const char *const *words,
                              int *ret_status);

G_END_DECLS
