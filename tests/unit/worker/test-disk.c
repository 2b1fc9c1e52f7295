/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a job may take of the disk: counted, bounded, refused. */

#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "apm2-disk-floor.h"
#include "apm2-disk-usage.h"
#include "apm2-error.h"
#include "apm2-workspace-watch.h"
#include "gate-scene.h"
#include "wait.h"

#define MIB (1024 * 1024)

static guint64
measure (const char *path)
{
  Apm2DiskUsage usage = { 0 };
  guint64 bytes = 0;

  apm2_disk_usage_enter (&usage, path);
  while (apm2_disk_usage_go_on (&usage, 3))
    ;
  bytes = usage.bytes;
  apm2_disk_usage_clear (&usage);
  return bytes;
}

static void
run_in (Scene *scene, const char *script)
{
  const char *argv[] = { "sh", "-ec", script, NULL };
  int status = -1;

  g_assert_true (g_spawn_sync (scene->dir,
                               (char **) argv,
                               NULL,
                               G_SPAWN_SEARCH_PATH,
                               NULL,
                               NULL,
                               NULL,
                               NULL,
                               &status,
                               NULL));
  g_assert_true (g_spawn_check_wait_status (status, NULL));
}

/* As du has it, which knows hard links, holes and links. */
static void
test_counts_as_du (Scene *scene, gconstpointer data)
{
  g_autofree char *path = scene_path (scene, "tree");
  g_autofree char *out_path = scene_path (scene, "out");
  g_autofree char *text = NULL;
  guint64 bytes = 0;

  run_in (scene,
          "mkdir -p tree/a/b/c tree/e; "
          "head -c 3000000 /dev/urandom >tree/a/big; "
          "ln tree/a/big tree/a/b/same; ln tree/a/big tree/e/again; "
          "truncate -s 1G tree/hole; ln -s / tree/root; mkfifo tree/fifo; "
          "head -c 100 /dev/zero >tree/a/b/c/small; "
          "du -s -B1 tree | cut -f1 >out");
  text = scene_read (out_path);
  bytes = measure (path);

  /* A file in three parts may lose a byte or two. */
  g_assert_cmpuint (bytes, <=, g_ascii_strtoull (text, NULL, 10));
  g_assert_cmpuint (bytes + 8, >=, g_ascii_strtoull (text, NULL, 10));
  g_assert_cmpuint (bytes, >, 3000000);
}

static void
test_counts_deep_trees (Scene *scene, gconstpointer data)
{
  g_autofree char *path = scene_path (scene, "deep");

  run_in (scene,
          "mkdir deep; cd deep; i=0; while [ $i -lt 400 ]; do "
          "mkdir d; cd -P d; i=$((i + 1)); done; head -c 2000000 /dev/zero >x");
  g_assert_cmpuint (measure (path), >, 2000000);
}

static void
test_counts_no_more_than_asked_for (Scene *scene, gconstpointer data)
{
  g_autofree char *path = scene_path (scene, "tree");
  Apm2DiskUsage usage = { 0 };

  run_in (scene,
          "mkdir tree; for i in 1 2 3 4; do "
          "head -c 1000000 /dev/zero >tree/$i; done");
  apm2_disk_usage_enter (&usage, path);
  /* Two entries may be the directory's own. */
  g_assert_true (apm2_disk_usage_go_on (&usage, 2));
  g_assert_cmpuint (usage.bytes, <, 2500000);
  g_assert_false (apm2_disk_usage_go_on (&usage, 100));
  g_assert_cmpuint (usage.bytes, >, 4000000);
  apm2_disk_usage_clear (&usage);
  apm2_disk_usage_clear (&usage);
}

static void
test_the_disk_counts_too (Scene *scene, gconstpointer data)
{
  Apm2WorkspaceWatch enough
      = { .bounds = { .path = scene->dir, .bytes_left = 1 } };
  Apm2WorkspaceWatch little
      = { .bounds = { .path = scene->dir, .bytes_left = G_MAXUINT64 } };
  guint64 rest = 0;

  g_assert_cmpint (
      apm2_workspace_watch_look (&enough, &rest), ==, APM2_WORKSPACE_KEPT);
  g_assert_cmpuint (rest, >=, G_USEC_PER_SEC);
  g_assert_cmpint (
      apm2_workspace_watch_look (&little, &rest), ==, APM2_WORKSPACE_DISK_FULL);
}

/* However many looks it takes: each is short, and in the end all is counted. */
static void
test_watch_looks_again_and_again (Scene *scene, gconstpointer data)
{
  Apm2WorkspaceWatch watch
      = { .bounds = { .path = scene->dir, .bytes_max = 30 * MIB } };
  guint64 rest = 0;
  guint n_counts = 0;

  run_in (scene,
          "mkdir a b; for i in $(seq 3000); do echo x >a/$i; done; "
          "head -c 12000000 /dev/zero >b/big");
  while (n_counts < 2)
    {
      g_assert_cmpint (
          apm2_workspace_watch_look (&watch, &rest), ==, APM2_WORKSPACE_KEPT);
      n_counts += watch.n_paths == 0 ? 1 : 0;
    }
  run_in (scene, "head -c 12000000 /dev/zero >b/bigger");
  while (apm2_workspace_watch_look (&watch, &rest) == APM2_WORKSPACE_KEPT)
    g_assert_cmpuint (watch.n_paths, >, 0);
  apm2_workspace_watch_clear (&watch);
}

static void
test_step_beyond_its_bound (Scene *scene, gconstpointer data)
{
  g_autoptr (Step) step
      = step_new_sh (scene, "head -c 4000000 /dev/zero >big; sleep 999 & wait");
  g_autofree char *log = NULL;

  step->order.directory = scene->dir;
  step->order.workspace = scene->dir;
  step->order.workspace_bytes_max = 2 * MIB;
  step_run (step);

  g_assert_cmpint (step->end.kind, ==, APM2_STEP_END_WORKSPACE_LIMIT);
  log = step_read_log (step);
  g_assert_nonnull (strstr (log, "[apm2: the job has more than 2097152 bytes"));
}

