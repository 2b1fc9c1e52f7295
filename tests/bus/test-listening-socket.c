/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "apm2-error.h"
#include "apm2-operator-socket.h"
#include "test-loop.h"
#include "test-peer.h"

static void
test_file_is_private (PeerFixture *self, gconstpointer data)
{
  struct stat st;

  g_assert_cmpint (lstat (self->path, &st), ==, 0);
  g_assert_true (S_ISSOCK (st.st_mode));
  g_assert_cmpuint (st.st_mode & 07777, ==, 0600);
}

static void
test_shared_file_is_for_the_group (PeerFixture *self, gconstpointer data)
{
  g_autofree char *path = g_build_filename (self->dir, "shared.sock", NULL);
  g_autoptr (Apm2OperatorSocket) shared
      = apm2_operator_socket_new (self->zoo->tree, 4, 4);
  g_autoptr (GError) error = NULL;
  mode_t before = umask (0077);
  struct stat st;

  apm2_operator_socket_share (shared);
  g_assert_true (apm2_operator_socket_listen_path (shared, path, &error));
  (void) umask (before);

  g_assert_no_error (error);
  g_assert_cmpint (lstat (path, &st), ==, 0);
  g_assert_cmpuint (st.st_mode & 07777, ==, 0660);
  apm2_operator_socket_stop (shared);
}

static void
test_live_socket_is_not_stolen (PeerFixture *self, gconstpointer data)
{
  g_autoptr (Apm2OperatorSocket) second
      = apm2_operator_socket_new (self->zoo->tree, 4, 4);
  g_autoptr (GError) error = NULL;
  g_autoptr (GDBusConnection) peer = NULL;

  g_assert_false (
      apm2_operator_socket_listen_path (second, self->path, &error));

  g_assert_error (error, APM2_ERROR, APM2_ERROR_EXISTS);
  g_assert_nonnull (strstr (error->message, self->path));
  g_assert_nonnull (strstr (error->message, "apm2 fac services status"));
  apm2_operator_socket_stop (second);
  peer = peer_fixture_connect (self);
  peer_assert_echoes (peer, NULL);
  test_close (peer);
}

/* As a broker leaves it that was killed. */
static void
leave_stale_socket (const char *path)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpuint (g_strlcpy (address.sun_path, path, sizeof address.sun_path),
                    <,
                    sizeof address.sun_path);
  g_assert_cmpint (
      bind (fd, (struct sockaddr *) &address, sizeof address), ==, 0);
  g_assert_cmpint (listen (fd, 1), ==, 0);
  (void) close (fd);
}

static void
test_stale_socket_is_replaced (PeerFixture *self, gconstpointer data)
{
  g_autofree char *path = g_build_filename (self->dir, "stale.sock", NULL);
  g_autofree char *address = g_strconcat ("unix:path=", path, NULL);
  g_autoptr (Apm2OperatorSocket) second
      = apm2_operator_socket_new (self->zoo->tree, 4, 4);
  g_autoptr (GError) error = NULL;
  g_autoptr (GDBusConnection) peer = NULL;

  leave_stale_socket (path);

  g_assert_true (apm2_operator_socket_listen_path (second, path, &error));

  g_assert_no_error (error);
  peer = test_connect (address, 0, &error);
  g_assert_no_error (error);
  peer_assert_echoes (peer, NULL);
  test_close (peer);
  apm2_operator_socket_stop (second);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
}

static void
test_file_in_the_way_is_kept (PeerFixture *self, gconstpointer data)
{
  g_autofree char *path = g_build_filename (self->dir, "precious", NULL);
  g_autoptr (Apm2OperatorSocket) second
      = apm2_operator_socket_new (self->zoo->tree, 4, 4);
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (path, "data", -1, NULL));

  g_assert_false (apm2_operator_socket_listen_path (second, path, &error));

  g_assert_error (error, APM2_ERROR, APM2_ERROR_EXISTS);
  g_assert_true (g_file_test (path, G_FILE_TEST_IS_REGULAR));
  g_assert_cmpint (g_remove (path), ==, 0);
}

static void
test_long_path_is_refused (PeerFixture *self, gconstpointer data)
{
  g_autofree char *name = g_strnfill (120, 'x');
  g_autofree char *path = g_build_filename (self->dir, name, NULL);
  g_autoptr (Apm2OperatorSocket) second
      = apm2_operator_socket_new (self->zoo->tree, 4, 4);
  g_autoptr (GError) error = NULL;

  g_assert_false (apm2_operator_socket_listen_path (second, path, &error));

  g_assert_error (error, APM2_ERROR, APM2_ERROR_INVALID_ARGUMENT);
}

static void
test_passed_fd_is_used_and_its_file_kept (PeerFixture *self, gconstpointer data)
{
  g_autofree char *path = g_build_filename (self->dir, "passed.sock", NULL);
  g_autofree char *address = g_strconcat ("unix:path=", path, NULL);
  g_autoptr (Apm2OperatorSocket) second
      = apm2_operator_socket_new (self->zoo->tree, 4, 4);
  g_autoptr (GDBusConnection) peer = NULL;
  g_autoptr (GError) error = NULL;
  struct sockaddr_un place = { .sun_family = AF_UNIX };
  int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

  (void) g_strlcpy (place.sun_path, path, sizeof place.sun_path);
  g_assert_cmpint (bind (fd, (struct sockaddr *) &place, sizeof place), ==, 0);
  g_assert_cmpint (listen (fd, 8), ==, 0);

  g_assert_true (apm2_operator_socket_listen_fd (second, fd, &error));

  g_assert_no_error (error);
  peer = test_connect (address, 0, &error);
  g_assert_no_error (error);
  peer_assert_echoes (peer, NULL);
  test_close (peer);
  apm2_operator_socket_stop (second);
  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));
  g_assert_cmpint (g_unlink (path), ==, 0);
}

static void
test_fd_that_does_not_listen_is_refused (PeerFixture *self, gconstpointer data)
{
  g_autoptr (Apm2OperatorSocket) second
      = apm2_operator_socket_new (self->zoo->tree, 4, 4);
  g_autoptr (GError) error = NULL;
  int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

  g_assert_false (apm2_operator_socket_listen_fd (second, fd, &error));

  g_assert_error (error, APM2_ERROR, APM2_ERROR_INVALID_ARGUMENT);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  apm2_error_register ();
#define ADD(path, function)                                                    \
  g_test_add ("/apm2/listening-socket/" path,                                  \
              PeerFixture,                                                     \
              NULL,                                                            \
              peer_fixture_set_up,                                             \
              function,                                                        \
              peer_fixture_tear_down)
  ADD ("file-is-private", test_file_is_private);
  ADD ("shared-file-is-for-the-group", test_shared_file_is_for_the_group);
  ADD ("live-socket-is-not-stolen", test_live_socket_is_not_stolen);
  ADD ("stale-socket-is-replaced", test_stale_socket_is_replaced);
  ADD ("file-in-the-way-is-kept", test_file_in_the_way_is_kept);
  ADD ("long-path-is-refused", test_long_path_is_refused);
  ADD ("passed-fd-is-used-and-its-file-kept",
       test_passed_fd_is_used_and_its_file_kept);
  ADD ("fd-that-does-not-listen-is-refused",
       test_fd_that_does_not_listen_is_refused);
  return g_test_run ();
}
