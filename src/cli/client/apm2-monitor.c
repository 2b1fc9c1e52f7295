/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Keeps an eye on some jobs, over restarts of the broker.
 *
 * Signals are subscribed first and the state is read then, each time there is a
 * new connection, so that nothing that happened between is missed. When the
 * broker goes away it is looked for with growing pauses for a minute: the jobs
 * go on without it, so does the wait.
 */

#include "apm2-monitor.h"

#include "apm2-error.h"

#define RETRY_FIRST_MSEC 100
#define RETRY_MAX_MSEC   2000
#define GIVE_UP_USEC     (60 * G_USEC_PER_SEC)

typedef struct
{
  Apm2Monitor *monitor; /* borrowed: owns us */
  Apm2JobView *view;    /* (owned) */
  gboolean known;       /* it was read on this connection */
} Watched;

struct _Apm2Monitor
{
  const Apm2Options *options; /* borrowed: outlives the verb */
  const Apm2MonitorFuncs *funcs;
  gpointer user_data;
  GPtrArray *jobs;           /* (owned) (element-type Watched) */
  Apm2Client *client;        /* (owned) (nullable) while there is none */
  GCancellable *cancellable; /* (owned) of all calls on client */
  gint64 lost_since;         /* monotonic usec; 0: there is a connection */
  guint retry_msec;
  guint retry_timer;
};

static void start_watching (Apm2Monitor *self);
static void lose (Apm2Monitor *self);

static void
watched_free (Watched *self)
{
  apm2_job_view_free (self->view);
  g_free (self);
}

static gboolean
is_cancelled (const GError *error)
{
  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
on_opened (GObject *source, GAsyncResult *result, gpointer user_data);

static gboolean
on_retry (gpointer user_data)
{
  Apm2Monitor *self = user_data;

  self->retry_timer = 0;
  apm2_client_open_async (self->options, self->cancellable, on_opened, self);
  return G_SOURCE_REMOVE;
}

static void
schedule_retry (Apm2Monitor *self)
{
  self->retry_timer = g_timeout_add (self->retry_msec, on_retry, self);
  self->retry_msec = MIN (self->retry_msec * 2, RETRY_MAX_MSEC);
}

static void
on_opened (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  Apm2Client *client = apm2_client_open_finish (result, &error);
  Apm2Monitor *self = user_data;

  if (client == NULL && is_cancelled (error))
    return; /* self is gone */
  if (client != NULL)
    {
      self->client = client;
      self->lost_since = 0;
      self->funcs->back (self->user_data);
      start_watching (self);
    }
  else if (g_get_monotonic_time () - self->lost_since > GIVE_UP_USEC)
    self->funcs->failed (error, self->user_data);
  else
    schedule_retry (self);
}

static void
lose (Apm2Monitor *self)
{
  if (self->lost_since != 0)
    return;
  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  self->cancellable = g_cancellable_new ();
  g_clear_pointer (&self->client, apm2_client_close);
  for (guint i = 0; i < self->jobs->len; i++)
    ((Watched *) g_ptr_array_index (self->jobs, i))->known = FALSE;
  self->lost_since = g_get_monotonic_time ();
  self->retry_msec = RETRY_FIRST_MSEC;
  self->funcs->lost (self->user_data);
  schedule_retry (self);
}

static void
on_gone (gpointer user_data)
{
  lose (user_data);
}

static void
on_job_changed (GVariant *changed, gpointer user_data)
{
  Watched *watched = user_data;

  apm2_job_view_update (watched->view, changed);
  /* What came before the first read is contained in it. */
  if (watched->known)
    watched->monitor->funcs->changed (watched->view,
                                      watched->monitor->user_data);
}

static void
on_job_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) dict = apm2_client_read_job_finish (result, &error);
  Watched *watched = user_data;
  Apm2Monitor *self;

  if (dict == NULL && is_cancelled (error))
    return; /* watched may be gone */
  self = watched->monitor;
  if (dict != NULL)
    {
      apm2_job_view_update (watched->view, dict);
      watched->known = TRUE;
      self->funcs->changed (watched->view, self->user_data);
    }
  else if (g_error_matches (error, APM2_ERROR, APM2_ERROR_UNAVAILABLE))
    lose (self);
  else
    self->funcs->failed (error, self->user_data);
}

static void
start_watching (Apm2Monitor *self)
{
  apm2_client_set_gone_func (self->client, on_gone, self);
  for (guint i = 0; i < self->jobs->len; i++)
    {
      Watched *watched = g_ptr_array_index (self->jobs, i);

      apm2_client_watch_job (
          self->client, watched->view->id, on_job_changed, watched);
      apm2_client_read_job_async (self->client,
                                  watched->view->id,
                                  self->cancellable,
                                  on_job_read,
                                  watched);
    }
}

/**
 * apm2_monitor_new:
 * @options: how to find the broker again; must outlive the monitor
 * @client: (transfer full): the broker
 * @job_ids: (array zero-terminated=1): ids of jobs
 * @funcs: what to call; must outlive the monitor
 * @user_data: for @funcs
 *
 * Begins at once; needs a running main loop.
 *
 * Returns: (transfer full): a monitor
 */
Apm2Monitor *
apm2_monitor_new (const Apm2Options *options,
                  Apm2Client *client,
                  const char *const *job_ids,
                  const Apm2MonitorFuncs *funcs,
                  gpointer user_data)
{
  Apm2Monitor *self = g_new0 (Apm2Monitor, 1);

  self->options = options;
  self->client = client;
  self->funcs = funcs;
  self->user_data = user_data;
  self->cancellable = g_cancellable_new ();
  self->jobs = g_ptr_array_new_with_free_func ((GDestroyNotify) watched_free);
  for (gsize i = 0; job_ids[i] != NULL; i++)
    {
      Watched *watched = g_new0 (Watched, 1);

      watched->monitor = self;
      watched->view = apm2_job_view_new (job_ids[i]);
      g_ptr_array_add (self->jobs, watched);
    }
  start_watching (self);
  return self;
}

/**
 * apm2_monitor_free:
 * @self: a monitor
 *
 * Nothing is called any more.
 */
void
apm2_monitor_free (Apm2Monitor *self)
{
  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_handle_id (&self->retry_timer, g_source_remove);
  g_clear_pointer (&self->client, apm2_client_close);
  g_clear_pointer (&self->jobs, g_ptr_array_unref);
  g_free (self);
}

/**
 * apm2_monitor_get_client:
 * @self: a monitor
 *
 * Returns: (transfer none) (nullable): the broker, if it is there
 */
Apm2Client *
apm2_monitor_get_client (Apm2Monitor *self)
{
  return self->client;
}
