/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The calls and signals of org.apm2.Slots.
 */

#include "apm2-run-session-private.h"

#include <errno.h>

#include <glib/gi18n.h>

#include "apm2-error.h"
#include "apm2-job-id.h"
#include "apm2-names.h"

/* A broker that its socket has just started has this time to open its store, on
 * a machine that is as busy as those are where one waits for a slot. */
#define CALL_TIMEOUT_USEC (90 * (guint64) G_USEC_PER_SEC)

typedef int (*AppendFunc) (sd_bus_message *m, Apm2RunSession *self);

static int
call (Apm2RunSession *self,
      const char *method,
      AppendFunc append,
      sd_bus_message_handler_t callback)
{
  sd_bus_message *m = NULL;
  int r = sd_bus_message_new_method_call (
      self->bus, &m, NULL, APM2_OBJECT_SLOTS, APM2_IFACE_SLOTS, method);

  if (r >= 0)
    r = append (m, self);
  if (r >= 0)
    r = sd_bus_call_async (
        self->bus, NULL, m, callback, self, CALL_TIMEOUT_USEC);
  sd_bus_message_unref (m);
  return r;
}

static GError *
new_error (const sd_bus_error *refusal)
{
  const char *message
      = refusal->message != NULL ? refusal->message : refusal->name;
  Apm2Error code = APM2_ERROR_FAILED;

  if (apm2_error_find_dbus_name (refusal->name, &code))
    return g_error_new_literal (APM2_ERROR, (gint) code, message);
  if (sd_bus_error_has_names (refusal,
                              SD_BUS_ERROR_UNKNOWN_METHOD,
                              SD_BUS_ERROR_UNKNOWN_OBJECT,
                              SD_BUS_ERROR_UNKNOWN_INTERFACE))
    return g_error_new_literal (APM2_ERROR,
                                APM2_ERROR_UNAVAILABLE,
                                _ ("the broker that runs is older than this "
                                   "program and has no slots to "
                                   "give; restart apm2-daemon"));
  return g_error_new_literal (APM2_ERROR, APM2_ERROR_FAILED, message);
}

/* Whether an answer says that there is no broker any more, or soon none. */
static gboolean
is_gone (const sd_bus_error *refusal)
{
  return sd_bus_error_has_names (
             refusal, SD_BUS_ERROR_NO_REPLY, SD_BUS_ERROR_DISCONNECTED)
         || sd_bus_error_get_errno (refusal) == ECONNRESET
         || g_strcmp0 (refusal->name,
                       apm2_error_get_dbus_name (APM2_ERROR_CANCELLED))
                == 0;
}

static void
refuse (Apm2RunSession *self, const sd_bus_error *refusal)
{
  g_autoptr (GError) error = new_error (refusal);

  self->state = CLAIM_OVER;
  self->funcs->refused (self->data, error);
}

static void
take_state (Apm2RunSession *self,
            const char *state,
            guint64 token,
            const Apm2RunDetails *details)
{
  const gboolean knew = self->state == CLAIM_HELD;

  self->n_retries = 0;
  /* The answer to Withdraw is on its way, and gives this back. */
  if (self->withdrawn != NULL)
    return;
  if (g_str_equal (state, "granted") || g_str_equal (state, "nested"))
    {
      self->state = CLAIM_HELD;
      self->token = token;
      /* Over a new connection this is no news. */
      if (!knew)
        self->funcs->granted (self->data, details);
      return;
    }
  self->state = g_str_equal (state, "joined") ? CLAIM_JOINED : CLAIM_WAITING;
  self->funcs->waiting (
      self->data, self->job_id, self->state == CLAIM_JOINED, details);
}

/* --- Attach --- */

static int
append_attach (sd_bus_message *m, Apm2RunSession *self)
{
  const Apm2RunClaim *claim = self->claim;
  int r = sd_bus_message_append (m, "s", claim->spec);

  if (r >= 0)
    r = sd_bus_message_open_container (m, 'a', "{sv}");
  if (r >= 0 && claim->supersede)
    r = sd_bus_message_append (m, "{sv}", "supersede", "b", 1);
  if (r >= 0 && claim->ancestor != NULL)
    r = sd_bus_message_append (m, "{sv}", "ancestor", "s", claim->ancestor);
  return r < 0 ? r : sd_bus_message_close_container (m);
}

