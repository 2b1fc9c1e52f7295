/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <string.h>

#include "apm2-error.h"
#include "apm2-gates-file.h"

static GPtrArray *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  GPtrArray *steps
      = apm2_gates_file_parse (text, strlen (text), "gates.conf", &error);

  g_assert_no_error (error);
  g_assert_nonnull (steps);
  return steps;
}

/* Returns: (transfer full): the message */
static char *
parse_problems_sized (const char *text, gsize size)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (apm2_gates_file_parse (text, size, "gates.conf", &error));
  g_assert_error (error, APM2_ERROR, APM2_ERROR_INVALID_ARGUMENT);
  return g_strdup (error->message);
}

static char *
parse_problems (const char *text)
{
  return parse_problems_sized (text, strlen (text));
}

static char *
names_of (GPtrArray *steps)
{
  GString *names = g_string_new (NULL);

  for (guint i = 0; i < steps->len; i++)
    g_string_append_printf (names,
                            "%s%s",
                            i > 0 ? " " : "",
                            ((Apm2Step *) g_ptr_array_index (steps, i))->name);
  return g_string_free (names, FALSE);
}

static void
test_smallest (void)
{
  g_autoptr (GPtrArray) steps = parse ("[gate test]\ncommand=make check");
  const Apm2Step *step = g_ptr_array_index (steps, 0);

  g_assert_cmpuint (steps->len, ==, 1);
  g_assert_cmpstr (step->name, ==, "test");
  g_assert_cmpuint (g_strv_length (step->argv), ==, 3);
  g_assert_cmpstr (step->argv[0], ==, "/bin/sh");
  g_assert_cmpstr (step->argv[1], ==, "-c");
  g_assert_cmpstr (step->argv[2], ==, "make check");
  g_assert_null (step->env);
  g_assert_null (step->needs);
  g_assert_null (step->caches);
  g_assert_null (step->working_directory);
  g_assert_cmpuint (step->timeout_sec, ==, 0);
  g_assert_false (step->network);
  g_assert_false (step->allow_failure);
}

static void
test_all_keys (void)
{
  g_autoptr (GPtrArray) steps
      = parse ("# how we test\r\n"
               "\n"
               " [gate build] \r\n"
               "command = make -j2 'a\\.b' # not a comment\r\n"
               "  cache = ./out//obj/ ; deps;\n"
               "env-ZZ=1=2\n"
               "env-CC=gcc\n"
               "env-CC_FLAGS=\n"
               "timeout=2h 30m\n"
               "network=yes\n"
               "\t# indented\n"
               "[gate check]\n"
               "needs= build \n"
               "allow-failure=on\n"
               "command=make check; true\n");
  const Apm2Step *build = g_ptr_array_index (steps, 0);
  const Apm2Step *check = g_ptr_array_index (steps, 1);
  g_autofree char *env = g_strjoinv (" ", build->env);
  g_autofree char *caches = g_strjoinv (" ", build->caches);

  g_assert_cmpstr (build->argv[2], ==, "make -j2 'a\\.b' # not a comment");
  g_assert_cmpstr (env, ==, "CC=gcc CC_FLAGS= ZZ=1=2");
  g_assert_cmpstr (caches, ==, "out/obj deps");
  g_assert_cmpuint (build->timeout_sec, ==, 9000);
  g_assert_true (build->network);
  g_assert_false (build->allow_failure);
  g_assert_cmpuint (g_strv_length (check->needs), ==, 1);
  g_assert_cmpstr (check->needs[0], ==, "build");
  g_assert_true (check->allow_failure);
  g_assert_cmpstr (check->argv[2], ==, "make check; true");
}

static void
test_order (void)
{
  static const struct
  {
    const char *needs[4]; /* of a, b, c and d */
    const char *order;
  } cases[] = {
    { { "", "", "", "" }, "a b c d" },
    { { "needs=d", "", "", "" }, "b c d a" },
    { { "needs=b;c", "needs=c", "", "" }, "c b a d" },
    { { "", "needs=a", "needs=a", "needs=b;c" }, "a b c d" },
    { { "needs=d", "", "needs=a", "" }, "b d a c" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GString) text = g_string_new (NULL);
      g_autoptr (GPtrArray) steps = NULL;
      g_autofree char *names = NULL;

      for (guint g = 0; g < 4; g++)
        g_string_append_printf (text,
                                "[gate %c]\ncommand=true\n%s\n",
                                'a' + (int) g,
                                cases[i].needs[g]);
      steps = parse (text->str);
      names = names_of (steps);
      g_assert_cmpstr (names, ==, cases[i].order);
    }
}

