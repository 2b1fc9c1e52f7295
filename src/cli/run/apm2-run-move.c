/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * How a command gets into its scope while it runs.
 *
 * One that is over soon never sees a scope: to make it takes longer than all
 * else that a run does. Whatever is forked by a process in the scope is born
 * there, so the processes that are outside are moved again and again until none
 * is found. Only those are moved that are where the run was started: others
 * were put elsewhere by somebody. A run within this one sees to its own
 * command, and it must not be taken out of its scope again.
 */

#include "apm2-run-move.h"

#include <unistd.h>

#include <glib/gi18n.h>

#include "apm2-descendants.h"
#include "apm2-run-process.h"

#define RUN        "apm2"
#define SUPERVISOR "apm2-step"

/* Most commands that are over soon are over by then. */
#define LATER_USEC (20 * (guint64) 1000)
/* Rounds without a pause, and then with one: against a command that forks
 * faster than we look. */
#define ROUNDS_AT_ONCE 16
#define ROUNDS_MAX     256
#define PAUSE_USEC     (40 * (guint64) 1000)
/* A process may be born while we look, by one that dies. */
#define LOOKS 2

struct _Apm2RunMove
{
  sd_event *event;     /* borrowed */
  Apm2RunScope *scope; /* borrowed */
  Apm2Mode mode;
  pid_t pid;           /* of the supervisor */
  char *description;   /* of the unit */
  GHashTable *origins; /* set of the control groups in which we were */
  guint n_rounds;
  sd_event_source *timer; /* (nullable) */
  Apm2RunScopeFunc func;
  gpointer data;
  gboolean is_stopped;
};

static void
add_origin (Apm2RunMove *self, pid_t pid)
{
  char *cgroup = apm2_run_process_read_cgroup (pid);

  if (cgroup != NULL)
    (void) g_hash_table_add (self->origins, cgroup);
}

/**
 * apm2_run_move_new:
 * @event: the loop
 * @scope: that was not asked for; outlives the result
 *
 * To be called before anything is started: where we are now is where all of it
 * is born.
 *
 * Returns: (transfer full): a move that has not begun
 */
Apm2RunMove *
apm2_run_move_new (sd_event *event, Apm2RunScope *scope)
{
  Apm2RunMove *self = g_new0 (Apm2RunMove, 1);

  self->event = event;
  self->scope = scope;
  self->origins = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  add_origin (self, getpid ());
  return self;
}

/**
 * apm2_run_move_free:
 * @self: (transfer full) (nullable): a move; its scope calls nobody any more
 */
void
apm2_run_move_free (Apm2RunMove *self)
{
  if (self == NULL)
    return;
  self->timer = sd_event_source_disable_unref (self->timer);
  g_hash_table_unref (self->origins);
  g_free (self->description);
  g_free (self);
}

/**
 * apm2_run_move_stop:
 * @self: a move whose command is over
 *
 * Calls nobody any more.
 */
void
apm2_run_move_stop (Apm2RunMove *self)
{
  self->is_stopped = TRUE;
  self->timer = sd_event_source_disable_unref (self->timer);
}

static void
after (Apm2RunMove *self, guint64 usec, sd_event_time_handler_t callback)
{
  self->timer = sd_event_source_disable_unref (self->timer);
  /* 0 would let it be a quarter of a second late. */
  (void) sd_event_add_time_relative (
      self->event, &self->timer, CLOCK_BOOTTIME, usec, 1000, callback, self);
}

static void
settle (Apm2RunMove *self, const char *problem)
{
  apm2_run_move_stop (self);
  apm2_run_scope_disconnect (self->scope);
  self->func (self->data, problem);
}

/* The manager moves nobody who is another user's, nor could we end them. */
static gboolean
is_outside (Apm2RunMove *self, pid_t pid)
{
  g_autofree char *cgroup = apm2_run_process_read_cgroup (pid);
  const uid_t uid = getuid ();

  return cgroup != NULL && g_hash_table_contains (self->origins, cgroup)
         && (uid == 0 || apm2_run_process_read_uid (pid) == uid);
}

