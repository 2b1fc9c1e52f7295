/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What holds for the budget whatever comes: a machine where jobs come and go at
 * random, watched by a second count of everything.
 */

#include "apm2-budget.h"

#define N_LANES     3
#define N_NAMES     4
#define N_STEPS     20000
#define WAITING_MAX 60

static const char *const lane_names[N_LANES] = { "a", "b", "c" };
static const char *const resource_names[N_NAMES] = { "w", "x", "y", "z" };

typedef struct
{
  Apm2BudgetAmounts budget;
  Apm2BudgetAmounts load;
  guint passes_max;
  gboolean closed;
} Lane;

typedef struct
{
  char *id;
  guint lane;
  Apm2BudgetAmounts amounts;
  guint names; /* bits */
  gint64 rank;
  guint number;
  guint passes;
} Job;

typedef struct
{
  Apm2Budget *budget;
  Lane lanes[N_LANES];
  GPtrArray *waiting;
  GPtrArray *running;
  guint n_jobs;
  guint n_started;
  guint n_passes;
} Machine;

static void
job_free (gpointer data)
{
  Job *job = data;

  g_free (job->id);
  g_free (job);
}

static guint
below (guint n)
{
  return (guint) g_test_rand_int_range (0, (gint32) n);
}

static guint
names_held (const Machine *m)
{
  guint names = 0;

  for (guint i = 0; i < m->running->len; i++)
    names |= ((const Job *) g_ptr_array_index (m->running, i))->names;
  return names;
}

static Apm2BudgetAmounts
used (const Machine *m, guint lane)
{
  Apm2BudgetAmounts sum = m->lanes[lane].load;

  for (guint i = 0; i < m->running->len; i++)
    {
      const Job *job = g_ptr_array_index (m->running, i);

      if (job->lane != lane)
        continue;
      sum.slots += job->amounts.slots;
      sum.cpu_percent += job->amounts.cpu_percent;
      sum.memory_bytes += job->amounts.memory_bytes;
    }
  return sum;
}

static gboolean
within (guint64 budget, guint64 sum)
{
  return budget == 0 || sum <= budget;
}

static gboolean
has_room (const Machine *m, const Job *job)
{
  const Apm2BudgetAmounts *budget = &m->lanes[job->lane].budget;
  Apm2BudgetAmounts sum = used (m, job->lane);

  return !m->lanes[job->lane].closed && (job->names & names_held (m)) == 0
         && within (budget->slots, sum.slots + job->amounts.slots)
         && within (budget->cpu_percent,
                    sum.cpu_percent + job->amounts.cpu_percent)
         && within (budget->memory_bytes,
                    sum.memory_bytes + job->amounts.memory_bytes);
}

static gboolean
is_before (const Job *a, const Job *b)
{
  return a->rank < b->rank || (a->rank == b->rank && a->number < b->number);
}

/* What @other takes, @job could have used. */
static gboolean
competes (const Machine *m, const Job *job, const Job *other)
{
  return !m->lanes[job->lane].closed
         && ((job->names & other->names) != 0
             || (job->lane == other->lane
                 && (job->names & names_held (m)) == 0));
}

static void
machine_add (Machine *m)
{
  const char *exclusive[N_NAMES + 1] = { NULL };
  Apm2BudgetDemand demand = { .exclusive = exclusive };
  g_autoptr (GError) error = NULL;
  Job *job = g_new0 (Job, 1);
  guint n = 0;

  job->number = m->n_jobs++;
  job->id = g_strdup_printf ("j%u", job->number);
  job->lane = below (N_LANES);
  job->amounts.slots = 1 + below (4);
  job->amounts.cpu_percent = below (3) * 100;
  job->amounts.memory_bytes = below (5);
  job->names = below (3) == 0 ? below (1u << N_NAMES) : 0;
  job->rank = job->number + below (20);
  for (guint i = 0; i < N_NAMES; i++)
    if ((job->names & (1u << i)) != 0)
      exclusive[n++] = resource_names[i];
  demand.lane = lane_names[job->lane];
  demand.amounts = job->amounts;
  if (!apm2_budget_fits_ever (m->budget, &demand, &error))
    {
      job_free (job);
      return;
    }
  apm2_budget_add (m->budget, job->id, &demand, job->rank);
  g_ptr_array_add (m->waiting, job);
}

