/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The parts of the supervisor of an attached command: the orders of its caller,
 * and which control group is its own. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "apm2-attached-order.h"
#include "apm2-attached-scope.h"
#include "apm2-fs-remove.h"

#define JOB   "0123abcd"
#define SLICE "/user.slice/apm2.slice/apm2-jobs.slice"
#define SCOPE SLICE "/apm2-run-" JOB ".scope"

static void
test_orders_are_understood (void)
{
  Apm2AttachedOrder order = { 0 };

  g_assert_cmpint (
      apm2_attached_order_parse ("go 18446744073709551615 0", &order), ==, 0);
  g_assert_cmpint (order.kind, ==, APM2_ATTACHED_ORDER_GO);
  g_assert_cmpuint (order.timeout_usec, ==, G_MAXUINT64);
  g_assert_cmpuint (order.grace_usec, ==, 0);
  g_assert_cmpint (apm2_attached_order_parse ("term 500000", &order), ==, 0);
  g_assert_cmpint (order.kind, ==, APM2_ATTACHED_ORDER_TERM);
  g_assert_cmpuint (order.grace_usec, ==, 500000);
  g_assert_cmpint (apm2_attached_order_parse ("signal 28", &order), ==, 0);
  g_assert_cmpint (order.kind, ==, APM2_ATTACHED_ORDER_SIGNAL);
  g_assert_cmpint (order.signal_number, ==, SIGWINCH);
  g_assert_cmpint (apm2_attached_order_parse ("kill", &order), ==, 0);
  g_assert_cmpint (order.kind, ==, APM2_ATTACHED_ORDER_KILL);
  g_assert_cmpint (apm2_attached_order_parse ("scope", &order), ==, 0);
  g_assert_cmpint (order.kind, ==, APM2_ATTACHED_ORDER_SCOPE);
  g_assert_cmpint (apm2_attached_order_parse ("hangup", &order), ==, 0);
  g_assert_cmpint (order.kind, ==, APM2_ATTACHED_ORDER_HANGUP);
}

static void
test_nonsense_is_refused (void)
{
  static const char *const lines[] = {
    "",
    "go",
    "go 1",
    "go 1 ",
    "go 1 2 3",
    "go  1 2",
    "go -1 2",
    "go +1 2",
    "go 1 0x2",
    "go 18446744073709551616 0",
    "go 99999999999999999999999 0",
    "gone 1 2",
    " go 1 2",
    "Go 1 2",
    "go\t1 2",
    "scope 1",
    "scopes",
    "signal",
    "signal 0",
    "signal 65",
    "signal 4294967305",
    "signal 9x",
    "term",
    "term x",
    "kill 9",
    "kill ",
    "killall",
    "hangup 1",
    "fence 1",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      Apm2AttachedOrder order = { .signal_number = 77 };

      g_assert_cmpint (
          apm2_attached_order_parse (lines[i], &order), ==, -EBADMSG);
      g_assert_cmpint (order.signal_number, ==, 77);
    }
}

/* Takes @text in parts of @step bytes; returns the kinds of the orders as
 * letters. */
static char *
take_all (const char *text, gsize length, gsize step)
{
  Apm2AttachedOrders orders = { 0 };
  GString *kinds = g_string_new (NULL);

  for (gsize at = 0; at < length; at += step)
    {
      const char *data = text + at;
      gsize left = MIN (step, length - at);
      Apm2AttachedOrder order = { 0 };
      gsize taken = 0;

      while (
          left > 0
          && (taken = apm2_attached_orders_take (&orders, data, left, &order))
                 > 0)
        {
          g_string_append_c (kinds, "gcstkh"[order.kind]);
          data += taken;
          left -= taken;
        }
    }
  return g_string_free (kinds, FALSE);
}

static void
test_lines_in_any_parts (void)
{
  static const char text[]
      = "go 0 1\nscope\nsignal 2\nnonsense\n\nterm 5\nkill\n"
        "kill\0\nhangup\nkill";

  for (gsize step = 1; step <= sizeof text; step++)
    {
      g_autofree char *kinds = take_all (text, sizeof text - 1, step);

      g_assert_cmpstr (kinds, ==, "gcstkh");
    }
}

/* What is cut off must not read as something shorter. */
static void
test_line_that_is_too_long (void)
{
  for (gsize zeros = 0; zeros < 3 * APM2_ATTACHED_ORDER_MAX; zeros++)
    {
      g_autofree char *padding = g_strnfill (zeros, '0');
      g_autofree char *text = g_strdup_printf ("term 1%s\nkill\n", padding);
      g_autofree char *kinds = take_all (text, strlen (text), 7);

      g_assert_cmpstr (kinds, ==, zeros <= 19 ? "tk" : "k");
    }
}

