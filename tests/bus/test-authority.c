/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "test-authority.h"

#include "test-loop.h"

#define POLKIT_NAME "org.freedesktop.PolicyKit1"

static const char xml[]
    = "<node><interface name='" POLKIT_NAME ".Authority'>"
      "<method name='CheckAuthorization'>"
      "<arg direction='in' type='(sa{sv})'/><arg direction='in' type='s'/>"
      "<arg direction='in' type='a{ss}'/><arg direction='in' type='u'/>"
      "<arg direction='in' type='s'/><arg direction='out' type='(bba{ss})'/>"
      "</method><method name='CancelCheckAuthorization'>"
      "<arg direction='in' type='s'/></method></interface></node>";

/* GDBus would not let it pass as a reply of this method. */
static void
answer_malformed (GDBusMethodInvocation *invocation)
{
  g_autoptr (GDBusMessage) reply = g_dbus_message_new_method_reply (
      g_dbus_method_invocation_get_message (invocation));

  g_dbus_message_set_body (reply, g_variant_new ("(bb)", TRUE, TRUE));
  g_assert_true (g_dbus_connection_send_message (
      g_dbus_method_invocation_get_connection (invocation),
      reply,
      G_DBUS_SEND_MESSAGE_FLAGS_NONE,
      NULL,
      NULL));
  g_object_unref (invocation);
}

/* @invocation: (transfer full) */
static void
answer_call (GDBusMethodInvocation *invocation, TestAnswer answer)
{
  GVariantBuilder details = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a{ss}"));

  if (answer == TEST_AUTHORITY_DISMISSED)
    g_variant_builder_add (&details, "{ss}", "polkit.dismissed", "true");
  if (answer == TEST_AUTHORITY_ERROR)
    g_dbus_method_invocation_return_dbus_error (
        invocation, POLKIT_NAME ".Error.Failed", "out of order");
  else if (answer == TEST_AUTHORITY_MALFORMED)
    answer_malformed (invocation);
  else
    g_dbus_method_invocation_return_value (
        invocation,
        g_variant_new ("((bb@a{ss}))",
                       answer == TEST_AUTHORITY_YES,
                       answer == TEST_AUTHORITY_PASSWORD,
                       g_variant_builder_end (&details)));
}

static void
forget_question (TestAuthority *self)
{
  g_clear_pointer (&self->kind, g_free);
  g_clear_pointer (&self->name, g_free);
  g_clear_pointer (&self->action, g_free);
  g_clear_pointer (&self->job, g_free);
  g_clear_pointer (&self->lane, g_free);
}

static void
on_call (GDBusConnection *connection,
         const char *sender,
         const char *path,
         const char *interface,
         const char *method,
         GVariant *parameters,
         GDBusMethodInvocation *invocation,
         gpointer user_data)
{
  TestAuthority *self = user_data;
  g_autoptr (GVariant) subject = NULL;
  g_autoptr (GVariant) details = NULL;

  if (g_str_equal (method, "CancelCheckAuthorization"))
    {
      self->n_called_off++;
      g_dbus_method_invocation_return_value (invocation, NULL);
      return;
    }
  self->n_asked++;
  forget_question (self);
  g_variant_get (parameters,
                 "((s@a{sv})s@a{ss}us)",
                 &self->kind,
                 &subject,
                 &self->action,
                 &details,
                 &self->flags,
                 NULL);
  (void) g_variant_lookup (subject, "name", "s", &self->name);
  (void) g_variant_lookup (details, "job", "s", &self->job);
  (void) g_variant_lookup (details, "lane", "s", &self->lane);
  if (self->answer == TEST_AUTHORITY_SILENT)
    g_queue_push_tail (&self->asked, invocation);
  else
    answer_call (invocation, self->answer);
}

TestAuthority *
test_authority_new (GDBusConnection *bus)
{
  static const GDBusInterfaceVTable vtable = { .method_call = on_call };
  TestAuthority *self = g_new0 (TestAuthority, 1);
  g_autoptr (GDBusNodeInfo) node = g_dbus_node_info_new_for_xml (xml, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;

  self->bus = g_object_ref (bus);
  g_queue_init (&self->asked);
  (void) g_dbus_connection_register_object (
      bus,
      "/org/freedesktop/PolicyKit1/Authority",
      node->interfaces[0],
      &vtable,
      self,
      NULL,
      &error);
  g_assert_no_error (error);
  reply = test_call (bus,
                     "org.freedesktop.DBus",
                     "/org/freedesktop/DBus",
                     "org.freedesktop.DBus",
                     "RequestName",
                     g_variant_new ("(su)", POLKIT_NAME, 0),
                     &error);
  g_assert_no_error (error);
  return self;
}

void
test_authority_free (TestAuthority *self)
{
  test_authority_answer (self, TEST_AUTHORITY_NO);
  test_close (self->bus);
  g_object_unref (self->bus);
  forget_question (self);
  g_free (self);
}

void
test_authority_answer (TestAuthority *self, TestAnswer answer)
{
  GDBusMethodInvocation *invocation = NULL;

  while ((invocation = g_queue_pop_head (&self->asked)) != NULL)
    answer_call (invocation, answer);
}
