/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The connection that holds a slot.
 *
 * A broker that restarts keeps the slot for whoever comes back with the token.
 * So a lost connection disturbs nobody: a new one is made, at first at once and
 * then less and less often, and says again what the broker may not know.
 */

#include "apm2-run-session-private.h"

#include <errno.h>

#include "apm2-run-broker.h"

#define RETRY_MIN_USEC (20 * 1000)
#define RETRY_MAX_USEC (2 * 1000 * 1000)
/* 0 would mean a quarter of a second. */
#define RETRY_ACCURACY_USEC 1000

/**
 * apm2_run_session_new:
 * @event: the loop
 * @claim: what is asked for; outlives the session
 * @funcs: what is called when something happens
 * @data: for @funcs
 *
 * Returns: (transfer full): a session without connection
 */
Apm2RunSession *
apm2_run_session_new (sd_event *event,
                      const Apm2RunClaim *claim,
                      const Apm2RunSessionFuncs *funcs,
                      gpointer data)
{
  Apm2RunSession *self = g_new0 (Apm2RunSession, 1);

  self->event = event;
  self->claim = claim;
  self->funcs = funcs;
  self->data = data;
  self->job_id = g_strdup (claim->job_id);
  return self;
}

/**
 * apm2_run_session_free:
 * @self: (transfer full) (nullable): a session; a claim that it holds ends
 */
void
apm2_run_session_free (Apm2RunSession *self)
{
  if (self == NULL)
    return;
  self->retry = sd_event_source_disable_unref (self->retry);
  self->bus = sd_bus_close_unref (self->bus);
  g_free (self->job_id);
  g_free (self->unit);
  g_free (self->cgroup);
  g_free (self);
}

static int
open_bus (Apm2RunSession *self)
{
  int fd = apm2_run_broker_connect (self->claim->socket);
  int r = fd;

  if (fd < 0)
    return fd;
  r = sd_bus_new (&self->bus);
  if (r >= 0)
    r = sd_bus_set_fd (self->bus, fd, fd);
  if (r < 0)
    {
      self->bus = sd_bus_unref (self->bus);
      (void) close (fd);
      return r;
    }
  (void) sd_bus_negotiate_fds (self->bus, 0);
  r = sd_bus_start (self->bus);
  if (r >= 0)
    r = sd_bus_add_filter (self->bus, NULL, apm2_run_session_on_signal, self);
  if (r >= 0)
    r = sd_bus_attach_event (self->bus, self->event, SD_EVENT_PRIORITY_NORMAL);
  if (r < 0)
    self->bus = sd_bus_close_unref (self->bus);
  return r;
}

/* Who says Hello and adds no rule gets no signals but those meant for him
 * alone; others would be told of all jobs. The answer is of no interest. */
static int
say_hello (Apm2RunSession *self)
{
  return sd_bus_call_method_async (self->bus,
                                   NULL,
                                   "org.freedesktop.DBus",
                                   "/org/freedesktop/DBus",
                                   "org.freedesktop.DBus",
                                   "Hello",
                                   NULL,
                                   NULL,
                                   NULL);
}

/* Says what the broker has to know of us, over a new connection. */
static int
introduce (Apm2RunSession *self)
{
  int r = 0;

  switch (self->state)
    {
    case CLAIM_NONE:
    case CLAIM_JOINED:
      if (self->withdrawn == NULL)
        return apm2_run_session_call_attach (self);
      self->state = CLAIM_OVER;
      self->funcs->settled (self->data, NULL, NULL);
      return 0;
    case CLAIM_WAITING:
      r = apm2_run_session_call_resume (self);
      if (r >= 0 && self->withdrawn != NULL)
        r = apm2_run_session_call_withdraw (self, self->withdrawn);
      return r;
    case CLAIM_HELD:
      r = apm2_run_session_call_resume (self);
      if (r >= 0 && self->result != NULL)
        r = apm2_run_session_call_finish (self);
      return r;
    case CLAIM_OVER:
    default:
      return 0;
    }
}

/**
 * apm2_run_session_attach:
 * @self: a session without connection
 *
 * Connects, and asks for the slot.
 *
 * Returns: 0 or more, or a negative errno: -ENOENT and -ECONNREFUSED if nobody
 *   listens
 */
