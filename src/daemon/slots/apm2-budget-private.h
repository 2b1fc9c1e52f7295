/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-budget.h"

G_BEGIN_DECLS

/* What the files of the budget share. */

typedef struct
{
  char *name;
  gboolean known; /* configured */
  Apm2BudgetAmounts budget;
  Apm2BudgetAmounts load; /* of worker jobs */
  Apm2BudgetAmounts used; /* by worker jobs and holders */
  Apm2BudgetCause closed; /* NONE, PAUSED or PRESSURE */
  guint passes_max;
} Apm2BudgetLane;

typedef struct
{
  char *id;
  Apm2BudgetLane *lane;
  Apm2BudgetAmounts amounts;
  GStrv exclusive; /* (nullable) */
  gint64 rank;
  guint64 sequence;
  guint passes; /* how often others took what it could have used */
  gboolean holds;
} Apm2BudgetEntry;

struct _Apm2Budget
{
  GHashTable *lanes;   /* name -> Apm2BudgetLane (owned) */
  GHashTable *entries; /* id -> Apm2BudgetEntry (owned) */
  GHashTable *names;   /* exclusive name -> the entry that holds it */
  GPtrArray *waiters;  /* in their order */
  GPtrArray *holders;  /* the one that has held longest first */
  guint64 sequence;
};

Apm2BudgetLane *apm2_budget_ensure_lane (Apm2Budget *self, const char *name);
void apm2_budget_count_used (Apm2Budget *self, Apm2BudgetLane *lane);
Apm2BudgetCause apm2_budget_lane_closed (const Apm2BudgetLane *lane);
Apm2BudgetCause apm2_budget_lane_shortage (const Apm2BudgetLane *lane,
                                           const Apm2BudgetAmounts *amounts);
const Apm2BudgetEntry *
apm2_budget_find_name_holder (Apm2Budget *self,
                              const Apm2BudgetEntry *entry,
                              const char **ret_name);
gboolean apm2_budget_is_first (const Apm2BudgetEntry *entry);
gboolean apm2_budget_yields (Apm2Budget *self,
                             const Apm2BudgetEntry *entry,
                             const Apm2BudgetEntry *first,
                             const char **ret_name);

G_END_DECLS
