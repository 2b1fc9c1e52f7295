/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-budget.h"

/* A budget to play with: the lane "run" has four slots, "other" as many as one
 * likes; both let one that waits be passed sixteen times. */
typedef struct
{
  Apm2Budget *budget;
} BudgetScene;

void budget_scene_add_test (const char *path,
                            void (*test) (BudgetScene *f, gconstpointer data));

void budget_scene_set_lane (BudgetScene *f,
                            const char *lane,
                            guint64 slots,
                            guint64 cpu,
                            guint64 memory,
                            guint passes_max);

/* @names are separated by blanks, or NULL. */
void budget_scene_add_full (BudgetScene *f,
                            const char *id,
                            const char *lane,
                            const Apm2BudgetAmounts *amounts,
                            const char *names,
                            gint64 rank);
/* In the lane "run". */
void budget_scene_add (BudgetScene *f, const char *id, guint slots);
/* With one slot. */
void budget_scene_add_names (BudgetScene *f,
                             const char *id,
                             const char *lane,
                             const char *names);
void budget_scene_end (BudgetScene *f, const char *id);

/* Starts all that may; @expected has their ids in that order. */
void budget_scene_assert_starts (BudgetScene *f, const char *expected);
/* @expected is "position cause resource: holders"; the resource is left out if
 * there is none. */
void
budget_scene_assert_why (BudgetScene *f, const char *id, const char *expected);
