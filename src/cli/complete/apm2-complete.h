/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-command.h"

G_BEGIN_DECLS

/**
 * Apm2CompleteKind:
 * @APM2_COMPLETE_WORDS: nothing but the words that are known
 * @APM2_COMPLETE_FILES: a file
 * @APM2_COMPLETE_COMMAND: the words from Apm2Completion.command_index on are a
 *   command of somebody else
 * @APM2_COMPLETE_JOBS: the id of a job
 * @APM2_COMPLETE_LANES: a lane
 * @APM2_COMPLETE_UNITS: a unit
 * @APM2_COMPLETE_WORKERS: an instance of the worker
 * @APM2_COMPLETE_GATES: a gate of this directory's repository
 *
 * What may stand at a place of a command line.
 */
typedef enum
{
  APM2_COMPLETE_WORDS,
  APM2_COMPLETE_FILES,
  APM2_COMPLETE_COMMAND,
  APM2_COMPLETE_JOBS,
  APM2_COMPLETE_LANES,
  APM2_COMPLETE_UNITS,
  APM2_COMPLETE_WORKERS,
  APM2_COMPLETE_GATES,
} Apm2CompleteKind;

/* A word that may stand there, and what it means, maybe nothing. */
typedef struct
{
  char *word;
  char *meaning;
} Apm2Candidate;

typedef struct
{
  Apm2CompleteKind kind;
  guint command_index;
  char *before;          /* of the word, what each candidate begins with */
  GPtrArray *candidates; /* (element-type Apm2Candidate) */
  Apm2Options globals;   /* what was typed before: --user, --system */
} Apm2Completion;

Apm2Completion *apm2_complete (const Apm2Command *root,
                               const char *const *words);
void apm2_completion_free (Apm2Completion *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2Completion, apm2_completion_free)

void apm2_completion_add (Apm2Completion *self,
                          const char *word,
                          const char *meaning);

G_END_DECLS
