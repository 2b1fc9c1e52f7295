/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The way of a call on the system bus to its permit.
 *
 * The bus says who the caller is; the judge says what the call needs; polkit
 * says whether the caller may; the bus says that the caller is still there. Any
 * other answer on this way ends it, and nothing was done. A caller that leaves
 * while a person is asked takes the dialog along.
 */

#include "apm2-permit.h"

#include "apm2-error.h"
#include "apm2-invocation.h"

#define BUS_TIMEOUT_MSEC 5000
/* One user must not keep polkit busy, or all memory. */
#define OPEN_MAX     512
#define OPEN_UID_MAX 64

#define NOBODY ((guint32) -1)

struct _Apm2Permit
{
  GDBusMethodInvocation *invocation; /* (owned) (nullable) until answered */
  Apm2PermitFunc judge;
  Apm2PermitFunc serve;
  gpointer user_data;
  GDestroyNotify destroy;
  GCancellable *cancellable; /* (owned) */
  guint watch;               /* of the caller's name */
  guint32 uid;               /* of the caller; NOBODY until it is known */
};

static guint n_open = 0;
static GHashTable *open_of_uid = NULL; /* uid -> number */

static guint
get_open (guint32 uid)
{
  gpointer n = NULL;

  if (open_of_uid != NULL)
    n = g_hash_table_lookup (open_of_uid, GUINT_TO_POINTER (uid));
  return GPOINTER_TO_UINT (n);
}

static void
set_open (guint32 uid, guint n)
{
  if (open_of_uid == NULL)
    open_of_uid = g_hash_table_new (NULL, NULL);
  if (n > 0)
    (void) g_hash_table_insert (
        open_of_uid, GUINT_TO_POINTER (uid), GUINT_TO_POINTER (n));
  else
    (void) g_hash_table_remove (open_of_uid, GUINT_TO_POINTER (uid));
}

static void
permit_free (Apm2Permit *self)
{
  n_open--;
  if (self->uid != NOBODY)
    set_open (self->uid, get_open (self->uid) - 1);
  g_clear_handle_id (&self->watch, g_bus_unwatch_name);
  g_clear_object (&self->invocation);
  g_object_unref (self->cancellable);
  self->destroy (self->user_data);
  g_free (self);
}

static GDBusConnection *
get_bus (Apm2Permit *self)
{
  return g_dbus_method_invocation_get_connection (self->invocation);
}

/* A reply to (u), or NOBODY. */
static guint32
read_uid (GObject *source, GAsyncResult *result)
{
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (
      G_DBUS_CONNECTION (source), result, NULL);
  guint32 uid = NOBODY;

  if (reply != NULL)
    g_variant_get (reply, "(u)", &uid);
  return uid;
}

static void
ask_uid (Apm2Permit *self, GAsyncReadyCallback callback)
{
  g_dbus_connection_call (
      get_bus (self),
      "org.freedesktop.DBus",
      "/org/freedesktop/DBus",
      "org.freedesktop.DBus",
      "GetConnectionUnixUser",
      g_variant_new ("(s)",
                     g_dbus_method_invocation_get_sender (self->invocation)),
      G_VARIANT_TYPE ("(u)"),
      G_DBUS_CALL_FLAGS_NONE,
      BUS_TIMEOUT_MSEC,
      NULL,
      callback,
      self);
}

static void
refuse_unknown (Apm2Permit *self)
{
  apm2_permit_refuse (
      self,
      g_error_new (APM2_ERROR,
                   APM2_ERROR_NOT_AUTHORIZED,
                   "The message bus does not say who %s is; nothing was done",
                   g_dbus_method_invocation_get_sender (self->invocation)));
}

static void
refuse_too_many (Apm2Permit *self)
{
  apm2_permit_refuse (
      self,
      g_error_new_literal (APM2_ERROR,
                           APM2_ERROR_LIMIT_EXCEEDED,
                           "Too many calls wait for an authorisation; wait for "
                           "answers before calling again"));
}

static void
on_caller_known (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Apm2Permit *self = user_data;
  const guint32 uid = read_uid (source, result);

  if (uid == NOBODY)
    {
      refuse_unknown (self);
      return;
    }
  if (get_open (uid) >= OPEN_UID_MAX)
    {
      refuse_too_many (self);
      return;
    }
  self->uid = uid;
  set_open (uid, get_open (uid) + 1);
  self->judge (self, self->user_data);
}

/**
 * apm2_permit_open:
 * @invocation: (transfer full): a call on the system bus
 * @judge: called when the caller is known; ends the permit
 * @serve: called when the permit is granted; answers the call
 * @user_data: for both
 * @destroy: called on @user_data in the end
 *
 * Begins the way; the call is answered in any case.
 */
void
apm2_permit_open (GDBusMethodInvocation *invocation,
                  Apm2PermitFunc judge,
                  Apm2PermitFunc serve,
                  gpointer user_data,
                  GDestroyNotify destroy)
{
  Apm2Permit *self = g_new0 (Apm2Permit, 1);

  self->invocation = invocation;
  self->judge = judge;
  self->serve = serve;
  self->user_data = user_data;
  self->destroy = destroy;
  self->cancellable = g_cancellable_new ();
  self->uid = NOBODY;
  if (++n_open > OPEN_MAX)
    refuse_too_many (self);
  else
    ask_uid (self, on_caller_known);
}

