/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Putting apm2-step, and with it the command, into a scope of its own.
 *
 * The manager is asked on its own socket: no message bus is needed, and there
 * is no step between. It tells everybody there how its jobs end.
 */

#include "apm2-run-scope.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <glib/gi18n.h>

#include "apm2-names.h"

#define MANAGER_PATH  "/org/freedesktop/systemd1"
#define MANAGER_IFACE "org.freedesktop.systemd1.Manager"
#define SYSTEM_SOCKET "/run/systemd/private"
#define USEC_PER_CPU  G_USEC_PER_SEC
/* A manager that is busy is waited for; one that is stuck is not. */
#define START_TIMEOUT_USEC (30 * (guint64) G_USEC_PER_SEC)

struct _Apm2RunScope
{
  sd_event *event; /* borrowed */
  sd_bus *bus;     /* (nullable) */
  char *unit;
  char *job;    /* (nullable) object path of the manager's job */
  char *cgroup; /* (nullable) */
  pid_t pid;
  Apm2RunScopeFunc func; /* (nullable) until it is called */
  gpointer data;
  sd_event_source *deadline;
  Apm2Mode mode;
  gboolean is_started;
};

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
  g_free (self);
}

static char *
find_socket (Apm2Mode mode)
{
  const char *runtime = g_getenv ("XDG_RUNTIME_DIR");

  if (mode == APM2_MODE_SYSTEM && geteuid () == 0)
    return g_strdup (SYSTEM_SOCKET);
  if (runtime != NULL && runtime[0] == '/')
    return g_build_filename (runtime, "systemd", "private", NULL);
  /* A job of cron has a manager, if the user has one, and no word of it. */
  return g_strdup_printf ("/run/user/%u/systemd/private", geteuid ());
}

static void
settle (Apm2RunScope *self, const char *problem)
{
  Apm2RunScopeFunc func = g_steal_pointer (&self->func);

  self->deadline = sd_event_source_disable_unref (self->deadline);
  if (func == NULL)
    return;
  self->is_started = problem == NULL;
  func (self->data, problem);
}