static guint
find_waiting (const Machine *m, const char *id)
{
  for (guint i = 0; i < m->waiting->len; i++)
    if (g_str_equal (((const Job *) g_ptr_array_index (m->waiting, i))->id, id))
      return i;
  g_assert_not_reached ();
}

static void
machine_start (Machine *m, const char *id)
{
  guint at = find_waiting (m, id);
  Job *job = g_ptr_array_index (m->waiting, at);

  g_assert_true (has_room (m, job));
  for (guint i = 0; i < m->waiting->len; i++)
    {
      Job *waiter = g_ptr_array_index (m->waiting, i);

      if (waiter == job || !is_before (waiter, job)
          || !competes (m, waiter, job))
        continue;
      m->n_passes++;
      waiter->passes++;
      g_assert_cmpuint (waiter->passes, <=, m->lanes[waiter->lane].passes_max);
    }
  apm2_budget_hold (m->budget, id);
  g_ptr_array_steal_index (m->waiting, at);
  g_ptr_array_add (m->running, job);
  m->n_started++;
}

/* Nobody is kept waiting without a reason. */
static void
assert_nothing_is_left (const Machine *m)
{
  for (guint i = 0; i < m->waiting->len; i++)
    {
      const Job *job = g_ptr_array_index (m->waiting, i);
      g_auto (Apm2BudgetWhy) why = { 0 };
      gboolean yields = FALSE;

      for (guint j = 0; j < m->waiting->len; j++)
        {
          const Job *first = g_ptr_array_index (m->waiting, j);

          yields = yields
                   || (is_before (first, job)
                       && first->passes >= m->lanes[first->lane].passes_max
                       && competes (m, first, job));
        }
      g_assert_true (yields || !has_room (m, job));
      g_assert_true (apm2_budget_why (m->budget, job->id, &why));
      g_assert_cmpint (why.cause, !=, APM2_BUDGET_CAUSE_NONE);
      if (has_room (m, job))
        g_assert_cmpint (why.cause, ==, APM2_BUDGET_CAUSE_TURN);
      else
        g_assert_cmpint (why.cause, !=, APM2_BUDGET_CAUSE_TURN);
    }
}

static void
machine_dispatch (Machine *m)
{
  const char *id = NULL;

  while ((id = apm2_budget_next (m->budget)) != NULL)
    machine_start (m, id);
  assert_nothing_is_left (m);
}

static void
machine_end (Machine *m, GPtrArray *jobs)
{
  Job *job;

  if (jobs->len == 0)
    return;
  job = g_ptr_array_steal_index (jobs, below (jobs->len));
  apm2_budget_remove (m->budget, job->id);
  job_free (job);
}

static void
machine_set_closed (Machine *m, guint lane, gboolean closed)
{
  m->lanes[lane].closed = closed;
  apm2_budget_set_lane_closed (m->budget,
                               lane_names[lane],
                               closed ? APM2_BUDGET_CAUSE_PRESSURE
                                      : APM2_BUDGET_CAUSE_NONE);
}

/* Only less: each more would pass, and worker jobs do not ask. */
static void
machine_shrink_load (Machine *m, guint lane)
{
  Apm2BudgetAmounts *load = &m->lanes[lane].load;

  load->slots = load->slots > 0 ? load->slots - 1 : 0;
  load->cpu_percent = below (2) * 100;
  apm2_budget_set_lane_load (m->budget, lane_names[lane], load);
}

static void
machine_step (Machine *m)
{
  guint dice = below (100);
  guint lane = below (N_LANES);

  if (dice < 50 && m->waiting->len < WAITING_MAX)
    machine_add (m);
  else if (dice < 92)
    machine_end (m, m->running);
  else if (dice < 95)
    machine_end (m, m->waiting);
  else if (dice < 97)
    machine_set_closed (m, lane, below (2) == 0);
  else
    machine_shrink_load (m, lane);
}