/**
 * apm2_permit_get_invocation:
 * @self: a permit
 *
 * Returns: (transfer none): the call that it is for
 */
GDBusMethodInvocation *
apm2_permit_get_invocation (Apm2Permit *self)
{
  return self->invocation;
}

/**
 * apm2_permit_steal_invocation:
 * @self: a permit that was granted
 *
 * Returns: (transfer full): the call, for who answers it
 */
GDBusMethodInvocation *
apm2_permit_steal_invocation (Apm2Permit *self)
{
  return g_steal_pointer (&self->invocation);
}

/**
 * apm2_permit_get_uid:
 * @self: a permit
 *
 * Returns: as which user the caller connected to the bus, by the kernel's word
 */
guint32
apm2_permit_get_uid (Apm2Permit *self)
{
  return self->uid;
}

static void
on_still_there (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Apm2Permit *self = user_data;

  if (read_uid (source, result) != self->uid)
    {
      refuse_unknown (self);
      return;
    }
  self->serve (self, self->user_data);
  permit_free (self);
}

/**
 * apm2_permit_grant:
 * @self: (transfer full): a permit
 *
 * The call is served if the caller is still there.
 */
void
apm2_permit_grant (Apm2Permit *self)
{
  ask_uid (self, on_still_there);
}

/**
 * apm2_permit_refuse:
 * @self: (transfer full): a permit
 * @error: (transfer full): why
 *
 * The call fails; with an error of D-Bus if @error is of %G_DBUS_ERROR.
 */
void
apm2_permit_refuse (Apm2Permit *self, GError *error)
{
  GDBusMethodInvocation *invocation = apm2_permit_steal_invocation (self);

  if (error->domain == G_DBUS_ERROR)
    g_dbus_method_invocation_take_error (invocation, error);
  else
    apm2_invocation_take_error (invocation, error);
  permit_free (self);
}

/* By the name that the D-Bus world has for it: a client may ask once more and
 * allow the question. */
static void
refuse_for_password (Apm2Permit *self, const GError *error)
{
  g_dbus_method_invocation_return_dbus_error (
      apm2_permit_steal_invocation (self),
      "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired",
      error->message);
  permit_free (self);
}

static gboolean
is_interactive (Apm2Permit *self)
{
  return (g_dbus_message_get_flags (
              g_dbus_method_invocation_get_message (self->invocation))
          & G_DBUS_MESSAGE_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION)
         != 0;
}

static void
on_answer (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Apm2Permit *self = user_data;
  g_autoptr (GError) error = NULL;
  gboolean wants_password = FALSE;

  g_clear_handle_id (&self->watch, g_bus_unwatch_name);
  if (apm2_authority_ask_finish (result, &wants_password, &error))
    apm2_permit_grant (self);
  else if (wants_password && !is_interactive (self))
    refuse_for_password (self, error);
  else
    apm2_permit_refuse (self, g_steal_pointer (&error));
}

static void
on_caller_vanished (GDBusConnection *bus, const char *name, gpointer user_data)
{
  Apm2Permit *self = user_data;

  g_cancellable_cancel (self->cancellable);
}

/**
 * apm2_permit_ask:
 * @self: (transfer full): a permit
 * @action: what the call does, %APM2_ACTION_SUBMIT and so on
 * @job: (nullable): id of the job that it is about
 * @lane: (nullable): name of the lane that it is about
 *
 * The call is served if polkit allows the caller to do @action.
 */
void
apm2_permit_ask (Apm2Permit *self,
                 const char *action,
                 const char *job,
                 const char *lane)
{
  const Apm2AuthorityQuestion question = {
    .caller = g_dbus_method_invocation_get_sender (self->invocation),
    .action = action,
    .job = job,
    .lane = lane,
    .interactive = is_interactive (self),
  };

  self->watch = g_bus_watch_name_on_connection (get_bus (self),
                                                question.caller,
                                                G_BUS_NAME_WATCHER_FLAGS_NONE,
                                                NULL,
                                                on_caller_vanished,
                                                self,
                                                NULL);
  apm2_authority_ask_async (
      get_bus (self), &question, self->cancellable, on_answer, self);
}

/**
 * apm2_permit_anybody:
 * @data: of the face
 * @object: of the call
 * @parameters: of the call
 * @self: (transfer full): a permit
 *
 * The judge of methods that only look: grants.
 */
void
apm2_permit_anybody (gpointer data,
                     gpointer object,
                     GVariant *parameters,
                     Apm2Permit *self)
{
  apm2_permit_grant (self);
}

/**
 * apm2_permit_managers:
 * @data: of the face
 * @object: of the call
 * @parameters: of the call
 * @self: (transfer full): a permit
 *
 * The judge of methods that look after all that there is: asks for leave to
 * manage, of no job and no lane.
 */
void
apm2_permit_managers (gpointer data,
                      gpointer object,
                      GVariant *parameters,
                      Apm2Permit *self)
{
  apm2_permit_ask (self, APM2_ACTION_MANAGE, NULL, NULL);
}