typedef struct
{
  char *dir;
  char *membership;
  Apm2LaneCgroup cgroup;
} Machine;

static void
set_up (Machine *self, gconstpointer data)
{
  self->dir = g_dir_make_tmp ("apm2-XXXXXX", NULL);
  self->membership = g_build_filename (self->dir, "membership", NULL);
}

static void
tear_down (Machine *self, gconstpointer data)
{
  g_assert_true (apm2_fs_remove_tree (AT_FDCWD, self->dir, NULL));
  g_free (self->dir);
  g_free (self->membership);
}

static gboolean
is_own (Machine *self, const char *membership, const char *job_id)
{
  g_assert_true (g_file_set_contents (self->membership, membership, -1, NULL));
  return apm2_attached_scope_open (
      &self->cgroup, self->membership, self->dir, job_id);
}

static void
test_scope_of_the_job (Machine *machine, gconstpointer data)
{
  g_autofree char *unified = g_strconcat (machine->dir, SCOPE, NULL);
  g_autofree char *named = g_strconcat (machine->dir, "/systemd" SCOPE, NULL);

  g_assert_true (is_own (machine, "0::" SCOPE "\n", JOB));
  g_assert_cmpstr (machine->cgroup.members, ==, unified);
  g_assert_true (is_own (
      machine, "4:memory:" SLICE "\n1:name=systemd:" SCOPE "\n0::/\n", JOB));
  g_assert_cmpstr (machine->cgroup.members, ==, named);
}

/* A nested job may sit in the scope of the other, and anybody in whatever. */
static void
test_scope_of_another (Machine *machine, gconstpointer data)
{
  g_assert_false (is_own (machine, "0::" SCOPE "\n", "0123"));
  g_assert_false (is_own (machine, "0::" SCOPE "\n", "abcd"));
  g_assert_false (is_own (machine, "0::" SCOPE "\n", ""));
  g_assert_false (is_own (machine, "0::" SCOPE "\n", NULL));
  g_assert_false (is_own (machine, "0::" SCOPE "/below\n", JOB));
  g_assert_false (is_own (machine, "0::" SLICE "\n", JOB));
  g_assert_false (is_own (machine, "0::/\n", JOB));
  g_assert_false (is_own (machine, "", JOB));
  g_assert_false (is_own (machine, "0::/apm2-run-a/b.scope\n", "a/b"));
}

/* Groups are played by folders. A process that is listed there, but is not in
 * the group by what the kernel says, is a stranger that took over a number. */
static void
test_stranger_is_spared (Machine *machine, gconstpointer data)
{
  g_autofree char *dir = g_strconcat (machine->dir, SCOPE, NULL);
  g_autofree char *below = g_build_filename (dir, "below", NULL);
  g_autofree char *list = g_build_filename (dir, "cgroup.procs", NULL);
  g_autofree char *more = g_build_filename (below, "cgroup.procs", NULL);
  g_autofree char *text = NULL;
  char *argv[] = { (char *) "sleep", (char *) "1000", NULL };
  GPid pid = -1;
  int status = 0;

  g_assert_true (g_spawn_async (NULL,
                                argv,
                                NULL,
                                G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD,
                                NULL,
                                NULL,
                                &pid,
                                NULL));
  text = g_strdup_printf ("%d\n%d\n", (int) getpid (), (int) pid);
  g_assert_cmpint (g_mkdir_with_parents (below, 0700), ==, 0);
  g_assert_true (g_file_set_contents (list, text, -1, NULL));
  g_assert_true (g_file_set_contents (more, text, -1, NULL));
  g_assert_true (is_own (machine, "0::" SCOPE "\n", JOB));

  g_assert_cmpuint (apm2_attached_scope_kill (&machine->cgroup), ==, 2);
  g_assert_cmpint (waitpid (pid, &status, WNOHANG), ==, 0);

  g_assert_cmpint (kill (pid, SIGKILL), ==, 0);
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func) g_test_add_func ("/apm2/attached-parts/" path, func)
  ADD ("order/is-understood", test_orders_are_understood);
  ADD ("order/nonsense-is-refused", test_nonsense_is_refused);
  ADD ("order/comes-in-any-parts", test_lines_in_any_parts);
  ADD ("order/too-long-is-passed-over", test_line_that_is_too_long);
#undef ADD
#define ADD(path, func)                                                        \
  g_test_add (                                                                 \
      "/apm2/attached-parts/" path, Machine, NULL, set_up, func, tear_down)
  ADD ("scope/of-the-job-is-its-own", test_scope_of_the_job);
  ADD ("scope/of-another-is-not", test_scope_of_another);
  ADD ("scope/spares-a-stranger", test_stranger_is_spared);
#undef ADD
  return g_test_run ();
}