/* "0::/user.slice/.../apm2-run-ID.scope" */
static void
read_cgroup (Apm2RunScope *self)
{
  g_autofree char *file = g_strdup_printf ("/proc/%d/cgroup", self->pid);
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  if (!g_file_get_contents (file, &text, NULL, NULL))
    return;
  lines = g_strsplit (text, "\n", -1);
  for (gsize i = 0; lines[i] != NULL; i++)
    if (g_str_has_prefix (lines[i], "0::") && self->cgroup == NULL)
      self->cgroup = g_strdup (lines[i] + strlen ("0::"));
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
      read_cgroup (self);
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
  if (access (path, F_OK) != 0)
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
append_limits (sd_bus_message *m, const Apm2RunDetails *terms)
{
  int r = 0;

  if (terms->memory_max_bytes > 0)
    r = sd_bus_message_append (m,
                               "(sv)(sv)",
                               "MemoryMax",
                               "t",
                               terms->memory_max_bytes,
                               "MemorySwapMax",
                               "t",
                               (guint64) 0);
  if (r >= 0 && terms->tasks_max > 0)
    r = sd_bus_message_append (m, "(sv)", "TasksMax", "t", terms->tasks_max);
  if (r >= 0 && terms->cpu_quota_percent > 0)
    r = sd_bus_message_append (m,
                               "(sv)",
                               "CPUQuotaPerSecUSec",
                               "t",
                               terms->cpu_quota_percent * USEC_PER_CPU / 100);
  return r;
}

static int
append_all (Apm2RunScope *self,
            sd_bus_message *m,
            const char *description,
            const Apm2RunDetails *terms)
{
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
  if (r >= 0)
    r = append_limits (m, terms);
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

/**
 * apm2_run_scope_start:
 * @self: a scope that is connected
 * @pid: the process to put into it
 * @description: of the unit
 * @terms: the limits
 * @func: called once, from the loop, when it is there or cannot be
 * @data: for @func
 */
void
apm2_run_scope_start (Apm2RunScope *self,
                      pid_t pid,
                      const char *description,
                      const Apm2RunDetails *terms,
                      Apm2RunScopeFunc func,
                      gpointer data)
{
  sd_bus_message *m = NULL;
  int r;

  self->pid = pid;
  self->func = func;
  self->data = data;
  r = sd_bus_message_new_method_call (
      self->bus, &m, NULL, MANAGER_PATH, MANAGER_IFACE, "StartTransientUnit");
  if (r >= 0)
    r = append_all (self, m, description, terms);
  if (r >= 0)
    r = sd_bus_call_async (
        self->bus, NULL, m, on_accepted, self, START_TIMEOUT_USEC);
  sd_bus_message_unref (m);
  if (r >= 0)
    r = sd_event_add_time_relative (self->event,
                                    &self->deadline,
                                    CLOCK_BOOTTIME,
                                    START_TIMEOUT_USEC,
                                    0,
                                    on_deadline,
                                    self);
  if (r < 0)
    settle (self, g_strerror (-r));
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
  return self->is_started ? self->unit : "";
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
  return self->is_started && self->cgroup != NULL ? self->cgroup : "";
}

/* A manager takes every limit and keeps those for which it was given the
 * controllers; the kernel has a file for each that counts, in the one hierarchy
 * or in that of the controller. */
static void
add_limit (const Apm2RunScope *self,
           GString *limits,
           const char *file,
           const char *old_file,
           const char *word)
{
  g_autofree char *path
      = g_strconcat ("/sys/fs/cgroup", self->cgroup, "/", file, NULL);
  g_auto (GStrv) old = g_strsplit (old_file, "/", 2);
  g_autofree char *old_path = g_strconcat (
      "/sys/fs/cgroup/", old[0], self->cgroup, "/", old[1], NULL);

  if (access (path, F_OK) == 0 || access (old_path, F_OK) == 0)
    g_string_append_printf (limits, "%s%s", limits->len > 0 ? "," : "", word);
}

/**
 * apm2_run_scope_describe:
 * @self: a scope whose processes live
 *
 * Returns: (transfer full): what holds the command, as its receipt says it
 */
char *
apm2_run_scope_describe (const Apm2RunScope *self)
{
  g_autoptr (GString) limits = g_string_new (NULL);

  if (!self->is_started)
    return g_strdup ("none");
  if (self->cgroup != NULL)
    {
      add_limit (
          self, limits, "memory.max", "memory/memory.limit_in_bytes", "memory");
      add_limit (self, limits, "pids.max", "pids/pids.max", "tasks");
      add_limit (self, limits, "cpu.max", "cpu/cpu.cfs_quota_us", "cpu");
    }
  return g_strdup_printf ("systemd-%s limits=%s scope",
                          apm2_mode_to_string (self->mode),
                          limits->len > 0 ? limits->str : "none");
}

static void
tell_manager (Apm2RunScope *self, const char *method, const char *types, ...)
{
  va_list args;

  va_start (args, types);
  (void) sd_bus_call_method_asyncv (self->bus,
                                    NULL,
                                    NULL,
                                    MANAGER_PATH,
                                    MANAGER_IFACE,
                                    method,
                                    NULL,
                                    NULL,
                                    types,
                                    args);
  va_end (args);
}

/**
 * apm2_run_scope_kill:
 * @self: a scope
 *
 * Kills whatever is in it and has it removed; does nothing if it was not asked
 * for. The manager does not notice that a scope is empty if its process was
 * dying when it was put there.
 */
void
apm2_run_scope_kill (Apm2RunScope *self)
{
  if (self->pid == 0 || !apm2_run_scope_connect (self, self->mode))
    return;
  tell_manager (self, "KillUnit", "ssi", self->unit, "all", SIGKILL);
  tell_manager (self, "StopUnit", "ss", self->unit, "replace");
  (void) sd_bus_flush (self->bus);
}
