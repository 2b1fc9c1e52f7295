/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A broker link on a fake broker, and a record of its signals.
 */

#include "link-rig.h"

#include <glib/gstdio.h>

#include "wait.h"

static void
on_leased (LinkRig *rig, gpointer data)
{
  g_autoptr (Apm2Lease) lease = data;

  g_string_append_printf (rig->leased, "%s ", lease->job_id);
}

static void
on_stale (LinkRig *rig, const char *job_id)
{
  g_string_append_printf (rig->stale, "%s ", job_id);
}

static void
on_settled (LinkRig *rig, const char *job_id)
{
  g_string_append_printf (rig->settled, "%s ", job_id);
}

static void
on_cancel_requested (LinkRig *rig,
                     const char *job_id,
                     guint64 token,
                     const char *reason)
{
  g_string_append_printf (
      rig->cancelled, "%s %" G_GUINT64_FORMAT " %s", job_id, token, reason);
}

static void
on_count (guint *count)
{
  (*count)++;
}

static void
listen (LinkRig *rig, const char *name, GCallback func)
{
  g_signal_connect_swapped (rig->link, name, func, rig);
}

void
link_rig_set_up (LinkRig *rig, gconstpointer data)
{
  const Apm2BrokerIdentity identity = {
    .instance = "test",
    .slots = 2,
    .executor = "direct",
    .heartbeat_path = "/tmp/heartbeat",
  };
  g_autofree char *socket_dir = NULL;

  rig->dir = g_dir_make_tmp ("apm2-XXXXXX", NULL);
  socket_dir = g_build_filename (rig->dir, "apm2", NULL);
  g_assert_cmpint (g_mkdir (socket_dir, 0700), ==, 0);
  rig->broker = fake_broker_new (rig->dir);
  rig->link = apm2_broker_link_new (rig->broker->address, &identity);
  rig->leased = g_string_new (NULL);
  rig->stale = g_string_new (NULL);
  rig->settled = g_string_new (NULL);
  rig->cancelled = g_string_new (NULL);
  g_signal_connect_swapped (
      rig->link, "registered", G_CALLBACK (on_count), &rig->n_registered);
  g_signal_connect_swapped (
      rig->link, "lost", G_CALLBACK (on_count), &rig->n_lost);
  g_signal_connect_swapped (
      rig->link, "contact", G_CALLBACK (on_count), &rig->n_contact);
  listen (rig, "leased", G_CALLBACK (on_leased));
  listen (rig, "stale", G_CALLBACK (on_stale));
  listen (rig, "settled", G_CALLBACK (on_settled));
  listen (rig, "cancel-requested", G_CALLBACK (on_cancel_requested));
}

static gboolean
is_only_holder (gpointer data)
{
  return G_OBJECT (data)->ref_count == 1;
}

void
link_rig_tear_down (LinkRig *rig, gconstpointer data)
{
  g_autofree char *socket_dir = g_build_filename (rig->dir, "apm2", NULL);

  apm2_broker_link_close (rig->link);
  fake_broker_free (rig->broker);
  wait_until (is_only_holder, rig->link);
  g_assert_finalize_object (rig->link);
  (void) g_string_free (rig->leased, TRUE);
  (void) g_string_free (rig->stale, TRUE);
  (void) g_string_free (rig->settled, TRUE);
  (void) g_string_free (rig->cancelled, TRUE);
  g_assert_cmpint (g_rmdir (socket_dir), ==, 0);
  g_assert_cmpint (g_rmdir (rig->dir), ==, 0);
  g_free (rig->dir);
}

static gboolean
is_not_empty (gpointer data)
{
  return ((GString *) data)->len > 0;
}

void
link_rig_wait_text (GString *text, const char *expected)
{
  wait_until (is_not_empty, text);
  g_assert_cmpstr (text->str, ==, expected);
}

/* Registered, with one lease held and one slot free. */
void
link_rig_lease_one (LinkRig *rig)
{
  apm2_broker_link_set_free_slots (rig->link, 2);
  apm2_broker_link_start (rig->link);
  fake_broker_wait_parked (rig->broker, 2);
  fake_broker_lease (rig->broker, "j1", 7, "{}");
  link_rig_wait_text (rig->leased, "j1 ");
}

GVariant *
link_rig_new_result (void)
{
  return g_variant_new_parsed ("{'outcome': <'completed'>}");
}
