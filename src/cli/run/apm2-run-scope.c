/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Putting apm2-step, and with it the command, into a scope of its own.
 *
 * The manager is asked on its own socket: no message bus is needed, and there
 * is no step between. It tells everybody there how its jobs end.
 */

#include "apm2-run-scope-private.h"

#include <errno.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <unistd.h>

#include <glib/gi18n.h>

#include "apm2-names.h"
#include "apm2-run-process.h"

#define SYSTEM_SOCKET "/run/systemd/private"
/* A manager that is busy is waited for; one that is stuck is not. */
#define START_TIMEOUT_USEC (30 * (guint64) G_USEC_PER_SEC)

/**
 * apm2_run_scope_new:
 * @event: the loop
 * @job_id: of the job
 *
 * Returns: (transfer full): a scope that is not there yet
 */
Apm2RunScope *
apm2_run_scope_new (sd_event *event, const char *job_id)
{
  Apm2RunScope *self = g_new0 (Apm2RunScope, 1);

  self->event = event;
  self->unit = g_strdup_printf (APM2_UNIT_RUN_PREFIX "%s" APM2_UNIT_RUN_SUFFIX,
                                job_id);
  return self;
}

/**
 * apm2_run_scope_free:
 * @self: (transfer full) (nullable): a scope; the unit stays as it is
 */
void
apm2_run_scope_free (Apm2RunScope *self)
{
  if (self == NULL)
    return;
  apm2_run_scope_disconnect (self);
  self->deadline = sd_event_source_disable_unref (self->deadline);
  g_free (self->unit);
  g_free (self->job);
  g_free (self->cgroup);
  g_free (self->problem);
  g_free (self);
}

static char *
find_socket (Apm2Mode mode)
{
  g_autofree char *runtime = NULL;

  if (mode == APM2_MODE_SYSTEM && geteuid () == 0)
    return g_strdup (SYSTEM_SOCKET);
  runtime = apm2_paths_find_user_runtime ();
  return runtime != NULL
             ? g_build_filename (runtime, "systemd", "private", NULL)
             : NULL;
}

static void set_limits (Apm2RunScope *self);

/* Who waits for it is told when it is as awaited. The manager tells of all that
 * it does to whoever is connected, so we leave when there is no more to say. */
static void
answer (Apm2RunScope *self)
{
  Apm2RunScopeFunc func = self->func;

  if (self->state == SCOPE_ASKED)
    return;
  if (func != NULL && self->state == SCOPE_THERE
      && !apm2_run_scope_limits_equal (&self->limits, &self->awaited))
    {
      set_limits (self);
      return;
    }
  if (!self->takes_more)
    apm2_run_scope_disconnect (self);
  self->func = NULL;
  if (func != NULL)
    func (self->data, self->problem);
}

static void
settle (Apm2RunScope *self, const char *problem)
{
  self->deadline = sd_event_source_disable_unref (self->deadline);
  if (self->state == SCOPE_FAILED)
    return;
  self->state = problem == NULL ? SCOPE_THERE : SCOPE_FAILED;
  self->problem = g_strdup (problem);
  answer (self);
}

static int
on_message (sd_bus_message *m, void *data, sd_bus_error *error)
{
  Apm2RunScope *self = data;
  const char *path = NULL;
  const char *result = NULL;
  g_autofree char *problem = NULL;

  if (sd_bus_message_is_signal (m, "org.freedesktop.DBus.Local", "Disconnected")
      > 0)
    {
      settle (self, _ ("the service manager closed the connection"));
      return 0;
    }
  if (sd_bus_message_is_signal (m, MANAGER_IFACE, "JobRemoved") <= 0)
    return 0;
  if (sd_bus_message_read (m, "uoss", NULL, &path, NULL, &result) < 0
      || g_strcmp0 (path, self->job) != 0)
    return 0;
  if (g_str_equal (result, "done"))
    {
      self->cgroup = apm2_run_process_read_cgroup (self->pid);
      settle (self, NULL);
      return 0;
    }
  problem = g_strdup_printf (_ ("starting %s: %s"), self->unit, result);
  settle (self, problem);
  return 0;
}

