/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * How everything is, seen by the CLI.
 *
 * The report comes from systemd and the heartbeat files, with the broker or
 * without it. To knock at the broker's socket while only systemd listens there
 * would start the broker: so it is asked only if its unit is active, or if no
 * socket unit listens for it.
 */

#include "apm2-services.h"

#include <glib/gi18n.h>

#include "apm2-client.h"
#include "apm2-error.h"
#include "apm2-names.h"
#include "apm2-services-watch.h"

/* A broker that is well answers in milliseconds. */
#define ANSWER_SEC 5
/* While something is wrong with a heartbeat: to see that it is well again. */
#define LOOK_SEC 2
/* Where no service manager tells that the broker is back. */
#define KNOCK_SEC 2

struct _Apm2Services
{
  const Apm2Options *options; /* borrowed */
  gboolean follow;
  Apm2ServicesFunc func;
  gpointer user_data;
  Apm2Paths *paths;         /* (owned) */
  Apm2ServicesWatch *watch; /* (owned) */
  Apm2Client *client;       /* (owned) (nullable) the broker */
  GCancellable *asking;     /* (owned) (nullable) the broker */
  guint deadline;           /* timer: of what is asked */
  guint look;               /* timer */
  guint knock;              /* timer */
  gboolean is_complete;
  /* What the broker says. */
  char *version;
  Apm2HealthLevel health;
  GStrv reasons;
};

static void ask_broker (Apm2Services *self);

/* --- what is told --- */

static gboolean
on_look (gpointer user_data)
{
  Apm2Services *self = user_data;

  self->look = 0;
  apm2_services_watch_refresh (self->watch);
  return G_SOURCE_REMOVE;
}

static gboolean
has_sick_heartbeat (const Apm2ServicesReport *report)
{
  for (guint i = 0; i < report->heartbeats->len; i++)
    {
      const Apm2HeartbeatReport *heartbeat
          = g_ptr_array_index (report->heartbeats, i);

      if (*heartbeat->reason != '\0')
        return TRUE;
    }
  return FALSE;
}

static void
tell (Apm2Services *self)
{
  const Apm2ServicesReport *report
      = apm2_services_watch_get_report (self->watch);

  if (self->follow && self->look == 0 && has_sick_heartbeat (report))
    self->look = g_timeout_add_seconds (LOOK_SEC, on_look, self);
  self->func (report, self->user_data);
}

/* @problem: (nullable): of the broker. */
static void
set_broker (Apm2Services *self, const char *problem)
{
  apm2_services_watch_set_broker (self->watch,
                                  problem,
                                  self->version,
                                  self->health,
                                  (const char *const *) self->reasons);
  if (self->is_complete)
    return;
  self->is_complete = TRUE;
  tell (self);
}

/* --- the broker --- */

static gboolean
on_knock (gpointer user_data)
{
  Apm2Services *self = user_data;

  self->knock = 0;
  ask_broker (self);
  return G_SOURCE_REMOVE;
}

static void
drop_broker (Apm2Services *self, const char *problem)
{
  const Apm2ServicesReport *report
      = apm2_services_watch_get_report (self->watch);

  g_clear_handle_id (&self->deadline, g_source_remove);
  if (self->asking != NULL)
    g_cancellable_cancel (self->asking);
  g_clear_object (&self->asking);
  g_clear_pointer (&self->client, apm2_client_close);
  g_clear_pointer (&self->version, g_free);
  g_clear_pointer (&self->reasons, g_strfreev);
  self->health = APM2_HEALTH_LEVEL_UNKNOWN;
  if (self->follow && !report->manager_reachable && self->knock == 0)
    self->knock = g_timeout_add_seconds (KNOCK_SEC, on_knock, self);
  set_broker (self, problem);
}

static gboolean
on_deadline (gpointer user_data)
{
  Apm2Services *self = user_data;

  self->deadline = 0;
  drop_broker (self, _ ("it listens and does not answer"));
  return G_SOURCE_REMOVE;
}

