/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Commits that are handed over: kept in full or not at all, and not for ever.
 */

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gio/gunixfdlist.h>
#include <glib/gstdio.h>

#include "rig-broker.h"
#include "rig-client.h"
#include "rig-wait.h"

typedef struct
{
  Rig *rig;
  char *dir;
} Fixture;

static void
set_up (Fixture *self, gconstpointer config)
{
  self->rig = rig_new (config);
  self->dir = rig_home_path (self->rig->home, "handover");
}

static void
tear_down (Fixture *self, gconstpointer config)
{
  rig_free (self->rig);
  g_free (self->dir);
}

static char *
get_path (Fixture *self, const char *name, const char *suffix)
{
  g_autofree char *file = g_strconcat (name, suffix, NULL);

  return g_build_filename (self->dir, file, NULL);
}

/* Returns: the socket. */
static int
begin (Fixture *self, char **ret_name)
{
  g_autoptr (GUnixFDList) list = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_with_unix_fd_list_sync (
      self->rig->client,
      APM2_BUS_NAME,
      APM2_OBJECT_QUEUE,
      APM2_IFACE_QUEUE,
      "HandOver",
      g_variant_new_parsed ("(@a{sv} {},)"),
      G_VARIANT_TYPE ("(hs)"),
      G_DBUS_CALL_FLAGS_NONE,
      -1,
      NULL,
      &list,
      NULL,
      &error);
  int handle = -1;
  int fd = -1;

  g_assert_no_error (error);
  g_variant_get (reply, "(hs)", &handle, ret_name);
  fd = g_unix_fd_list_get (list, handle, &error);
  g_assert_no_error (error);
  return fd;
}

/* The broker may hang up in the middle. */
static void
put (int fd, gsize length)
{
  g_autofree char *data = g_malloc (MAX (length, 1));
  gsize sent = 0;

  memset (data, 'x', length);
  while (sent < length)
    {
      gssize n = send (fd, data + sent, length - sent, MSG_NOSIGNAL);

      if (n < 0)
        break;
      sent += (gsize) n;
    }
}

/* Says that this is all, and reads what the broker says. */
static char *
end (int fd)
{
  char text[1024] = "";
  gsize used = 0;
  gssize n = 0;

  (void) shutdown (fd, SHUT_WR);
  while ((n = read (fd, text + used, sizeof text - 1 - used)) > 0)
    used += (gsize) n;
  (void) close (fd);
  return g_strdup (text);
}

static char *
hand_over (Fixture *self, gsize length, char **ret_name)
{
  int fd = begin (self, ret_name);

  put (fd, length);
  return end (fd);
}

static void
test_it_is_there_when_told (Fixture *self, gconstpointer data)
{
  g_autofree char *name = NULL;
  g_autofree char *answer = hand_over (self, 1000000, &name);
  g_autofree char *path = get_path (self, name, ".bundle");
  GStatBuf st = { 0 };

  g_assert_cmpstr (answer, ==, "ok\n");
  g_assert_cmpint (g_stat (path, &st), ==, 0);
  g_assert_cmpint (st.st_size, ==, 1000000);
  g_assert_cmpint (st.st_mode & 07777, ==, 0600);
}

static void
assert_refused (Fixture *self, gsize length, const char *why)
{
  g_autofree char *name = NULL;
  g_autofree char *answer = hand_over (self, length, &name);
  g_autofree char *path = get_path (self, name, ".bundle");
  g_autofree char *draft = get_path (self, name, ".part");

  g_assert_true (g_str_has_prefix (answer, "error: "));
  g_assert_nonnull (strstr (answer, why));
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  g_assert_false (g_file_test (draft, G_FILE_TEST_EXISTS));
}

static void
test_too_much (Fixture *self, gconstpointer data)
{
  g_autofree char *name = NULL;
  g_autofree char *answer = hand_over (self, 65536, &name);

  g_assert_cmpstr (answer, ==, "ok\n");
  assert_refused (self, 65537, "handover-max=");
  assert_refused (self, 10000000, "handover-max=");
}

static void
test_nothing (Fixture *self, gconstpointer data)
{
  assert_refused (self, 0, "Nothing was handed over");
}

static void
test_no_room (Fixture *self, gconstpointer data)
{
  assert_refused (self, 1000, "insufficient_disk_space");
}

