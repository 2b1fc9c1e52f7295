/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What of a workspace outlives a job, and what does not although a job tried.
 */

#include "apm2-lane-cache.h"
#include "apm2-lane-caches.h"
#include "apm2-lane-workspace.h"
#include "scene.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* The script of a job in a workspace, with $ID and $OUT, a directory outside.
 */
static void
run_job (Scene *scene, const char *script)
{
  const char *argv[] = { "sh", "-ec", script, NULL };
  g_auto (GStrv) env = g_get_environ ();
  g_autofree char *top = scene_path (scene, "slot");
  g_autofree char *out = scene_path (scene, "out");
  int status = -1;

  env = g_environ_setenv (env, "ID", ID, TRUE);
  env = g_environ_setenv (env, "OUT", out, TRUE);
  g_assert_true (g_spawn_sync (top,
                               (char **) argv,
                               env,
                               G_SPAWN_SEARCH_PATH,
                               NULL,
                               NULL,
                               NULL,
                               NULL,
                               &status,
                               NULL));
  g_assert_true (g_spawn_check_wait_status (status, NULL));
}

static void
set_up (Scene *scene, gconstpointer data)
{
  g_autofree char *top = NULL;
  g_autofree char *out = NULL;

  scene_set_up (scene, data);
  top = scene_path (scene, "slot");
  out = scene_path (scene, "out");
  g_assert_cmpint (g_mkdir_with_parents (top, 0700), ==, 0);
  g_assert_cmpint (g_mkdir_with_parents (out, 0700), ==, 0);
  g_assert_cmpint (
      apm2_lane_workspace_prepare (top, APM2_STEP_PREPARE_CLEAN), ==, 0);
  run_job (scene, "echo outside >$OUT/file; mkdir cache");
}

static void
prepare (Scene *scene, Apm2StepPrepare prepare)
{
  g_autofree char *top = scene_path (scene, "slot");

  g_assert_cmpint (apm2_lane_workspace_prepare (top, prepare), ==, 0);
}

static const char all_but_caches_gone[]
    = "test -z \"$(find work home tmp -mindepth 1)\"; "
      "test \"$(ls -A | sort | xargs)\" = \"cache home tmp work\"";

static const char all_gone[] = "test -z \"$(find work home tmp -mindepth 1)\"; "
                               "test \"$(ls -A | sort | xargs)\" = "
                               "\"home tmp work\"; "
                               "test \"$(cat $OUT/file)\" = outside";

static void
test_a_cache_is_put_aside (Scene *scene, gconstpointer data)
{
  run_job (scene,
           "mkdir -p work/a/b home/x; echo kept >work/a/b/f; echo no >work/g; "
           "echo \"$ID a/b\" >cache/list");
  prepare (scene, APM2_STEP_PREPARE_CACHED);
  run_job (scene, all_but_caches_gone);
  run_job (scene, "test \"$(cat cache/$ID/f)\" = kept");

  /* A job that did not use it leaves it as it was. */
  prepare (scene, APM2_STEP_PREPARE_CACHED);
  run_job (scene, "test \"$(cat cache/$ID/f)\" = kept");

  /* A newer one takes its place. */
  run_job (scene, "mkdir -p work/a/b; echo new >work/a/b/f");
  prepare (scene, APM2_STEP_PREPARE_CACHED);
  run_job (scene, "test \"$(cat cache/$ID/f)\" = new");
}

static void
test_others_find_nothing (Scene *scene, gconstpointer data)
{
  run_job (scene, "mkdir work/a; echo \"$ID a\" >cache/list");
  prepare (scene, APM2_STEP_PREPARE_CLEAN);
  run_job (scene, all_gone);
}

/* Nothing comes from elsewhere, and nothing goes there. */
static void
test_ways_out_lead_nowhere (Scene *scene, gconstpointer data)
{
  static const char *const scripts[] = {
    "ln -s $OUT work/a; echo \"$ID a\" >cache/list",
    "ln -s $OUT work/a; mkdir $OUT/b; echo \"$ID a/b\" >cache/list",
    "mkdir -p work/a; echo \"$ID ../home\" >cache/list",
    "mkdir -p work/a; echo \"$ID a/../../home\" >cache/list",
    "echo \"$ID ..\" >cache/list; echo \"$ID .\" >>cache/list",
    "echo \"$ID $OUT\" >cache/list; echo \"$ID \" >>cache/list",
    "mkdir work/a; echo \"../x a\" >cache/list; echo \"list a\" >>cache/list",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (scripts); i++)
    {
      run_job (scene, scripts[i]);
      prepare (scene, APM2_STEP_PREPARE_CACHED);
      run_job (scene, all_but_caches_gone);
      run_job (scene,
               "test \"$(ls cache)\" = list; test \"$(cat $OUT/file)\" = "
               "outside; rm -rf $OUT/b");
    }
}

