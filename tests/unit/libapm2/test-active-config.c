/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "apm2-active-config.h"

#include "apm2-error.h"
#include "test-dir.h"

typedef struct
{
  TestDir dir;
  Apm2ActiveConfig *config;
  GAsyncResult *result;
  guint n_changed;
  guint64 seen; /* by whoever heard of the change */
} Fixture;

static void
on_changed (Apm2ActiveConfig *config, Fixture *fixture)
{
  fixture->n_changed++;
  fixture->seen = apm2_active_config_get (config)->lost_max;
}

static void
write_config (Fixture *fixture, const char *text)
{
  test_dir_write (&fixture->dir, "apm2.conf", text);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *file = NULL;

  fixture->dir = test_dir_new ();
  file = g_build_filename (fixture->dir.path, "apm2.conf", NULL);
  write_config (fixture, "[lease]\nlost-max=5\n");
  fixture->config = apm2_active_config_new (file, &error);
  g_assert_no_error (error);
  (void) g_signal_connect (
      fixture->config, "changed", G_CALLBACK (on_changed), fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_object_unref (fixture->config);
  test_dir_clear (&fixture->dir);
}

static void
on_reloaded (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fixture *fixture = user_data;

  fixture->result = g_object_ref (result);
}

static gboolean
reload (Fixture *fixture, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  apm2_active_config_reload_async (fixture->config, on_reloaded, fixture);
  while (fixture->result == NULL)
    (void) g_main_context_iteration (NULL, TRUE);
  result = g_steal_pointer (&fixture->result);
  return apm2_active_config_reload_finish (fixture->config, result, error);
}

static void
test_good_takes_the_place (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  write_config (fixture, "[lease]\nlost-max=7\n");
  g_assert_true (reload (fixture, &error));
  g_assert_no_error (error);

  g_assert_cmpuint (fixture->n_changed, ==, 1);
  g_assert_cmpuint (fixture->seen, ==, 7);
  text = apm2_active_config_describe (fixture->config);
  g_assert_cmpstr (text, ==, "Configuration reloaded from 1 files");
}

static void
test_bad_changes_nothing (Fixture *fixture, gconstpointer data)
{
  const Apm2Config *before = apm2_active_config_get (fixture->config);
  g_autoptr (GError) error = NULL;

  write_config (fixture, "[lease]\nlost-max=7\n[worker]\nslots=none\n");
  g_assert_false (reload (fixture, &error));
  g_assert_error (error, APM2_ERROR, APM2_ERROR_INVALID_ARGUMENT);
  g_assert_nonnull (strstr (error->message, "apm2.conf:4: [worker] slots"));

  g_assert_cmpuint (fixture->n_changed, ==, 0);
  g_assert_true (apm2_active_config_get (fixture->config) == before);
  g_assert_cmpuint (before->lost_max, ==, 5);
}

static void
test_what_takes_a_restart_is_told (Fixture *fixture, gconstpointer data)
{
  g_autofree char *pending = NULL;
  g_autofree char *nothing = NULL;

  write_config (fixture,
                "[lease]\nlost-max=7\nexpiry=90\n[worker]\n"
                "executor=direct\npoll-interval=3\n[lane x]\n");
  g_assert_true (reload (fixture, NULL));
  pending = apm2_active_config_describe (fixture->config);
  g_assert_cmpstr (pending,
                   ==,
                   "Configuration reloaded from 1 files; only after a restart: "
                   "[lease] expiry, [worker] executor");

  /* As it was at the start: nothing waits any more. */
  write_config (fixture, "");
  g_assert_true (reload (fixture, NULL));
  nothing = apm2_active_config_describe (fixture->config);
  g_assert_cmpstr (nothing, ==, "Configuration reloaded from 1 files");
}

static void
test_bad_start_is_refused (Fixture *fixture, gconstpointer data)
{
  g_autofree char *file
      = g_build_filename (fixture->dir.path, "apm2.conf", NULL);
  g_autoptr (GError) error = NULL;

  write_config (fixture, "[nonsense]\n");
  g_assert_null (apm2_active_config_new (file, &error));
  g_assert_error (error, APM2_ERROR, APM2_ERROR_INVALID_ARGUMENT);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, function)                                                    \
  g_test_add (                                                                 \
      "/apm2/active-config/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("reload/good-takes-the-place", test_good_takes_the_place);
  ADD ("reload/bad-changes-nothing", test_bad_changes_nothing);
  ADD ("reload/what-takes-a-restart-is-told",
       test_what_takes_a_restart_is_told);
  ADD ("new/bad-is-refused", test_bad_start_is_refused);
#undef ADD
  return g_test_run ();
}