static int
on_attached (sd_bus_message *m, void *data, sd_bus_error *error)
{
  Apm2RunSession *self = data;
  const sd_bus_error *refusal = sd_bus_message_get_error (m);
  g_autoptr (Apm2RunDetails) details = NULL;
  const char *job_id = NULL;
  const char *state = NULL;
  guint64 token = 0;

  if (refusal != NULL)
    {
      if (is_gone (refusal))
        apm2_run_session_lose (self);
      else
        refuse (self, refusal);
      return 0;
    }
  if (sd_bus_message_read (m, "sst", &job_id, &state, &token) < 0
      || !apm2_job_id_is_valid (job_id)
      || apm2_run_wire_read_details (m, &details) < 0)
    {
      const sd_bus_error strange = SD_BUS_ERROR_MAKE_CONST (
          SD_BUS_ERROR_INCONSISTENT_MESSAGE, "its answer makes no sense");

      refuse (self, &strange);
      return 0;
    }
  g_free (self->job_id);
  self->job_id = g_strdup (job_id);
  take_state (self, state, token, details);
  return 0;
}

int
apm2_run_session_call_attach (Apm2RunSession *self)
{
  return call (self, "Attach", append_attach, on_attached);
}

/* --- Resume and Started --- */

static int
append_runner (sd_bus_message *m, Apm2RunSession *self)
{
  if (self->pid == 0)
    return sd_bus_message_append (m, "a{sv}", 0);
  return sd_bus_message_append (m,
                                "a{sv}",
                                3,
                                "pid",
                                "t",
                                self->pid,
                                "unit",
                                "s",
                                self->unit,
                                "cgroup",
                                "s",
                                self->cgroup);
}

static int
append_started (sd_bus_message *m, Apm2RunSession *self)
{
  int r = sd_bus_message_append (m, "st", self->job_id, self->token);

  return r < 0 ? r : append_runner (m, self);
}

static int
on_resumed (sd_bus_message *m, void *data, sd_bus_error *error)
{
  Apm2RunSession *self = data;
  const sd_bus_error *refusal = sd_bus_message_get_error (m);
  g_autoptr (Apm2RunDetails) details = NULL;
  const char *state = NULL;
  guint64 token = 0;

  if (self->state == CLAIM_OVER)
    return 0;
  if (refusal != NULL && is_gone (refusal))
    apm2_run_session_lose (self);
  else if (refusal != NULL && (self->result != NULL || self->withdrawn != NULL))
    return 0; /* the answer to Finish or Withdraw says the same, or more */
  else if (refusal != NULL && self->state == CLAIM_WAITING
           && g_strcmp0 (refusal->name,
                         apm2_error_get_dbus_name (APM2_ERROR_NOT_FOUND))
                  == 0)
    apm2_run_session_attach_anew (self);
  else if (refusal != NULL)
    refuse (self, refusal);
  else if (sd_bus_message_read (m, "st", &state, &token) >= 0
           && apm2_run_wire_read_details (m, &details) >= 0)
    take_state (self, state, token, details);
  return 0;
}

int
apm2_run_session_call_resume (Apm2RunSession *self)
{
  return call (self, "Resume", append_started, on_resumed);
}

static int
on_started_known (sd_bus_message *m, void *data, sd_bus_error *error)
{
  Apm2RunSession *self = data;
  const sd_bus_error *refusal = sd_bus_message_get_error (m);

  if (refusal != NULL && self->state == CLAIM_HELD && self->result == NULL
      && g_strcmp0 (refusal->name, apm2_error_get_dbus_name (APM2_ERROR_STALE))
             == 0)
    refuse (self, refusal);
  return 0;
}

int
apm2_run_session_call_started (Apm2RunSession *self)
{
  return call (self, "Started", append_started, on_started_known);
}

/* --- Finish and Withdraw --- */

static int
append_finish (sd_bus_message *m, Apm2RunSession *self)
{
  int r = sd_bus_message_append (m, "st", self->job_id, self->token);

  return r < 0 ? r : apm2_run_wire_append_result (m, self->result);
}

static int
on_settled (sd_bus_message *m, void *data, sd_bus_error *error)
{
  Apm2RunSession *self = data;
  const sd_bus_error *refusal = sd_bus_message_get_error (m);
  g_autoptr (GError) failure = NULL;
  const char *digest = NULL;

  if (self->state == CLAIM_OVER)
    return 0;
  if (refusal != NULL && is_gone (refusal))
    {
      apm2_run_session_lose (self);
      return 0;
    }
  self->state = CLAIM_OVER;
  if (refusal != NULL)
    failure = new_error (refusal);
  else
    (void) sd_bus_message_read (m, "s", &digest);
  self->funcs->settled (self->data, digest, failure);
  return 0;
}