/* The manager of a container's host, whose socket somebody has mounted, takes
 * our numbers for processes of its own. To us it has none. */
static gboolean
shares_numbers (sd_bus *bus)
{
  struct ucred peer = { 0 };
  socklen_t size = sizeof peer;

  return getsockopt (sd_bus_get_fd (bus), SOL_SOCKET, SO_PEERCRED, &peer, &size)
             == 0
         && peer.pid > 0;
}

/**
 * apm2_run_scope_connect:
 * @self: a scope
 * @mode: of the broker; the system's manager is asked only if we are root
 *
 * Connects to the manager, ahead of time. Doing it again is allowed.
 *
 * Returns: %FALSE if there is none
 */
gboolean
apm2_run_scope_connect (Apm2RunScope *self, Apm2Mode mode)
{
  g_autofree char *path = find_socket (mode);
  g_autofree char *address = NULL;
  int r;

  if (self->bus != NULL)
    return TRUE;
  if (path == NULL || access (path, F_OK) != 0)
    return FALSE;
  self->mode
      = mode == APM2_MODE_SYSTEM && geteuid () == 0 ? mode : APM2_MODE_USER;
  address = g_strconcat ("unix:path=", path, NULL);
  r = sd_bus_new (&self->bus);
  if (r >= 0)
    r = sd_bus_set_address (self->bus, address);
  if (r >= 0)
    r = sd_bus_start (self->bus);
  if (r >= 0 && !shares_numbers (self->bus))
    r = -ESRCH;
  if (r >= 0)
    r = sd_bus_add_filter (self->bus, NULL, on_message, self);
  if (r >= 0)
    r = sd_bus_attach_event (self->bus, self->event, SD_EVENT_PRIORITY_NORMAL);
  if (r < 0)
    apm2_run_scope_disconnect (self);
  return r >= 0;
}

/**
 * apm2_run_scope_disconnect:
 * @self: a scope
 *
 * Leaves the manager, which would tell us of all its jobs.
 */
void
apm2_run_scope_disconnect (Apm2RunScope *self)
{
  self->bus = sd_bus_close_unref (self->bus);
}

static int
append_all (Apm2RunScope *self, sd_bus_message *m, const char *description)
{
  static const Apm2RunScopeLimits none = { 0 };
  int r = sd_bus_message_append (m, "ss", self->unit, "fail");

  if (r >= 0)
    r = sd_bus_message_open_container (m, 'a', "(sv)");
  if (r >= 0)
    r = sd_bus_message_append (m,
                               "(sv)(sv)(sv)(sv)",
                               "Description",
                               "s",
                               description,
                               "Slice",
                               "s",
                               APM2_UNIT_SLICE,
                               "CollectMode",
                               "s",
                               "inactive-or-failed",
                               "PIDs",
                               "au",
                               1,
                               (guint32) self->pid);
  /* The manager adds processes only to what it does not look after alone. No
   * controller is needed for that. */
  if (r >= 0 && self->takes_more)
    r = sd_bus_message_append (m, "(sv)", "DelegateControllers", "as", 0);
  if (r >= 0)
    r = apm2_run_scope_limits_append (&self->limits, &none, m);
  if (r >= 0)
    r = sd_bus_message_close_container (m);
  return r < 0 ? r : sd_bus_message_append (m, "a(sa(sv))", 0);
}

static int
on_accepted (sd_bus_message *m, void *data, sd_bus_error *error)
{
  Apm2RunScope *self = data;
  const sd_bus_error *refusal = sd_bus_message_get_error (m);
  const char *job = NULL;

  if (refusal != NULL)
    settle (self, refusal->message != NULL ? refusal->message : refusal->name);
  else if (sd_bus_message_read (m, "o", &job) < 0)
    settle (self, _ ("the service manager answers in a strange way"));
  else
    self->job = g_strdup (job);
  return 0;
}

static int
on_deadline (sd_event_source *source, uint64_t usec, void *data)
{
  settle (data, _ ("the service manager does not answer"));
  return 0;
}