/* What a run starts has its name until it is a supervisor. */
static gboolean
is_started_by_run (pid_t pid)
{
  g_autofree char *parent
      = apm2_run_process_read_name (apm2_run_process_read_parent (pid));

  return g_strcmp0 (parent, RUN) == 0;
}

/* Neither a supervisor, by its name, nor about to be one. */
static gboolean
is_no_run (pid_t pid)
{
  g_autofree char *name = apm2_run_process_read_name (pid);

  return g_strcmp0 (name, SUPERVISOR) != 0
         && (g_strcmp0 (name, RUN) != 0 || !is_started_by_run (pid));
}

static GArray *
find_outside (Apm2RunMove *self)
{
  g_autoptr (GArray) all = apm2_descendants_list (self->pid, is_no_run);
  GArray *outside = g_array_new (FALSE, FALSE, sizeof (pid_t));

  /* A run around this one may have moved us meanwhile. */
  add_origin (self, getpid ());
  /* The supervisor itself is the scope's first. */
  for (guint i = 1; i < all->len; i++)
    {
      const pid_t pid = g_array_index (all, pid_t, i);

      if (is_outside (self, pid))
        g_array_append_val (outside, pid);
    }
  return outside;
}

static void look (Apm2RunMove *self);

static int
on_pause_over (sd_event_source *source, uint64_t usec, void *data)
{
  look (data);
  return 0;
}

static void
on_attached (gpointer data, const char *problem)
{
  Apm2RunMove *self = data;

  if (self->is_stopped)
    return;
  if (problem != NULL)
    settle (self, problem);
  else if (++self->n_rounds < ROUNDS_AT_ONCE)
    look (self);
  else if (self->n_rounds < ROUNDS_MAX)
    after (self, PAUSE_USEC, on_pause_over);
  else
    settle (self, _ ("its processes cannot be moved there"));
}

static void
look (Apm2RunMove *self)
{
  for (int i = 0; i < LOOKS; i++)
    {
      g_autoptr (GArray) outside = find_outside (self);

      if (outside->len > 0)
        {
          apm2_run_scope_attach (self->scope, outside, on_attached, self);
          return;
        }
    }
  settle (self, NULL);
}

static void
on_scope (gpointer data, const char *problem)
{
  Apm2RunMove *self = data;

  if (self->is_stopped)
    return;
  if (problem != NULL)
    settle (self, problem);
  else
    look (self);
}

static int
on_later (sd_event_source *source, uint64_t usec, void *data)
{
  static const Apm2RunScopeLimits none = { 0 };
  Apm2RunMove *self = data;

  self->timer = sd_event_source_disable_unref (self->timer);
  if (!apm2_run_scope_connect (self->scope, self->mode))
    {
      apm2_run_move_stop (self);
      return 0;
    }
  apm2_run_scope_start_for_more (self->scope, self->pid, self->description);
  apm2_run_scope_await (self->scope, &none, on_scope, self);
  return 0;
}

/**
 * apm2_run_move_start:
 * @self: a move that has not begun
 * @mode: of the broker, see apm2_run_scope_connect()
 * @pid: the supervisor of a command that has just been started
 * @description: of the unit
 * @func: called once if there is a service manager: when all are in the scope,
 *   or why they are not; never after apm2_run_move_stop()
 * @data: for @func
 *
 * Has the scope made if the command still runs a little later, and moves all of
 * it there.
 */
void
apm2_run_move_start (Apm2RunMove *self,
                     Apm2Mode mode,
                     pid_t pid,
                     const char *description,
                     Apm2RunScopeFunc func,
                     gpointer data)
{
  self->mode = mode;
  self->pid = pid;
  self->description = g_strdup (description);
  self->func = func;
  self->data = data;
  /* Where the command is born, if we have been moved before. */
  add_origin (self, pid);
  after (self, LATER_USEC, on_later);
}