int
apm2_run_session_call_finish (Apm2RunSession *self)
{
  return call (self, "Finish", append_finish, on_settled);
}

static int
on_withdrawn (sd_bus_message *m, void *data, sd_bus_error *error)
{
  Apm2RunSession *self = data;
  const sd_bus_error *refusal = sd_bus_message_get_error (m);
  const char *digest = NULL;

  if (self->state == CLAIM_OVER)
    return 0;
  if (refusal != NULL && is_gone (refusal))
    {
      apm2_run_session_lose (self);
      return 0;
    }
  if (refusal == NULL)
    (void) sd_bus_message_read (m, "s", &digest);
  self->state = CLAIM_OVER;
  self->funcs->settled (self->data, digest, NULL);
  return 0;
}

int
apm2_run_session_call_withdraw (Apm2RunSession *self, const char *reason)
{
  sd_bus_message *m = NULL;
  int r = sd_bus_message_new_method_call (
      self->bus, &m, NULL, APM2_OBJECT_SLOTS, APM2_IFACE_SLOTS, "Withdraw");

  if (r >= 0)
    r = sd_bus_message_append (m, "ss", self->job_id, reason);
  if (r >= 0)
    r = sd_bus_call_async (
        self->bus, NULL, m, on_withdrawn, self, CALL_TIMEOUT_USEC);
  sd_bus_message_unref (m);
  return r;
}

/* --- signals --- */

static void
take_granted (Apm2RunSession *self, sd_bus_message *m)
{
  g_autoptr (Apm2RunDetails) terms = NULL;
  guint64 token = 0;

  if (sd_bus_message_read (m, "t", &token) >= 0
      && apm2_run_wire_read_details (m, &terms) >= 0)
    take_state (self, "granted", token, terms);
}

static void
take_waiting (Apm2RunSession *self, sd_bus_message *m)
{
  g_autoptr (Apm2RunDetails) why = NULL;

  if ((self->state == CLAIM_WAITING || self->state == CLAIM_JOINED)
      && apm2_run_wire_read_details (m, &why) >= 0)
    self->funcs->waiting (
        self->data, self->job_id, self->state == CLAIM_JOINED, why);
}

static void
take_cancel (Apm2RunSession *self, sd_bus_message *m)
{
  const char *reason = NULL;
  const char *message = NULL;
  guint64 token = 0;

  if (sd_bus_message_read (m, "tss", &token, &reason, &message) >= 0
      && self->state == CLAIM_HELD && token == self->token)
    self->funcs->cancelled (self->data, reason, message);
}

static void
take_ended (Apm2RunSession *self, sd_bus_message *m)
{
  g_auto (Apm2RunEnding) ending = { 0 };
  const char *digest = NULL;

  if (self->state == CLAIM_HELD || self->state == CLAIM_OVER
      || sd_bus_message_read (m, "s", &digest) < 0
      || apm2_run_wire_read_ending (m, &ending) < 0)
    return;
  self->state = CLAIM_OVER;
  self->funcs->ended (self->data, self->job_id, digest, &ending);
}

/* Looks at whatever comes, before the answers to calls are given out. */
int
apm2_run_session_on_signal (sd_bus_message *m, void *data, sd_bus_error *error)
{
  Apm2RunSession *self = data;
  const char *member = sd_bus_message_get_member (m);
  const char *job_id = NULL;

  if (sd_bus_message_is_signal (m, "org.freedesktop.DBus.Local", "Disconnected")
      > 0)
    {
      apm2_run_session_lose (self);
      return 0;
    }
  if (sd_bus_message_is_signal (m, APM2_IFACE_SLOTS, NULL) <= 0
      || sd_bus_message_read (m, "s", &job_id) < 0
      || g_strcmp0 (job_id, self->job_id) != 0)
    return 0;
  if (g_str_equal (member, "Granted"))
    take_granted (self, m);
  else if (g_str_equal (member, "Waiting"))
    take_waiting (self, m);
  else if (g_str_equal (member, "CancelRequested"))
    take_cancel (self, m);
  else if (g_str_equal (member, "Ended"))
    take_ended (self, m);
  return 0;
}