static void
on_gone (gpointer user_data)
{
  drop_broker (user_data, _ ("it went away"));
}

static void
take_properties (Apm2Services *self, GVariant *properties)
{
  const char *text = NULL;
  g_autofree const char **reasons = NULL;

  if (g_variant_lookup (properties, "Version", "&s", &text))
    {
      g_free (self->version);
      self->version = g_strdup (text);
    }
  if (g_variant_lookup (properties, "OverallHealth", "&s", &text)
      && !apm2_health_level_from_string (text, &self->health))
    self->health = APM2_HEALTH_LEVEL_DEGRADED;
  if (g_variant_lookup (properties, "OverallReasons", "^a&s", &reasons))
    {
      g_strfreev (self->reasons);
      self->reasons = g_strdupv ((char **) reasons);
    }
  set_broker (self, NULL);
}

static void
on_properties_changed (GVariant *changed, gpointer user_data)
{
  Apm2Services *self = user_data;

  /* Nothing before all of them were read. */
  if (self->version != NULL)
    take_properties (self, changed);
}

static void
on_properties_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) properties
      = apm2_client_read_properties_finish (result, &error);
  Apm2Services *self = user_data;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED)
      || g_error_matches (error, APM2_ERROR, APM2_ERROR_CANCELLED))
    return;
  g_clear_handle_id (&self->deadline, g_source_remove);
  if (properties != NULL)
    take_properties (self, properties);
  else
    drop_broker (self, error->message);
}

/* The words for who wants to reach it are too many for one line of a list. */
static char *
describe_failure (Apm2Services *self, const GError *error)
{
  if (!g_error_matches (error, APM2_ERROR, APM2_ERROR_UNAVAILABLE))
    return g_strdup (error->message);
  return g_strdup_printf (_ ("nobody answers at %s"),
                          self->paths->operator_socket);
}

static void
on_client_open (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  Apm2Client *client = apm2_client_open_finish (result, &error);
  Apm2Services *self = user_data;

  if (client == NULL
      && (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED)
          || g_error_matches (error, APM2_ERROR, APM2_ERROR_CANCELLED)))
    return;
  if (client == NULL)
    {
      g_autofree char *problem = describe_failure (self, error);

      drop_broker (self, problem);
      return;
    }
  self->client = client;
  apm2_client_set_gone_func (client, on_gone, self);
  apm2_client_watch_properties (client,
                                APM2_OBJECT_ROOT,
                                APM2_IFACE_SERVICES,
                                on_properties_changed,
                                self);
  apm2_client_read_properties_async (client,
                                     APM2_OBJECT_ROOT,
                                     APM2_IFACE_SERVICES,
                                     self->asking,
                                     on_properties_read,
                                     self);
}

/* Returns: (nullable): why the broker must not be knocked at */
static char *
why_not_knock (Apm2Services *self)
{
  const Apm2ServicesReport *report
      = apm2_services_watch_get_report (self->watch);
  const Apm2ServiceReport *daemon
      = apm2_services_report_find (report, APM2_UNIT_DAEMON);
  const Apm2ServiceReport *socket
      = apm2_services_report_find (report, APM2_UNIT_SOCKET);
  const char *state = daemon != NULL ? daemon->unit->active_state : "";

  if (socket == NULL || !g_str_equal (socket->unit->active_state, "active")
      || g_str_equal (state, "active") || g_str_equal (state, "reloading"))
    return NULL;
  return g_strdup_printf (_ ("%s is %s"), APM2_UNIT_DAEMON, state);
}

static void
ask_broker (Apm2Services *self)
{
  g_autofree char *reason = why_not_knock (self);

  if (reason != NULL)
    {
      drop_broker (self, reason);
      return;
    }
  if (self->asking != NULL)
    return;
  self->asking = g_cancellable_new ();
  self->deadline = g_timeout_add_seconds (ANSWER_SEC, on_deadline, self);
  apm2_client_open_async (self->options, self->asking, on_client_open, self);
}

