/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * org.freedesktop.LogControl1: how much is logged, and where to, while the
 * broker runs; "systemctl service-log-level" speaks it.
 *
 * The interface is systemd's. Only our own user and root may change anything:
 * a debug log tells more, and a silent one hides. Who calls over a message bus
 * is asked from the bus, and without its answer nothing changes.
 */

#include "apm2-log-control.h"

#include <unistd.h>

#include "apm2-invocation.h"
#include "apm2-log.h"
#include "apm2-names.h"

#define BUS_TIMEOUT_MSEC 5000

struct _Apm2LogControl
{
  GObject parent_instance;

  Apm2Tree *tree;
  Apm2Face face;
};

G_DEFINE_FINAL_TYPE (Apm2LogControl, apm2_log_control, G_TYPE_OBJECT)

#define EMITS(word)                                                            \
  "<annotation "                                                               \
  "name='org.freedesktop.DBus.Property.EmitsChangedSignal' value='" word "'/>"

static const char xml[]
    = "<node>"
      "<interface name='" APM2_IFACE_LOG_CONTROL "'>"
      "<property name='LogLevel' type='s' access='readwrite'>" EMITS (
          "false") "</property>"
                   "<property name='LogTarget' type='s' "
                   "access='readwrite'>" EMITS (
                       "false") "</property>"
                                "<property name='SyslogIdentifier' type='s' "
                                "access='read'>" EMITS ("const") "</property>"
                                                                 "</interface>"
                                                                 "</node>";

static GDBusInterfaceInfo *
get_info (void)
{
  static GDBusNodeInfo *node = NULL;

  if (node == NULL)
    {
      g_autoptr (GError) error = NULL;

      node = g_dbus_node_info_new_for_xml (xml, &error);
      g_assert_no_error (error);
    }
  return node->interfaces[0];
}

static void
apm2_log_control_finalize (GObject *object)
{
  Apm2LogControl *self = APM2_LOG_CONTROL (object);

  g_object_unref (self->tree);
  G_OBJECT_CLASS (apm2_log_control_parent_class)->finalize (object);
}

static void
apm2_log_control_class_init (Apm2LogControlClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = apm2_log_control_finalize;
}

static void
apm2_log_control_init (Apm2LogControl *self)
{
}

static GVariant *
get_property (gpointer data, gpointer object, const char *name)
{
  if (g_str_equal (name, "LogLevel"))
    return g_variant_new_string (apm2_log_get_level ());
  if (g_str_equal (name, "LogTarget"))
    return g_variant_new_string (apm2_log_get_target ());
  if (g_str_equal (name, "SyslogIdentifier"))
    return g_variant_new_string (apm2_log_get_identifier ());
  g_return_val_if_reached (NULL);
}

static gboolean
set_value (const char *name, const char *word, GError **error)
{
  if (g_str_equal (name, "LogLevel"))
    {
      if (apm2_log_set_level (word))
        return TRUE;
      g_set_error (error,
                   APM2_ERROR,
                   APM2_ERROR_INVALID_ARGUMENT,
                   "“%s” is no log level; there are: emerg, alert, crit, err, "
                   "warning, notice, info, debug",
                   word);
      return FALSE;
    }
  if (apm2_log_set_target (word))
    return TRUE;
  g_set_error (error,
               APM2_ERROR,
               APM2_ERROR_INVALID_ARGUMENT,
               "“%s” is no log target; there are: auto, console, journal",
               word);
  return FALSE;
}

/* @invocation: (transfer full) */
static void
change (const char *name,
        const char *word,
        guint32 uid,
        GDBusMethodInvocation *invocation)
{
  GError *error = NULL;

  if (uid != 0 && uid != geteuid ())
    {
      apm2_invocation_fail (invocation,
                            APM2_ERROR_NOT_AUTHORIZED,
                            "Only user %u and root may change %s",
                            geteuid (),
                            name);
      return;
    }
  if (!set_value (name, word, &error))
    {
      apm2_invocation_take_error (invocation, error);
      return;
    }
  apm2_log (G_LOG_LEVEL_MESSAGE, NULL, "%s is \"%s\" now", name, word);
  g_dbus_method_invocation_return_value (invocation, NULL);
}

typedef struct
{
  char *name;
  char *word;
  GDBusMethodInvocation *invocation; /* (owned) until it is answered */
} SetCall;

static void
on_caller_known (GObject *source, GAsyncResult *result, gpointer user_data)
{
  SetCall *call = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (
      G_DBUS_CONNECTION (source), result, &error);
  guint32 uid = (guint32) -1;

  if (reply != NULL)
    g_variant_get (reply, "(u)", &uid);
  change (call->name, call->word, uid, call->invocation);
  g_free (call->name);
  g_free (call->word);
  g_free (call);
}

static void
ask_bus (const char *name, const char *word, GDBusMethodInvocation *invocation)
{
  SetCall *call = g_new0 (SetCall, 1);

  call->name = g_strdup (name);
  call->word = g_strdup (word);
  call->invocation = invocation;
  g_dbus_connection_call (
      g_dbus_method_invocation_get_connection (invocation),
      "org.freedesktop.DBus",
      "/org/freedesktop/DBus",
      "org.freedesktop.DBus",
      "GetConnectionUnixUser",
      g_variant_new ("(s)", g_dbus_method_invocation_get_sender (invocation)),
      G_VARIANT_TYPE ("(u)"),
      G_DBUS_CALL_FLAGS_NONE,
      BUS_TIMEOUT_MSEC,
      NULL,
      on_caller_known,
      call);
}

static void
set_property (gpointer data,
              gpointer object,
              const Apm2Caller *caller,
              const char *name,
              GVariant *value,
              GDBusMethodInvocation *invocation)
{
  const char *word = g_variant_get_string (value, NULL);

  if (caller->on_bus)
    ask_bus (name, word, invocation);
  else
    change (name, word, caller->uid, invocation);
}

/**
 * apm2_log_control_new:
 * @tree: where it is exported
 *
 * Returns: (transfer full): the exported log control of this process
 */
Apm2LogControl *
apm2_log_control_new (Apm2Tree *tree)
{
  Apm2LogControl *self = g_object_new (APM2_TYPE_LOG_CONTROL, NULL);

  self->tree = g_object_ref (tree);
  self->face.info = get_info ();
  self->face.get_property = get_property;
  self->face.set_property = set_property;
  self->face.data = self;
  apm2_tree_add_object (
      tree, APM2_OBJECT_LOG_CONTROL, &self->face, self, FALSE);
  return self;
}