static void
test_how_many (Fixture *self, gconstpointer data)
{
  g_autofree char *message = NULL;

  for (guint i = 0; i < 64; i++)
    {
      g_autofree char *name = NULL;
      g_autofree char *answer = hand_over (self, 1, &name);

      g_assert_cmpstr (answer, ==, "ok\n");
    }
  message = rig_queue_fails (
      self->rig->client, APM2_ERROR_LIMIT_EXCEEDED, "HandOver", "(@a{sv} {},)");
  g_assert_nonnull (strstr (message, "64 hand-overs"));
}

/* One that broke off makes room. */
static void
test_those_that_failed_do_not_count (Fixture *self, gconstpointer data)
{
  for (guint i = 0; i < 100; i++)
    {
      g_autofree char *name = NULL;
      g_autofree char *answer = hand_over (self, 0, &name);

      g_assert_cmpstr (answer, !=, "ok\n");
    }
}

static gboolean
is_gone (gpointer data)
{
  return !g_file_test (data, G_FILE_TEST_EXISTS);
}

static char *
submit_for (Fixture *self, const char *name)
{
  g_autofree char *members = g_strdup_printf ("'job_id':'%s'", name);
  g_autofree char *spec = rig_spec (members);

  return rig_submit (self->rig->client, spec);
}

static void
test_it_goes_with_its_job (Fixture *self, gconstpointer data)
{
  g_autofree char *name = NULL;
  g_autofree char *answer = hand_over (self, 1, &name);
  g_autofree char *path = get_path (self, name, ".bundle");
  g_autofree char *id = submit_for (self, name);
  g_autoptr (GVariant) reply = NULL;

  g_assert_cmpstr (id, ==, name);
  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));

  reply = rig_queue (self->rig->client, "Cancel", "(%s, @a{sv} {})", id);
  rig_wait (is_gone, path, "the hand-over");
}

static void
set_age (const char *path, gint64 sec)
{
  const struct timespec times[2] = {
    { .tv_nsec = UTIME_OMIT },
    { .tv_sec = g_get_real_time () / G_USEC_PER_SEC - sec },
  };

  g_assert_cmpint (utimensat (AT_FDCWD, path, times, 0), ==, 0);
}

static void
test_next_broker_knows_which_are_needed (Fixture *self, gconstpointer data)
{
  g_autofree char *claimed = NULL;
  g_autofree char *fresh = NULL;
  g_autofree char *old = NULL;
  g_autofree char *first = hand_over (self, 1, &claimed);
  g_autofree char *second = hand_over (self, 1, &fresh);
  g_autofree char *third = hand_over (self, 1, &old);
  g_autofree char *claimed_path = get_path (self, claimed, ".bundle");
  g_autofree char *fresh_path = get_path (self, fresh, ".bundle");
  g_autofree char *old_path = get_path (self, old, ".bundle");
  g_autofree char *draft_path = get_path (self, "x", ".part");
  g_autofree char *id = submit_for (self, claimed);

  set_age (claimed_path, 4000);
  set_age (fresh_path, 3000);
  set_age (old_path, 4000);
  (void) g_file_set_contents (draft_path, "x", 1, NULL);
  rig_restart (self->rig);

  rig_wait (is_gone, old_path, "the old hand-over");
  rig_wait (is_gone, draft_path, "the half hand-over");
  g_assert_true (g_file_test (claimed_path, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (fresh_path, G_FILE_TEST_EXISTS));
}

int
main (int argc, char **argv)
{
  static const char small[] = "[source]\nhandover-max=64K\n";
  static const char full[] = "[source]\ndisk-floor=1000T\n";

  g_test_init (&argc, &argv, NULL);
#define ADD(path, config, func)                                                \
  g_test_add ("/apm2/hand-over/" path, Fixture, config, set_up, func, tear_down)
  ADD ("is-there-when-told", NULL, test_it_is_there_when_told);
  ADD ("bounds/bytes", small, test_too_much);
  ADD ("bounds/nothing", NULL, test_nothing);
  ADD ("bounds/room-on-the-disk", full, test_no_room);
  ADD ("bounds/how-many", NULL, test_how_many);
  ADD ("bounds/failed-ones-do-not-count",
       NULL,
       test_those_that_failed_do_not_count);
  ADD ("goes-with-its-job", NULL, test_it_goes_with_its_job);
  ADD ("next-broker-knows-which-are-needed",
       NULL,
       test_next_broker_knows_which_are_needed);
#undef ADD
  return g_test_run ();
}
