/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * Apm2BudgetAmounts:
 *
 * What a job takes, or what a lane has. In a budget 0 means no bound.
 */
typedef struct
{
  guint64 slots;
  guint64 cpu_percent; /* 100 is one CPU */
  guint64 memory_bytes;
} Apm2BudgetAmounts;

/**
 * Apm2BudgetDemand:
 *
 * What one attached job asks for.
 */
typedef struct
{
  const char *lane;
  Apm2BudgetAmounts amounts;
  const char *const *exclusive; /* (nullable) names, without repetition */
} Apm2BudgetDemand;

/**
 * Apm2BudgetCause:
 * @APM2_BUDGET_CAUSE_NONE: it may start now
 * @APM2_BUDGET_CAUSE_SLOTS: not enough slots are free
 * @APM2_BUDGET_CAUSE_CPUS: likewise
 * @APM2_BUDGET_CAUSE_MEMORY: likewise
 * @APM2_BUDGET_CAUSE_EXCLUSIVE: somebody holds a name that it asks for
 * @APM2_BUDGET_CAUSE_PRESSURE: the machine is busy
 * @APM2_BUDGET_CAUSE_PAUSED: its lane is paused, or not configured
 * @APM2_BUDGET_CAUSE_TURN: there is room, but one that was passed too often
 *   comes first
 */
typedef enum
{
  APM2_BUDGET_CAUSE_NONE,
  APM2_BUDGET_CAUSE_SLOTS,
  APM2_BUDGET_CAUSE_CPUS,
  APM2_BUDGET_CAUSE_MEMORY,
  APM2_BUDGET_CAUSE_EXCLUSIVE,
  APM2_BUDGET_CAUSE_PRESSURE,
  APM2_BUDGET_CAUSE_PAUSED,
  APM2_BUDGET_CAUSE_TURN,
} Apm2BudgetCause;
#define APM2_N_BUDGET_CAUSES (APM2_BUDGET_CAUSE_TURN + 1)

const char *apm2_budget_cause_to_string (Apm2BudgetCause cause);

/**
 * Apm2BudgetWhy:
 * @position: 1 for the first waiter of its lane
 * @cause: the first thing in the way
 * @resource: (nullable): the name, where one is in the way
 * @holders: (element-type utf8): ids of the jobs in the way, the one that has
 *   held longest first; for %APM2_BUDGET_CAUSE_TURN of the waiters that come
 *   first. Empty if only worker jobs are.
 */
typedef struct
{
  guint position;
  Apm2BudgetCause cause;
  char *resource;
  GPtrArray *holders;
} Apm2BudgetWhy;

void apm2_budget_why_clear (Apm2BudgetWhy *why);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Apm2BudgetWhy, apm2_budget_why_clear)

/**
 * Apm2BudgetUsage:
 * @used: by attached jobs and worker jobs together
 * @holding: attached jobs that hold
 * @waiting: attached jobs that wait
 */
typedef struct
{
  Apm2BudgetAmounts used;
  guint holding;
  guint waiting;
} Apm2BudgetUsage;

/*
 * Who of the attached jobs may start: a model without bus, store and clock.
 */
typedef struct _Apm2Budget Apm2Budget;

Apm2Budget *apm2_budget_new (void);
void apm2_budget_free (Apm2Budget *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2Budget, apm2_budget_free)

void apm2_budget_set_lane (Apm2Budget *self,
                           const char *lane,
                           const Apm2BudgetAmounts *budget,
                           guint passes_max);
void apm2_budget_drop_lane (Apm2Budget *self, const char *lane);
void apm2_budget_set_lane_load (Apm2Budget *self,
                                const char *lane,
                                const Apm2BudgetAmounts *load);
void apm2_budget_set_lane_closed (Apm2Budget *self,
                                  const char *lane,
                                  Apm2BudgetCause cause);
gboolean apm2_budget_is_lane_reserved (Apm2Budget *self, const char *lane);

gboolean apm2_budget_fits_ever (Apm2Budget *self,
                                const Apm2BudgetDemand *demand,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;
void apm2_budget_add (Apm2Budget *self,
                      const char *id,
                      const Apm2BudgetDemand *demand,
                      gint64 rank);
void apm2_budget_hold (Apm2Budget *self, const char *id);
void apm2_budget_remove (Apm2Budget *self, const char *id);
const char *apm2_budget_next (Apm2Budget *self);

gboolean
apm2_budget_why (Apm2Budget *self, const char *id, Apm2BudgetWhy *ret_why);
Apm2BudgetUsage apm2_budget_get_usage (Apm2Budget *self, const char *lane);
GPtrArray *apm2_budget_list_holders (Apm2Budget *self, const char *lane);
GPtrArray *apm2_budget_list_waiters (Apm2Budget *self, const char *lane);

G_END_DECLS