static void
test_a_link_as_a_cache_is_replaced (Scene *scene, gconstpointer data)
{
  run_job (scene,
           "mkdir work/a; ln -s $OUT cache/$ID; echo \"$ID a\" >cache/list");
  prepare (scene, APM2_STEP_PREPARE_CACHED);
  run_job (scene,
           "test -d cache/$ID; test ! -L cache/$ID; "
           "test \"$(cat $OUT/file)\" = outside");
}

/* Where it is not clear what there is, there is nothing. */
static void
test_what_is_odd_goes (Scene *scene, gconstpointer data)
{
  static const char *const scripts[] = {
    "true", /* no list */
    "mkfifo cache/list",
    "ln -s $OUT/file cache/list",
    "head -c 200000 /dev/zero >cache/list",
    "rm -rf cache; ln -s $OUT cache",
    "rm -rf cache; echo x >cache",
    "echo \"$ID a\" >cache/list; rm -rf work; ln -s $OUT work",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (scripts); i++)
    {
      run_job (scene, scripts[i]);
      prepare (scene, APM2_STEP_PREPARE_CACHED);
      run_job (scene, all_gone);
      run_job (scene, "mkdir cache");
    }
}

/* --- whose it is --- */

static void
test_whose (Scene *scene, gconstpointer data)
{
  g_autoptr (Apm2LaneFiles) files
      = apm2_lane_files_new (scene->paths, "gates-1");
  g_autoptr (Apm2JobSpec) spec = apm2_job_spec_new ();
  g_autofree char *nobody = NULL;
  g_autofree char *key = NULL;
  g_autofree char *none = NULL;
  g_autofree char *read = NULL;
  g_autofree char *gone = NULL;
  g_autoptr (GError) error = NULL;

  spec->source_project = g_strdup ("p");
  nobody = apm2_lane_cache_get_key (spec);
  g_assert_null (nobody);
  spec->kind = APM2_JOB_KIND_GATES;
  key = apm2_lane_cache_get_key (spec);
  g_assert_nonnull (key);

  g_assert_true (apm2_lane_files_ensure_dirs (scene->paths, &error));
  none = apm2_lane_cache_read (files);
  g_assert_null (none);
  g_assert_true (apm2_lane_cache_write (files, key, &error));
  read = apm2_lane_cache_read (files);
  g_assert_cmpstr (read, ==, key);
  g_assert_true (apm2_lane_cache_forget (files, &error));
  gone = apm2_lane_cache_read (files);
  g_assert_null (gone);
  g_assert_true (apm2_lane_cache_forget (files, &error));
}

static void
test_nonsense_is_nobodys (Scene *scene, gconstpointer data)
{
  g_autoptr (Apm2LaneFiles) files
      = apm2_lane_files_new (scene->paths, "gates-1");
  static const char *const texts[] = { "", "x", ID "0", "../" ID };

  g_assert_true (apm2_lane_files_ensure_dirs (scene->paths, NULL));
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autofree char *read = NULL;

      g_assert_true (g_file_set_contents (files->cache, texts[i], -1, NULL));
      read = apm2_lane_cache_read (files);
      g_assert_null (read);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func)                                                        \
  g_test_add (                                                                 \
      "/apm2/lane-caches/" path, Scene, NULL, set_up, func, scene_tear_down)
  ADD ("are-put-aside", test_a_cache_is_put_aside);
  ADD ("are-not-for-others", test_others_find_nothing);
  ADD ("ways-out-lead-nowhere", test_ways_out_lead_nowhere);
  ADD ("a-link-in-their-place-is-replaced", test_a_link_as_a_cache_is_replaced);
  ADD ("what-is-odd-goes", test_what_is_odd_goes);
  ADD ("whose/is-written-down", test_whose);
  ADD ("whose/nonsense-is-nobodys", test_nonsense_is_nobodys);
#undef ADD
  return scene_run_tests ();
}