/* A whole file and all that is said of it. */
static const struct
{
  const char *text;
  const char *problems;
} bad_files[] = {
  { "", "gates.conf: has no [gate NAME]" },
  { "# nothing\n", "gates.conf: has no [gate NAME]" },
  { "command=x\n",
    "gates.conf:1: key 'command' stands before any [gate NAME]" },
  { "[gates]\ncommand=x\n",
    "gates.conf:1: [gates]: unknown group; there is only [gate NAME]" },
  { "[gate a\ncommand=x\n", "gates.conf:1: '[gate a' is not a [group]" },
  { "[gate a[b]\ncommand=x\n", "gates.conf:1: '[gate a[b]' is not a [group]" },
  { "[gate .a]\ncommand=x\n",
    "gates.conf:1: [gate .a]: a gate's name is "
    "[A-Za-z0-9][A-Za-z0-9_.-]{0,63}" },
  { "[gate  a]\n",
    "gates.conf:1: [gate  a]: a gate's name is "
    "[A-Za-z0-9][A-Za-z0-9_.-]{0,63}" },
  { "[gate checkout]\ncommand=x\n",
    "gates.conf:1: [gate checkout]: apm2 has a step of that name itself" },
  { "[gate a]\ncommand=x\n[gate a]\ncommand=y\n",
    "gates.conf:3: [gate a]: the group stands there twice" },
  { "[gate a]\nnetwork=yes\n", "gates.conf:1: [gate a] command: missing" },
  { "[gate a]\ncommand=\n", "gates.conf:2: [gate a] command: empty" },
  { "[gate a]\ncommand=x\ncommand=x\n",
    "gates.conf:3: [gate a] command: stands there twice" },
  { "[gate a]\ncommand\n",
    "gates.conf:2: 'command' is not key=value\n"
    "gates.conf:1: [gate a] command: missing" },
  { "[gate a]\ncommand=x\nComand=y\n",
    "gates.conf:3: [gate a] Comand: unknown key" },
  { "[gate a]\ncommand=x\ntimeout=0\n",
    "gates.conf:3: [gate a] timeout: '0' is not a time from 1s to 7d, like 90, "
    "10min or 2h 30m" },
  { "[gate a]\ncommand=x\ntimeout=8d\n",
    "gates.conf:3: [gate a] timeout: '8d' is not a time from 1s to 7d, like "
    "90, 10min or 2h 30m" },
  { "[gate a]\ncommand=x\nnetwork=maybe\n",
    "gates.conf:3: [gate a] network: 'maybe' is neither yes nor no" },
  { "[gate a]\ncommand=x\nallow-failure=\n",
    "gates.conf:3: [gate a] allow-failure: '' is neither yes nor no" },
  { "[gate a]\ncommand=x\nneeds=b\n",
    "gates.conf:3: [gate a] needs: there is no gate 'b'" },
  { "[gate a]\ncommand=x\nneeds=\n", "gates.conf:3: [gate a] needs: empty" },
  { "[gate a]\ncommand=x\nneeds=;b\n",
    "gates.conf:3: [gate a] needs: an element is empty" },
  { "[gate a]\ncommand=x\nneeds=b;b\n",
    "gates.conf:3: [gate a] needs: 'b' stands there twice" },
  { "[gate a]\ncommand=x\nneeds=a\n",
    "gates.conf:3: [gate a] needs: gates need each other: a -> a" },
  { "[gate x]\ncommand=x\nneeds=a\n"
    "[gate a]\ncommand=x\nneeds=b\n[gate b]\nneeds=c\ncommand=x\n"
    "[gate c]\ncommand=x\nneeds=a\n",
    "gates.conf:6: [gate a] needs: gates need each other: a -> b -> c -> a" },
  { "[gate a]\ncommand=x\ncache=../b\n",
    "gates.conf:3: [gate a] cache: '../b' is not a directory inside the "
    "checkout" },
  { "[gate a]\ncommand=x\ncache=/b\n",
    "gates.conf:3: [gate a] cache: '/b' is not a directory inside the "
    "checkout" },
  { "[gate a]\ncommand=x\ncache=.\n",
    "gates.conf:3: [gate a] cache: '.' is not a directory inside the "
    "checkout" },
  { "[gate a]\ncommand=x\ncache=x/.GIT/hooks\n",
    "gates.conf:3: [gate a] cache: 'x/.GIT/hooks' is not a directory inside "
    "the checkout" },
  { "[gate a]\ncommand=x\ncache=b;c;b/d\n",
    "gates.conf:3: [gate a] cache: 'b/d' lies in another one of them" },
  { "[gate a]\ncommand=x\nenv-LD_PRELOAD=x\n",
    "gates.conf:3: [gate a] env-LD_PRELOAD: 'LD_PRELOAD' is not a name that a "
    "gate may set" },
  { "[gate a]\ncommand=x\nenv-=x\n",
    "gates.conf:3: [gate a] env-: '' is not a name that a gate may set" },
  { "[gate a]\ncommand=x\x1b[2J\n",
    "gates.conf:2: [gate a] command: holds a control character" },
  { "[gate a]\ncommand=x\n\x1b=1\n",
    "gates.conf:3: [gate a] \\u{1b}: unknown key" },
  { "[gate a]\ncommand=\xff\n", "gates.conf: not UTF-8 text" },
  { "[gate a]\nneeds=a;a\nnetwork=1\n[lane x]\nfoo\n",
    "gates.conf:2: [gate a] needs: 'a' stands there twice\n"
    "gates.conf:4: [lane x]: unknown group; there is only [gate NAME]\n"
    "gates.conf:5: 'foo' is not key=value\n"
    "gates.conf:1: [gate a] command: missing" },
};

