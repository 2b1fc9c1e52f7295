/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * apm2 fac hook install: git asks before a push whether its commits passed.
 */

#include <stdio.h>

#include <glib/gi18n.h>

#include "apm2-args.h"
#include "apm2-commands.h"
#include "apm2-error.h"
#include "apm2-hook.h"

typedef struct
{
  gboolean pre_push;
  char *gates_from;
  gboolean force;
} HookOptions;

#define OFFSET(member) APM2_ARGS_OFFSET (HookOptions, member)

static const GOptionEntry entries[] = {
  { "pre-push",
    0,
    0,
    G_OPTION_ARG_NONE,
    OFFSET (pre_push),
    N_ ("The hook that git runs before a push"),
    NULL },
  { "gates-from",
    0,
    0,
    G_OPTION_ARG_FILENAME,
    OFFSET (gates_from),
    N_ ("Ask for the gates of this commit, not of the pushed one"),
    N_ ("REV") },
  { "force",
    0,
    0,
    G_OPTION_ARG_NONE,
    OFFSET (force),
    N_ ("Keep a hook that is there already and run it first"),
    NULL },
  G_OPTION_ENTRY_NULL,
};

static const char *
get_mode (const Apm2Options *globals)
{
  if (globals->mode == APM2_MODE_AUTO)
    return NULL;
  return globals->mode == APM2_MODE_SYSTEM ? "--system" : "--user";
}

static int
run (const Apm2CommandCall *call, GError **error)
{
  const HookOptions *o = call->options;
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  g_autoptr (Apm2Hook) hook = NULL;
  g_autofree char *script = NULL;
  g_autofree char *kept = NULL;

  if (!o->pre_push)
    {
      g_set_error_literal (error,
                           G_OPTION_ERROR,
                           G_OPTION_ERROR_FAILED,
                           _ ("say which hook: --pre-push"));
      return -1;
    }
  hook = apm2_hook_find (error);
  if (hook == NULL)
    return -1;
  script = apm2_hook_to_script (program != NULL ? program : "apm2",
                                get_mode (call->globals),
                                o->gates_from);
  if (!apm2_hook_install (hook, script, o->force, &kept, error))
    return -1;
  if (kept != NULL)
    printf (_ ("kept %s, which runs first\n"), kept);
  printf (_ ("wrote %s\n"), hook->path);
  return APM2_EXIT_OK;
}

const Apm2Command apm2_cmd_hook_install = {
  .name = "install",
  .here = TRUE,
  .summary = N_ ("Let git refuse to push commits that have not passed"),
  .description
  = N_ ("Writes a hook into the git repository here. For each ref that is "
        "pushed it asks\n'apm2 fac admitted' for its commit."),
  .entries = entries,
  .options_size = sizeof (HookOptions),
  .examples = "  apm2 fac hook install --pre-push\n"
              "  apm2 fac hook install --pre-push --gates-from origin/main",
  .run = run,
};
