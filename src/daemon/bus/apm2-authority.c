/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The authority of the system: polkit, asked whether a caller may do something.
 *
 * Only a clear yes is one. Silence, an error, an answer of another shape and a
 * polkitd that is not there are all a no.
 *
 * It is asked by its D-Bus interface, on the connection over which the call
 * came: the bus tells of a caller that leaves and of polkit's answer in the
 * order in which they happened, and an answer is checked before it is read.
 */

#include "apm2-authority.h"

#include "apm2-error.h"

#define POLKIT_NAME  "org.freedesktop.PolicyKit1"
#define POLKIT_PATH  "/org/freedesktop/PolicyKit1/Authority"
#define POLKIT_IFACE "org.freedesktop.PolicyKit1.Authority"

#define ALLOW_USER_INTERACTION 1U

/* Rules may run programs; a person may look for a password. */
#define PATIENCE_MSEC             (10 * 1000)
#define INTERACTIVE_PATIENCE_MSEC (5 * 60 * 1000)

typedef struct
{
  char *action;          /* (owned) */
  char *cancellation_id; /* (owned) */
  gboolean wants_password;
} Asking;

static void
asking_free (gpointer data)
{
  Asking *self = data;

  g_free (self->action);
  g_free (self->cancellation_id);
  g_free (self);
}

/* A dialog that nobody waits for any more is closed. */
static void
call_off (GDBusConnection *bus, const Asking *asking)
{
  g_dbus_connection_call (bus,
                          POLKIT_NAME,
                          POLKIT_PATH,
                          POLKIT_IFACE,
                          "CancelCheckAuthorization",
                          g_variant_new ("(s)", asking->cancellation_id),
                          NULL,
                          G_DBUS_CALL_FLAGS_NO_AUTO_START,
                          -1,
                          NULL,
                          NULL,
                          NULL);
}

/* @error: (transfer full) */
static GError *
explain_failure (const Asking *asking, GError *error)
{
  g_autoptr (GError) owned = error;

  g_dbus_error_strip_remote_error (owned);
  return g_error_new (APM2_ERROR,
                      APM2_ERROR_NOT_AUTHORIZED,
                      "Cannot ask polkit for %s: %s; use the operator socket "
                      "as root or a member of the group of the service",
                      asking->action,
                      owned->message);
}

static GError *
explain_no (const Asking *asking, GVariant *details)
{
  const char *dismissed = NULL;

  if (g_variant_lookup (details, "polkit.dismissed", "&s", &dismissed))
    return g_error_new (APM2_ERROR,
                        APM2_ERROR_NOT_AUTHORIZED,
                        "Nobody authenticated for %s: the question was "
                        "dismissed",
                        asking->action);
  if (asking->wants_password)
    return g_error_new (APM2_ERROR,
                        APM2_ERROR_NOT_AUTHORIZED,
                        "%s needs an administrator to authenticate; call as "
                        "root or a member of the group of the service, or let "
                        "a password be asked for",
                        asking->action);
  return g_error_new (APM2_ERROR,
                      APM2_ERROR_NOT_AUTHORIZED,
                      "polkit refuses %s; see “pkaction --verbose --action-id "
                      "%s” and the rules of this machine",
                      asking->action,
                      asking->action);
}

static void
on_answer (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Asking *asking = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (
      G_DBUS_CONNECTION (source), result, &error);
  g_autoptr (GVariant) details = NULL;
  gboolean is_allowed = FALSE;

  if (reply == NULL)
    {
      if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED)
          || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
        call_off (G_DBUS_CONNECTION (source), asking);
      g_task_return_error (task,
                           explain_failure (asking, g_steal_pointer (&error)));
      return;
    }
  g_variant_get (
      reply, "((bb@a{ss}))", &is_allowed, &asking->wants_password, &details);
  if (is_allowed)
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, explain_no (asking, details));
}

static GVariant *
new_details (const Apm2AuthorityQuestion *question)
{
  GVariantBuilder details = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a{ss}"));

  if (question->job != NULL)
    g_variant_builder_add (&details, "{ss}", "job", question->job);
  if (question->lane != NULL)
    g_variant_builder_add (&details, "{ss}", "lane", question->lane);
  return g_variant_builder_end (&details);
}

static GVariant *
new_subject (const Apm2AuthorityQuestion *question)
{
  GVariantBuilder subject = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);

  g_variant_builder_add (
      &subject, "{sv}", "name", g_variant_new_string (question->caller));
  return g_variant_new (
      "(s@a{sv})", "system-bus-name", g_variant_builder_end (&subject));
}

/**
 * apm2_authority_ask_async:
 * @bus: the system bus
 * @question: what is asked; copied
 * @cancellable: (nullable): calls it off, and closes a dialog
 * @callback: gets the answer
 * @user_data: for @callback
 *
 * Asks polkit. Takes as long as a rule runs, and minutes where a person is
 * asked.
 */
void
apm2_authority_ask_async (GDBusConnection *bus,
                          const Apm2AuthorityQuestion *question,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  static guint64 n_asked = 0;
  GTask *task = g_task_new (NULL, NULL, callback, user_data);
  Asking *asking = g_new0 (Asking, 1);

  g_return_if_fail (question->caller != NULL && question->action != NULL);

  asking->action = g_strdup (question->action);
  asking->cancellation_id
      = g_strdup_printf ("apm2-%" G_GUINT64_FORMAT, ++n_asked);
  g_task_set_source_tag (task, apm2_authority_ask_async);
  g_task_set_task_data (task, asking, asking_free);
  g_dbus_connection_call (
      bus,
      POLKIT_NAME,
      POLKIT_PATH,
      POLKIT_IFACE,
      "CheckAuthorization",
      g_variant_new ("(@(sa{sv})s@a{ss}us)",
                     new_subject (question),
                     question->action,
                     new_details (question),
                     question->interactive ? ALLOW_USER_INTERACTION : 0U,
                     asking->cancellation_id),
      G_VARIANT_TYPE ("((bba{ss}))"),
      G_DBUS_CALL_FLAGS_NONE,
      question->interactive ? INTERACTIVE_PATIENCE_MSEC : PATIENCE_MSEC,
      cancellable,
      on_answer,
      task);
}

/**
 * apm2_authority_ask_finish:
 * @result: what the callback got
 * @ret_wants_password: (out): whether a password would help
 * @error: NOT_AUTHORIZED for every other answer than yes
 *
 * Returns: %TRUE if polkit said yes
 */
gboolean
apm2_authority_ask_finish (GAsyncResult *result,
                           gboolean *ret_wants_password,
                           GError **error)
{
  const Asking *asking = NULL;

  *ret_wants_password = FALSE;
  g_return_val_if_fail (
      g_async_result_is_tagged (result, apm2_authority_ask_async), FALSE);

  asking = g_task_get_task_data (G_TASK (result));
  *ret_wants_password = asking->wants_password;
  return g_task_propagate_boolean (G_TASK (result), error);
}