static void
test_problems (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (bad_files); i++)
    {
      g_autofree char *problems = parse_problems (bad_files[i].text);

      g_assert_cmpstr (problems, ==, bad_files[i].problems);
    }
}

static void
test_nul (void)
{
  static const char text[] = "[gate a]\ncommand=x\0rm\n";
  g_autofree char *problems = parse_problems_sized (text, sizeof text - 1);

  g_assert_cmpstr (problems, ==, "gates.conf: not UTF-8 text");
}

static char *
make_gates (guint n, const char *more)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < n; i++)
    g_string_append_printf (text, "[gate g%u]\ncommand=true\n%s", i, more);
  return g_string_free (text, FALSE);
}

static void
test_count_bound (void)
{
  g_autofree char *most = make_gates (APM2_STEPS_MAX, "");
  g_autofree char *more = make_gates (APM2_STEPS_MAX + 1, "");
  g_autoptr (GPtrArray) steps = parse (most);
  g_autofree char *problems = parse_problems (more);

  g_assert_cmpuint (steps->len, ==, APM2_STEPS_MAX);
  g_assert_cmpstr (problems,
                   ==,
                   "gates.conf:129: [gate g64]: there are more than 64 "
                   "gates");
}

static void
test_size_bound (void)
{
  g_autoptr (GString) text = g_string_new ("[gate a]\ncommand=true\n#");
  g_autoptr (GPtrArray) steps = NULL;
  g_autofree char *problems = NULL;

  while (text->len < APM2_GATES_FILE_BYTES_MAX)
    g_string_append_c (text, 'x');
  steps = parse (text->str);
  g_string_append_c (text, 'x');
  problems = parse_problems (text->str);
  g_assert_cmpstr (problems, ==, "gates.conf: larger than 65536 bytes");
}

static void
test_problems_bound (void)
{
  g_autofree char *text = make_gates (30, "bad=1\n");
  g_autofree char *problems = parse_problems (text);
  g_auto (GStrv) lines = g_strsplit (problems, "\n", -1);

  g_assert_cmpuint (g_strv_length (lines), ==, 17);
  g_assert_cmpstr (lines[15], ==, "gates.conf:48: [gate g15] bad: unknown key");
  g_assert_cmpstr (lines[16], ==, "gates.conf: and 14 more");
}

static void
test_env_bound (void)
{
  g_autoptr (GString) text = g_string_new ("[gate a]\ncommand=true\n");
  g_autofree char *problems = NULL;
  g_autoptr (GPtrArray) steps = NULL;

  for (guint i = 0; i < APM2_ENV_MAX; i++)
    g_string_append_printf (text, "env-V%u=x\n", i);
  steps = parse (text->str);
  g_string_append (text, "env-MORE=x\n");
  problems = parse_problems (text->str);
  g_assert_cmpstr (
      problems, ==, "gates.conf:67: [gate a] env-MORE: more than 64 variables");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/gates-file/smallest", test_smallest);
  g_test_add_func ("/gates-file/all-keys", test_all_keys);
  g_test_add_func ("/gates-file/order", test_order);
  g_test_add_func ("/gates-file/problems", test_problems);
  g_test_add_func ("/gates-file/nul", test_nul);
  g_test_add_func ("/gates-file/count-bound", test_count_bound);
  g_test_add_func ("/gates-file/size-bound", test_size_bound);
  g_test_add_func ("/gates-file/problems-bound", test_problems_bound);
  g_test_add_func ("/gates-file/env-bound", test_env_bound);
  return g_test_run ();
}
