/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One process of a worker's name at a time. */

#include "apm2-instance-lock.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "apm2-error.h"
#include "apm2-fs-remove.h"
#include "apm2-fs.h"
#include "wait.h"

typedef struct
{
  Apm2Paths paths;
  char *top;
  char *lanes;
} Place;

static void
set_up (Place *place, gconstpointer data)
{
  place->top = g_dir_make_tmp ("apm2-lock-XXXXXX", NULL);
  g_assert_nonnull (place->top);
  place->lanes = g_build_filename (place->top, "lanes", NULL);
  g_assert_cmpint (g_mkdir (place->lanes, 0700), ==, 0);
  place->paths.mode = APM2_MODE_USER;
  place->paths.runtime_dir = place->top;
}

static void
tear_down (Place *place, gconstpointer data)
{
  g_assert_true (apm2_fs_remove_tree (AT_FDCWD, place->top, NULL));
  g_free (place->lanes);
  g_free (place->top);
}

static int
take (Place *place, const char *instance)
{
  g_autoptr (GError) error = NULL;
  int fd = apm2_instance_lock_try (&place->paths, instance, &error);

  g_assert_no_error (error);
  g_assert_cmpint (fd, >=, 0);
  return fd;
}

static void
test_one_at_a_time (Place *place, gconstpointer data)
{
  int first = take (place, "default");
  apm2_autofd int other = take (place, "other");
  apm2_autofd int later = -1;
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (
      apm2_instance_lock_try (&place->paths, "default", &error), <, 0);
  g_assert_error (error, APM2_ERROR, APM2_ERROR_BUSY);
  g_assert_nonnull (strstr (error->message, "worker \"default\""));

  g_assert_cmpint (close (first), ==, 0);
  later = take (place, "default");
}

static void
on_taken (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(int *) user_data = apm2_instance_lock_take_finish (result);
}

static gboolean
is_taken (gpointer data)
{
  return *(int *) data >= 0;
}

static void
test_the_next_one_waits (Place *place, gconstpointer data)
{
  int first = take (place, "default");
  apm2_autofd int next = -1;

  apm2_instance_lock_take_async (&place->paths, "default", on_taken, &next);
  while (g_main_context_iteration (NULL, FALSE))
    continue;
  g_assert_cmpint (next, <, 0);

  g_assert_cmpint (close (first), ==, 0);
  wait_until (is_taken, &next);
}

static void
test_a_link_is_refused (Place *place, gconstpointer data)
{
  g_autofree char *link = g_build_filename (place->lanes, "default.lock", NULL);
  g_autofree char *target = g_build_filename (place->top, "target", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (symlink (target, link), ==, 0);
  g_assert_cmpint (
      apm2_instance_lock_try (&place->paths, "default", &error), <, 0);
  g_assert_error (error, APM2_ERROR, APM2_ERROR_FAILED);
  g_assert_false (g_file_test (target, G_FILE_TEST_EXISTS));
}

#define ADD(name, func)                                                        \
  g_test_add ("/apm2/instance-lock/" name, Place, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  /* That it waits is a warning. */
  (void) g_log_set_always_fatal (G_LOG_LEVEL_CRITICAL | G_LOG_FATAL_MASK);
  apm2_error_register ();
  ADD ("one-at-a-time", test_one_at_a_time);
  ADD ("the-next-one-waits", test_the_next_one_waits);
  ADD ("a-link-is-refused", test_a_link_is_refused);
  return g_test_run ();
}