int
apm2_run_session_attach (Apm2RunSession *self)
{
  int r = open_bus (self);

  if (r >= 0)
    r = say_hello (self);
  if (r >= 0)
    r = introduce (self);
  if (r < 0)
    self->bus = sd_bus_close_unref (self->bus);
  return r;
}

static void schedule (Apm2RunSession *self);

static int
on_retry (sd_event_source *source, uint64_t usec, void *data)
{
  Apm2RunSession *self = data;
  int r;

  self->retry = sd_event_source_disable_unref (self->retry);
  r = apm2_run_session_attach (self);
  if (r < 0)
    {
      self->funcs->unreachable (self->data, -r);
      schedule (self);
    }
  else
    self->funcs->connected (self->data, TRUE);
  return 0;
}

static void
schedule (Apm2RunSession *self)
{
  guint64 usec = (guint64) RETRY_MIN_USEC << MIN (self->n_retries, 16U);

  if (self->retry != NULL || self->state == CLAIM_OVER)
    return;
  self->n_retries++;
  (void) sd_event_add_time_relative (self->event,
                                     &self->retry,
                                     CLOCK_BOOTTIME,
                                     MIN (usec, (guint64) RETRY_MAX_USEC),
                                     RETRY_ACCURACY_USEC,
                                     on_retry,
                                     self);
}

/* Closes what is left of the connection and sees to the next. */
void
apm2_run_session_lose (Apm2RunSession *self)
{
  if (self->bus == NULL)
    return;
  self->bus = sd_bus_close_unref (self->bus);
  if (self->state == CLAIM_OVER)
    return;
  self->funcs->connected (self->data, FALSE);
  schedule (self);
}

/**
 * apm2_run_session_attach_anew:
 * @self: a session whose job has ended, or whose connection could not be made
 *
 * Asks for the slot again.
 */
void
apm2_run_session_attach_anew (Apm2RunSession *self)
{
  self->state = CLAIM_NONE;
  g_free (self->job_id);
  self->job_id = g_strdup (self->claim->job_id);
  if (self->bus == NULL)
    schedule (self);
  else if (apm2_run_session_call_attach (self) < 0)
    apm2_run_session_lose (self);
}

/**
 * apm2_run_session_is_connected:
 * @self: a session
 *
 * Returns: whether there is a connection
 */
gboolean
apm2_run_session_is_connected (const Apm2RunSession *self)
{
  return self->bus != NULL;
}

/**
 * apm2_run_session_started:
 * @self: a session that holds its slot
 * @pid: the process that watches over the command
 * @unit: its scope, or ""
 * @cgroup: path of the control group of that, or ""
 *
 * Tells the broker that the command runs.
 */
void
apm2_run_session_started (Apm2RunSession *self,
                          pid_t pid,
                          const char *unit,
                          const char *cgroup)
{
  self->pid = (guint64) pid;
  g_free (self->unit);
  self->unit = g_strdup (unit);
  g_free (self->cgroup);
  self->cgroup = g_strdup (cgroup);
  if (self->bus != NULL && apm2_run_session_call_started (self) < 0)
    apm2_run_session_lose (self);
}

/**
 * apm2_run_session_finish:
 * @self: a session that holds its slot
 * @result: how the command ended; outlives the session
 *
 * Tells the broker, now or over the next connection; calls settled() then.
 */
void
apm2_run_session_finish (Apm2RunSession *self, const Apm2RunResult *result)
{
  self->result = result;
  if (self->bus != NULL && apm2_run_session_call_finish (self) < 0)
    apm2_run_session_lose (self);
}

/**
 * apm2_run_session_withdraw:
 * @self: a session that has no slot
 * @reason: busy or cancelled; a static string
 *
 * Gives up waiting; calls settled() when the broker knows. A slot that is
 * granted meanwhile is given up with it. Without a connection there is nothing
 * to give up.
 */
void
apm2_run_session_withdraw (Apm2RunSession *self, const char *reason)
{
  self->withdrawn = reason;
  if (self->bus == NULL || self->state == CLAIM_NONE
      || apm2_run_session_call_withdraw (self, reason) < 0)
    {
      self->state = CLAIM_OVER;
      self->funcs->settled (self->data, NULL, NULL);
    }
}