static void
test_step_within_its_bound (Scene *scene, gconstpointer data)
{
  g_autoptr (Step) step = step_new_sh (
      scene, "head -c 1000000 /dev/zero >big; sleep 2.5; rm big");

  step->order.directory = scene->dir;
  step->order.workspace = scene->dir;
  step->order.workspace_bytes_max = 64 * MIB;
  step_run (step);

  g_assert_cmpint (step->end.kind, ==, APM2_STEP_END_SELF);
  g_assert_cmpint (step->end.exit_status, ==, 0);
}

static void
test_floor_is_a_part (Scene *scene, gconstpointer data)
{
  const Apm2DiskFloor all = { .percent = 100 };
  const Apm2DiskFloor bytes = { .bytes = 1, .percent = 0 };
  const Apm2DiskFloor none = { 0, 0 };
  guint64 above = 0;
  g_autoptr (GError) error = NULL;

  g_assert_false (apm2_disk_floor_check (&all, scene->dir, &above, &error));
  g_assert_error (error, APM2_ERROR, APM2_ERROR_DENIED);
  g_clear_error (&error);
  g_assert_true (apm2_disk_floor_check (&bytes, scene->dir, &above, &error));
  g_assert_cmpuint (above, >, 0);
  g_assert_true (apm2_disk_floor_check (&none, scene->dir, NULL, &error));
  g_assert_false (apm2_disk_floor_check (&none, "/nowhere", NULL, &error));
  g_assert_error (error, APM2_ERROR, APM2_ERROR_NOT_FOUND);
}

/* --- jobs --- */

static void
test_job_is_denied (Scene *scene, gconstpointer data)
{
  g_autoptr (Attempt) attempt = NULL;
  const char *message = NULL;

  scene_configure (scene, data);
  attempt
      = attempt_new (scene, "'steps':[{'name':'a','argv':['sh','-c','true']}]");
  attempt_run (attempt);

  attempt_assert_outcome (attempt, "denied", "insufficient_disk_space");
  attempt_assert_step (attempt, 0, "skipped");
  g_assert_true (g_variant_lookup (attempt->result, "message", "&s", &message));
  g_assert_nonnull (strstr (message, "have to stay free"));
}

static void
test_job_runs (Scene *scene, gconstpointer data)
{
  g_autoptr (Attempt) attempt = NULL;

  scene_configure (scene, data);
  attempt
      = attempt_new (scene, "'steps':[{'name':'a','argv':['sh','-c','true']}]");
  attempt_run (attempt);

  attempt_assert_passed (attempt);
}

static gboolean
is_step (Attempt *attempt, guint index, const char *result)
{
  g_autoptr (GVariant) steps = g_variant_lookup_value (
      attempt->result, "steps", G_VARIANT_TYPE ("aa{sv}"));
  g_autoptr (GVariant) step = g_variant_get_child_value (steps, index);
  const char *text = NULL;

  (void) g_variant_lookup (step, "result", "&s", &text);
  return g_strcmp0 (text, result) == 0;
}

/* Not even one that may fail, and whoever ran beside it: the job has had its
 * share. */
static void
test_job_beyond_its_bound (Scene *scene, gconstpointer data)
{
  g_autoptr (GateRepository) repository
      = gate_repository_new (scene, "repo", "true");
  g_autoptr (Attempt) attempt = NULL;

  scene_configure (scene, "[lane gates]\nworkspace-max=4M\ngates-parallel=2\n");
  attempt = gate_attempt_new (scene,
                              repository,
                              GATE ("a",
                                    "head -c 8000000 /dev/zero >big; sleep 999",
                                    ",'allow_failure':true"),
                              GATE ("b", "sleep 999", ""),
                              GATE ("c", "true", ""),
                              NULL);
  attempt_run (attempt);

  attempt_assert_outcome (attempt, "completed", "workspace_limit");
  /* They share the workspace: who is looked at first has used it up. */
  g_assert_true (is_step (attempt, 1, "workspace_limit")
                 || is_step (attempt, 2, "workspace_limit"));
  attempt_assert_step (attempt, 3, "skipped");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, data, func)                                                  \
  g_test_add (                                                                 \
      "/apm2/disk/" path, Scene, data, scene_set_up, func, scene_tear_down)
  ADD ("usage/as-du-has-it", NULL, test_counts_as_du);
  ADD ("usage/of-deep-trees", NULL, test_counts_deep_trees);
  ADD (
      "usage/no-more-than-asked-for", NULL, test_counts_no_more_than_asked_for);
  ADD ("watch/the-disk-counts-too", NULL, test_the_disk_counts_too);
  ADD ("watch/looks-again-and-again", NULL, test_watch_looks_again_and_again);
  ADD ("step/beyond-its-bound-is-ended", NULL, test_step_beyond_its_bound);
  ADD ("step/within-it-goes-on", NULL, test_step_within_its_bound);
  ADD ("job/beyond-its-bound-fails", NULL, test_job_beyond_its_bound);
  ADD ("floor/denies", "[source]\ndisk-floor=1000T\n", test_job_is_denied);
  ADD ("floor/is-a-part-of-the-disk", NULL, test_floor_is_a_part);
  ADD ("floor/none",
       "[source]\ndisk-floor=0\ndisk-floor-percent=0%\n",
       test_job_runs);
  ADD ("floor/enough-above", "[source]\ndisk-floor=4K\n", test_job_runs);
#undef ADD
  return scene_run_tests ();
}