static void
machine_init (Machine *m)
{
  *m = (Machine){ 0 };
  m->budget = apm2_budget_new ();
  m->waiting = g_ptr_array_new_with_free_func (job_free);
  m->running = g_ptr_array_new_with_free_func (job_free);
  for (guint i = 0; i < N_LANES; i++)
    {
      Lane *lane = &m->lanes[i];

      lane->budget.slots = 4 + below (4);
      lane->budget.cpu_percent = below (2) * 400;
      lane->budget.memory_bytes = below (2) * 8;
      lane->passes_max = below (4);
      lane->load.slots = below (3);
      apm2_budget_set_lane (
          m->budget, lane_names[i], &lane->budget, lane->passes_max);
      apm2_budget_set_lane_load (m->budget, lane_names[i], &lane->load);
    }
}

static void
machine_clear (Machine *m)
{
  apm2_budget_free (m->budget);
  g_ptr_array_unref (m->waiting);
  g_ptr_array_unref (m->running);
}

/* Nothing new comes: then all that waits has its turn, none is forgotten. */
static void
machine_run_dry (Machine *m)
{
  static const Apm2BudgetAmounts none;

  for (guint i = 0; i < N_LANES; i++)
    {
      machine_set_closed (m, i, FALSE);
      m->lanes[i].load = none;
      apm2_budget_set_lane_load (m->budget, lane_names[i], &none);
    }
  machine_dispatch (m);
  while (m->running->len > 0)
    {
      machine_end (m, m->running);
      machine_dispatch (m);
    }
  g_assert_cmpuint (m->waiting->len, ==, 0);
}

static void
test_rules_hold_whatever_comes (void)
{
  for (guint round = 0; round < 10; round++)
    {
      Machine m;

      machine_init (&m);
      for (guint i = 0; i < N_STEPS / 10; i++)
        {
          machine_step (&m);
          machine_dispatch (&m);
        }
      machine_run_dry (&m);
      g_test_message (
          "%u jobs, %u started, %u passes", m.n_jobs, m.n_started, m.n_passes);
      g_assert_cmpuint (m.n_started, >, 100);
      machine_clear (&m);
    }
}

/* Small jobs without end, and one that needs the whole lane and a name that
 * another lane is after: it runs before its lane has let more pass than it may,
 * and those that ran by then end. */
static void
test_a_big_one_gets_through_a_stream (void)
{
  static const char *const name[] = { "x", NULL };
  const Apm2BudgetAmounts budget = { 4, 0, 0 };
  const Apm2BudgetDemand big = { "a", { 4 }, name };
  const Apm2BudgetDemand small = { "a", { 1 }, NULL };
  const Apm2BudgetDemand rival = { "b", { 1 }, name };
  g_autoptr (Apm2Budget) self = apm2_budget_new ();
  guint rounds = 0;

  apm2_budget_set_lane (self, "a", &budget, 5);
  apm2_budget_set_lane (self, "b", &budget, 5);
  for (guint i = 0; i < 4; i++)
    {
      g_autofree char *id = g_strdup_printf ("before%u", i);

      apm2_budget_add (self, id, &small, 0);
      apm2_budget_hold (self, id);
    }
  apm2_budget_add (self, "big", &big, 0);

  for (const char *id = NULL; g_strcmp0 (id, "big") != 0; rounds++)
    {
      g_autoptr (GPtrArray) holders = apm2_budget_list_holders (self, NULL);
      g_autofree char *a = g_strdup_printf ("small%u", rounds);
      g_autofree char *b = g_strdup_printf ("rival%u", rounds);

      g_assert_cmpuint (rounds, <, 60);
      apm2_budget_add (self, a, &small, 0);
      apm2_budget_add (self, b, &rival, 0);
      apm2_budget_remove (self, g_ptr_array_index (holders, 0));
      while ((id = apm2_budget_next (self)) != NULL)
        {
          apm2_budget_hold (self, id);
          if (g_str_equal (id, "big"))
            break;
        }
    }
  g_test_message ("%u rounds", rounds);
  g_assert_cmpuint (rounds, >, 4);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/apm2/budget-random/rules-hold-whatever-comes",
                   test_rules_hold_whatever_comes);
  g_test_add_func ("/apm2/budget-random/a-big-one-gets-through-a-stream",
                   test_a_big_one_gets_through_a_stream);
  return g_test_run ();
}
