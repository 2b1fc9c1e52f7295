/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a step used by the account of its unit, on machines with each kind of
 * control groups: played by files. */

#include <fcntl.h>

#include <glib/gstdio.h>

#include "apm2-fs-remove.h"
#include "apm2-lane-cgroup.h"

#define UNIT "/user.slice/apm2-lane@gates-1.service"

typedef struct
{
  char *dir;
  char *membership;
  Apm2LaneCgroup cgroup;
  Apm2StepExit exit;
} Machine;

static void
set_up (Machine *self, gconstpointer data)
{
  self->dir = g_dir_make_tmp ("apm2-XXXXXX", NULL);
  self->membership = g_build_filename (self->dir, "membership", NULL);
  self->exit = (Apm2StepExit){
    .cause = APM2_STEP_CAUSE_EXITED,
    .cpu_usec = 7,
    .memory_peak_bytes = 8,
  };
}

static void
tear_down (Machine *self, gconstpointer data)
{
  g_assert_true (apm2_fs_remove_tree (AT_FDCWD, self->dir, NULL));
  g_free (self->dir);
  g_free (self->membership);
}

static void
put (Machine *self, const char *dir, const char *name, const char *text)
{
  g_autofree char *folder = g_build_filename (self->dir, dir, NULL);
  g_autofree char *path = g_build_filename (folder, name, NULL);

  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

static void
start (Machine *self, const char *membership)
{
  g_assert_true (g_file_set_contents (self->membership, membership, -1, NULL));
  apm2_lane_cgroup_open (&self->cgroup, self->membership, self->dir);
}

static void
test_unified (Machine *machine, gconstpointer data)
{
  put (machine, UNIT, "cpu.stat", "usage_usec 1000\nuser_usec 600\n");
  put (machine, UNIT, "memory.events", "low 0\noom 3\noom_kill 0\n");
  start (machine, "0::" UNIT "\n");
  put (machine, UNIT, "cpu.stat", "usage_usec 4500\nuser_usec 600\n");
  put (machine, UNIT, "memory.peak", "123456\n");
  put (machine, UNIT, "pids.peak", "17\n");

  apm2_lane_cgroup_take (&machine->cgroup, &machine->exit);

  g_assert_cmpuint (machine->exit.cpu_usec, ==, 3500);
  g_assert_cmpuint (machine->exit.memory_peak_bytes, ==, 123456);
  g_assert_cmpuint (machine->exit.tasks_peak, ==, 17);
  g_assert_true (machine->exit.from_cgroup);
  g_assert_cmpuint (machine->exit.oom_kills, ==, 0);
  g_assert_cmpint (machine->exit.cause, ==, APM2_STEP_CAUSE_EXITED);
}

static void
test_unified_oom (Machine *machine, gconstpointer data)
{
  put (machine, UNIT, "memory.events", "oom_kill 1\noom_group_kill 9\n");
  start (machine, "0::" UNIT "\n");
  put (machine, UNIT, "memory.events", "oom 2\noom_kill 3\n");

  apm2_lane_cgroup_take (&machine->cgroup, &machine->exit);

  g_assert_cmpuint (machine->exit.oom_kills, ==, 2);
  g_assert_cmpint (machine->exit.cause, ==, APM2_STEP_CAUSE_OOM);
}

/* It ran out of time, whatever else went wrong. */
static void
test_oom_is_no_timeout (Machine *machine, gconstpointer data)
{
  start (machine, "0::" UNIT "\n");
  put (machine, UNIT, "memory.events", "oom_kill 1\n");
  machine->exit.cause = APM2_STEP_CAUSE_TIMEOUT;

  apm2_lane_cgroup_take (&machine->cgroup, &machine->exit);

  g_assert_cmpuint (machine->exit.oom_kills, ==, 1);
  g_assert_cmpint (machine->exit.cause, ==, APM2_STEP_CAUSE_TIMEOUT);
}

static void
test_hierarchies (Machine *machine, gconstpointer data)
{
  put (machine, "cpuacct" UNIT, "cpuacct.usage", "1000000\n");
  start (machine,
         "9:name=systemd:" UNIT "\n8:pids:" UNIT "\n4:memory:" UNIT
         "\n2:cpu,cpuacct:" UNIT "\n0::" UNIT "\n");
  put (machine, "cpuacct" UNIT, "cpuacct.usage", "9000000\n");
  put (machine, "memory" UNIT, "memory.max_usage_in_bytes", "4096\n");
  put (machine,
       "memory" UNIT,
       "memory.oom_control",
       "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n");
  put (machine, "pids" UNIT, "pids.peak", "5\n");

  apm2_lane_cgroup_take (&machine->cgroup, &machine->exit);

  g_assert_cmpuint (machine->exit.cpu_usec, ==, 8000);
  g_assert_cmpuint (machine->exit.memory_peak_bytes, ==, 4096);
  g_assert_cmpuint (machine->exit.tasks_peak, ==, 5);
  g_assert_cmpuint (machine->exit.oom_kills, ==, 1);
  g_assert_cmpint (machine->exit.cause, ==, APM2_STEP_CAUSE_OOM);
}

static void
assert_nothing_known (Machine *machine)
{
  apm2_lane_cgroup_take (&machine->cgroup, &machine->exit);

  g_assert_cmpuint (machine->exit.cpu_usec, ==, 7);
  g_assert_cmpuint (machine->exit.memory_peak_bytes, ==, 8);
  g_assert_cmpuint (machine->exit.tasks_peak, ==, 0);
  g_assert_cmpuint (machine->exit.oom_kills, ==, 0);
  g_assert_false (machine->exit.from_cgroup);
  g_assert_cmpint (machine->exit.cause, ==, APM2_STEP_CAUSE_EXITED);
}

/* A controller that the unit was not given counts everybody. */
static void
test_group_of_others (Machine *machine, gconstpointer data)
{
  start (machine,
         "9:name=systemd:" UNIT "\n4:memory:/user.slice\n2:cpuacct:/\n");
  put (machine, "memory/user.slice", "memory.max_usage_in_bytes", "4096\n");
  put (machine, "memory/user.slice", "memory.oom_control", "oom_kill 1\n");
  put (machine, "cpuacct", "cpuacct.usage", "9000000\n");

  assert_nothing_known (machine);
}

static void
test_no_unit (Machine *machine, gconstpointer data)
{
  start (machine, "0::/\n");
  put (machine, ".", "cpu.stat", "usage_usec 4500\n");
  put (machine, ".", "memory.peak", "123456\n");

  assert_nothing_known (machine);
}

static void
test_no_account (Machine *machine, gconstpointer data)
{
  static const char *const texts[]
      = { "", "0\n", "0:\n\n", "::", "1:name=systemd", "0::" UNIT "\n" };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      start (machine, texts[i]);
      assert_nothing_known (machine);
    }
  g_assert_cmpint (g_remove (machine->membership), ==, 0);
  apm2_lane_cgroup_open (&machine->cgroup, machine->membership, machine->dir);
  assert_nothing_known (machine);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func)                                                        \
  g_test_add ("/apm2/lane-cgroup/" path, Machine, NULL, set_up, func, tear_down)
  ADD ("unified/figures", test_unified);
  ADD ("unified/out-of-memory-is-the-cause", test_unified_oom);
  ADD ("unified/out-of-time-stays-the-cause", test_oom_is_no_timeout);
  ADD ("hierarchies/figures", test_hierarchies);
  ADD ("hierarchies/a-group-of-others-does-not-count", test_group_of_others);
  ADD ("none/the-top-is-no-unit", test_no_unit);
  ADD ("none/no-account", test_no_account);
#undef ADD
  return g_test_run ();
}
