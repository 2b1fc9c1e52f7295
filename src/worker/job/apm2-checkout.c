/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The first step of a job that has a source: the commit comes into its
 * directory.
 *
 * By the git command, with none of the configuration of user or system, no
 * hooks, no helpers, no prompts, and only from a repository of this machine. A
 * repository that belongs to somebody else is refused by git itself: its
 * configuration would be obeyed. Repository, commit and ref are arguments,
 * never part of the script.
 */

#include "apm2-checkout.h"

/* Exit statuses of the script that are not git's own. */
#define EXIT_NOT_LOCAL 65
#define EXIT_NO_GIT    69
#define EXIT_NO_COMMIT 66

/* Arguments: repository, commit, ref or nothing. A commit is asked for by its
 * name first, which is quick and enough nearly always; servers may refuse it.
 */
static const char script[]
    = "set -eu\n"
      "repository=$1 commit=$2 ref=$3\n"
      "case $repository in\n"
      "/*) ;;\n"
      "file:///*) ;;\n"
      "*)\n"
      "  echo \"apm2: $repository is not on this machine: this worker has\" "
      "\\\n"
      "    'neither network nor credentials for a checkout' >&2\n"
      "  exit 65 ;;\n"
      "esac\n"
      "command -v git >/dev/null || {\n"
      "  echo 'apm2: git is not installed' >&2\n"
      "  exit 69\n"
      "}\n"
      "case ${#commit} in\n"
      "64) format=sha256 ;;\n"
      "*) format=sha1 ;;\n"
      "esac\n"
      "git init --quiet --template= --object-format=$format .\n"
      "has_commit () {\n"
      "  git cat-file -e \"$commit^{commit}\" 2>/dev/null\n"
      "}\n"
      "fetch () {\n"
      "  git fetch --quiet --no-tags --no-recurse-submodules \"$@\"\n"
      "}\n"
      "fetch --depth=1 -- \"$repository\" \"$commit\" || {\n"
      "  echo 'apm2: cannot fetch the commit by its name, fetching refs' >&2\n"
      "  if [ -n \"$ref\" ]; then\n"
      "    fetch -- \"$repository\" \"$ref\" || true\n"
      "  fi\n"
      "  has_commit || fetch -- \"$repository\" '+refs/*:refs/apm2/*'\n"
      "}\n"
      "has_commit || {\n"
      "  echo \"apm2: $repository has no commit $commit\" >&2\n"
      "  exit 66\n"
      "}\n"
      "exec git checkout --quiet --detach \"$commit\"\n";

static const char *const environment[] = {
  "GIT_ALLOW_PROTOCOL=file",
  "GIT_ASKPASS=/bin/false",
  "GIT_CONFIG_COUNT=5",
  "GIT_CONFIG_GLOBAL=/dev/null",
  "GIT_CONFIG_KEY_0=core.hooksPath",
  "GIT_CONFIG_KEY_1=core.fsmonitor",
  "GIT_CONFIG_KEY_2=gc.auto",
  "GIT_CONFIG_KEY_3=maintenance.auto",
  "GIT_CONFIG_KEY_4=advice.detachedHead",
  "GIT_CONFIG_NOSYSTEM=1",
  "GIT_CONFIG_VALUE_0=/dev/null",
  "GIT_CONFIG_VALUE_1=false",
  "GIT_CONFIG_VALUE_2=0",
  "GIT_CONFIG_VALUE_3=false",
  "GIT_CONFIG_VALUE_4=false",
  "GIT_TERMINAL_PROMPT=0",
  NULL,
};

/**
 * apm2_checkout_new_step:
 * @spec: a spec with a source
 *
 * Returns: (transfer full): the step that brings the source into the directory
 *   in which it runs
 */
Apm2Step *
apm2_checkout_new_step (const Apm2JobSpec *spec)
{
  Apm2Step *step = NULL;
  const char *const argv[] = {
    "/bin/sh",
    "-c",
    script,
    APM2_CHECKOUT_NAME,
    spec->source_repository,
    spec->source_commit,
    spec->source_ref != NULL ? spec->source_ref : "",
    NULL,
  };

  g_return_val_if_fail (spec->source_repository != NULL, NULL);
  g_return_val_if_fail (spec->source_commit != NULL, NULL);

  step = apm2_step_new (APM2_CHECKOUT_NAME);
  step->argv = g_strdupv ((char **) argv);
  step->env = g_strdupv ((char **) environment);
  return step;
}

/**
 * apm2_checkout_explain:
 * @spec: a spec with a source
 * @exit_status: of its checkout step
 * @message: (inout): replaced by what @exit_status means, if it is not git's
 * own
 */
void
apm2_checkout_explain (const Apm2JobSpec *spec, int exit_status, char **message)
{
  char *better = NULL;

  switch (exit_status)
    {
    case EXIT_NOT_LOCAL:
      better = g_strdup_printf ("failed: %s is not on this machine, and this "
                                "worker has neither network nor credentials",
                                spec->source_repository);
      break;
    case EXIT_NO_GIT:
      better = g_strdup ("failed: git is not installed");
      break;
    case EXIT_NO_COMMIT:
      better = g_strdup_printf ("failed: %s has no commit %s",
                                spec->source_repository,
                                spec->source_commit);
      break;
    default:
      return;
    }
  g_free (*message);
  *message = better;
}