static void
on_settled (Apm2Services *self)
{
  ask_broker (self);
}

static gboolean
is_daemon_active (const Apm2ServicesReport *report)
{
  const Apm2ServiceReport *daemon
      = apm2_services_report_find (report, APM2_UNIT_DAEMON);

  return daemon != NULL && g_str_equal (daemon->unit->active_state, "active");
}

static void
on_changed (Apm2Services *self,
            const Apm2ServicesReport *before,
            const Apm2ServicesReport *now)
{
  if (!self->is_complete || !self->follow)
    return;
  tell (self);
  if (self->client == NULL && !is_daemon_active (before)
      && is_daemon_active (now))
    ask_broker (self);
}

/**
 * apm2_services_new:
 * @options: say which mode; must outlive the services
 * @follow: whether more than the first report is wanted
 * @func: gets the report
 * @user_data: for @func
 * @error: INVALID_ARGUMENT if the environment is of no use
 *
 * Returns: (transfer full): the services, not looked at yet
 */
Apm2Services *
apm2_services_new (const Apm2Options *options,
                   gboolean follow,
                   Apm2ServicesFunc func,
                   gpointer user_data,
                   GError **error)
{
  Apm2Paths *paths = apm2_paths_new (options->mode, error);
  Apm2Services *self = NULL;

  if (paths == NULL)
    return NULL;
  self = g_new0 (Apm2Services, 1);
  self->options = options;
  self->follow = follow;
  self->func = func;
  self->user_data = user_data;
  self->paths = paths;
  self->watch = apm2_services_watch_new (paths);
  self->health = APM2_HEALTH_LEVEL_UNKNOWN;
  g_signal_connect_swapped (
      self->watch, "settled", G_CALLBACK (on_settled), self);
  g_signal_connect_swapped (
      self->watch, "changed", G_CALLBACK (on_changed), self);
  return self;
}

/**
 * apm2_services_free:
 * @self: (transfer full) (nullable): the services
 */
void
apm2_services_free (Apm2Services *self)
{
  if (self == NULL)
    return;
  g_signal_handlers_disconnect_by_data (self->watch, self);
  apm2_services_watch_stop (self->watch);
  g_object_unref (self->watch);
  g_clear_handle_id (&self->deadline, g_source_remove);
  g_clear_handle_id (&self->look, g_source_remove);
  g_clear_handle_id (&self->knock, g_source_remove);
  if (self->asking != NULL)
    g_cancellable_cancel (self->asking);
  g_clear_object (&self->asking);
  g_clear_pointer (&self->client, apm2_client_close);
  g_free (self->version);
  g_strfreev (self->reasons);
  apm2_paths_free (self->paths);
  g_free (self);
}

/**
 * apm2_services_start:
 * @self: the services
 *
 * Begins to look; needs a running main loop.
 */
void
apm2_services_start (Apm2Services *self)
{
  apm2_services_watch_start (self->watch);
}

/**
 * apm2_services_get_paths:
 * @self: the services
 *
 * Returns: (transfer none): where they live
 */
const Apm2Paths *
apm2_services_get_paths (Apm2Services *self)
{
  return self->paths;
}

/**
 * apm2_services_get_report:
 * @self: the services
 *
 * Returns: (transfer none): the report, until it is made anew
 */
const Apm2ServicesReport *
apm2_services_get_report (Apm2Services *self)
{
  return apm2_services_watch_get_report (self->watch);
}

/**
 * apm2_services_await:
 * @self: the services, not started
 *
 * Starts, and waits on the main context until all is known.
 *
 * Returns: (transfer none): the report
 */
const Apm2ServicesReport *
apm2_services_await (Apm2Services *self)
{
  apm2_services_start (self);
  while (!self->is_complete)
    g_main_context_iteration (NULL, TRUE);
  return apm2_services_get_report (self);
}