static int
call (Apm2RunScope *self, sd_bus_message *m, sd_bus_message_handler_t callback)
{
  int r = sd_bus_call_async (
      self->bus, NULL, m, callback, self, START_TIMEOUT_USEC);

  self->deadline = sd_event_source_disable_unref (self->deadline);
  return r < 0 ? r
               : sd_event_add_time_relative (self->event,
                                             &self->deadline,
                                             CLOCK_BOOTTIME,
                                             START_TIMEOUT_USEC,
                                             0,
                                             on_deadline,
                                             self);
}

static int
on_limits_set (sd_bus_message *m, void *data, sd_bus_error *error)
{
  Apm2RunScope *self = data;
  const sd_bus_error *refusal = sd_bus_message_get_error (m);

  if (refusal == NULL)
    self->limits = self->awaited;
  settle (self,
          refusal == NULL            ? NULL
          : refusal->message != NULL ? refusal->message
                                     : refusal->name);
  return 0;
}

/* The terms of the slot are not those that were asked for. */
static void
set_limits (Apm2RunScope *self)
{
  sd_bus_message *m = NULL;
  int r = apm2_run_scope_connect (self, self->mode) ? 0 : -ENOTCONN;

  if (r >= 0)
    r = sd_bus_message_new_method_call (
        self->bus, &m, NULL, MANAGER_PATH, MANAGER_IFACE, "SetUnitProperties");
  if (r >= 0)
    r = sd_bus_message_append (m, "sb", self->unit, 1);
  if (r >= 0)
    r = sd_bus_message_open_container (m, 'a', "(sv)");
  if (r >= 0)
    r = apm2_run_scope_limits_append (&self->awaited, &self->limits, m);
  if (r >= 0)
    r = sd_bus_message_close_container (m);
  if (r >= 0)
    r = call (self, m, on_limits_set);
  sd_bus_message_unref (m);
  if (r < 0)
    settle (self, g_strerror (-r));
}

/**
 * apm2_run_scope_start:
 * @self: a scope that is connected
 * @pid: the process to put into it
 * @description: of the unit
 * @limits: that it shall have at first
 *
 * Has it made; apm2_run_scope_await() waits for that.
 */
void
apm2_run_scope_start (Apm2RunScope *self,
                      pid_t pid,
                      const char *description,
                      const Apm2RunScopeLimits *limits)
{
  sd_bus_message *m = NULL;
  int r;

  self->pid = pid;
  self->limits = *limits;
  self->state = SCOPE_ASKED;
  r = sd_bus_message_new_method_call (
      self->bus, &m, NULL, MANAGER_PATH, MANAGER_IFACE, "StartTransientUnit");
  if (r >= 0)
    r = append_all (self, m, description);
  if (r >= 0)
    r = call (self, m, on_accepted);
  sd_bus_message_unref (m);
  if (r < 0)
    settle (self, g_strerror (-r));
}

/**
 * apm2_run_scope_await:
 * @self: a scope that was asked for
 * @limits: that it has to have
 * @func: called once, perhaps before this returns, when it is there with those
 *   limits or cannot be
 * @data: for @func
 */
void
apm2_run_scope_await (Apm2RunScope *self,
                      const Apm2RunScopeLimits *limits,
                      Apm2RunScopeFunc func,
                      gpointer data)
{
  self->awaited = *limits;
  self->func = func;
  self->data = data;
  answer (self);
}

/**
 * apm2_run_scope_is_asked_for:
 * @self: a scope
 *
 * Returns: whether the manager was asked to make it
 */
gboolean
apm2_run_scope_is_asked_for (const Apm2RunScope *self)
{
  return self->state != SCOPE_NONE;
}

/**
 * apm2_run_scope_get_unit:
 * @self: a scope
 *
 * Returns: (transfer none): name of the unit; "" if it was not started
 */
const char *
apm2_run_scope_get_unit (const Apm2RunScope *self)
{
  return self->state == SCOPE_THERE ? self->unit : "";
}

/**
 * apm2_run_scope_get_cgroup:
 * @self: a scope
 *
 * Returns: (transfer none): path of its control group; "" if it is not known
 */
const char *
apm2_run_scope_get_cgroup (const Apm2RunScope *self)
{
  return self->state == SCOPE_THERE && self->cgroup != NULL ? self->cgroup : "";
}
