/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The first steps of a job that has a source: the commit comes into its
 * directory.
 *
 * By the git command, with none of the configuration of user or system, no
 * hooks, no helpers, no prompts, and only from a repository of this machine. A
 * repository that belongs to somebody else is refused by git itself: its
 * configuration would be obeyed. Repository, commit and ref are arguments,
 * never part of the script.
 *
 * Where the job's steps do not see the repository, the worker brings the commit
 * into a mirror that they see, and they borrow its objects.
 */

#include "apm2-checkout.h"

/* Exit statuses of the script that are not git's own. */
#define EXIT_NOT_LOCAL 65
#define EXIT_NO_GIT    69
#define EXIT_NO_COMMIT 66

/* What all scripts begin with. Arguments: repository, commit, ref or nothing,
 * mirror or nothing. */
#define BEGINNING                                                              \
  "set -eu\n"                                                                  \
  "repository=$1 commit=$2 ref=$3 mirror=$4\n"                                 \
  "command -v git >/dev/null || {\n"                                           \
  "  echo 'apm2: git is not installed' >&2\n"                                  \
  "  exit 69\n"                                                                \
  "}\n"                                                                        \
  "case ${#commit} in\n"                                                       \
  "64) format=sha256 ;;\n"                                                     \
  "*) format=sha1 ;;\n"                                                        \
  "esac\n"                                                                     \
  "has_commit () {\n"                                                          \
  "  git cat-file -e \"$commit^{commit}\" 2>/dev/null\n"                       \
  "}\n"                                                                        \
  "need_commit () {\n"                                                         \
  "  has_commit || {\n"                                                        \
  "    echo \"apm2: $repository has no commit $commit\" >&2\n"                 \
  "    exit 66\n"                                                              \
  "  }\n"                                                                      \
  "}\n"

#define NEED_LOCAL                                                             \
  "case $repository in\n"                                                      \
  "/*) ;;\n"                                                                   \
  "file:///*) ;;\n"                                                            \
  "*)\n"                                                                       \
  "  echo \"apm2: $repository is not on this machine: this worker has\" "      \
  "\\\n"                                                                       \
  "    'neither network nor credentials for a checkout' >&2\n"                 \
  "  exit 65 ;;\n"                                                             \
  "esac\n"

/* A commit is asked for by its name first, which is quick and enough nearly
 * always; servers may refuse it. */
#define FETCH                                                                  \
  "fetch () {\n"                                                               \
  "  git fetch --quiet --no-tags --no-recurse-submodules \"$@\"\n"             \
  "}\n"                                                                        \
  "fetch_commit () {\n"                                                        \
  "  fetch \"$@\" -- \"$repository\" \"$commit\" || {\n"                       \
  "    echo 'apm2: cannot fetch the commit by its name, fetching refs' >&2\n"  \
  "    if [ -n \"$ref\" ]; then\n"                                             \
  "      fetch -- \"$repository\" \"$ref\" || true\n"                          \
  "    fi\n"                                                                   \
  "    has_commit || fetch -- \"$repository\" '+refs/*:refs/apm2/*'\n"         \
  "  }\n"                                                                      \
  "}\n"

#define CHECK_OUT                                                              \
  "need_commit\n"                                                              \
  "exec git checkout --quiet --detach \"$commit\"\n"

static const char straight[] = BEGINNING NEED_LOCAL FETCH
    "git init --quiet --template= --object-format=$format .\n"
    "fetch_commit --depth=1\n" CHECK_OUT;

/* A mirror is whole, so that what borrows from it has a history. Jobs that need
 * the same one wait for each other. */
static const char into_mirror[] = BEGINNING NEED_LOCAL FETCH
    "umask 022\n"
    "exec 9>\"$mirror.lock\"\n"
    "flock 9\n"
    "git init --quiet --bare --template= --object-format=$format "
    "\"$mirror\"\n"
    "cd \"$mirror\"\n"
    "has_commit || fetch_commit\n"
    "need_commit\n"
    "exec git update-ref \"refs/apm2/commit/$commit\" \"$commit\"\n";

static const char out_of_mirror[] = BEGINNING
    "git init --quiet --template= --object-format=$format .\n"
    "mkdir -p .git/objects/info\n"
    "printf '%s\\n' \"$mirror/objects\" >.git/objects/info/alternates\n" //
    CHECK_OUT;

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

static Apm2Step *
new_step (const char *name,
          const char *script,
          const Apm2JobSpec *spec,
          const char *mirrors)
{
  Apm2Step *step = apm2_step_new (name);
  g_autofree char *hash = g_compute_checksum_for_string (
      G_CHECKSUM_SHA256, spec->source_repository, -1);
  g_autofree char *mirror
      = mirrors != NULL ? g_strdup_printf (
            "%s/%.32s-%zu.git", mirrors, hash, strlen (spec->source_commit) * 4)
                        : NULL;
  const char *const argv[] = {
    "/bin/sh",
    "-c",
    script,
    name,
    spec->source_repository,
    spec->source_commit,
    spec->source_ref != NULL ? spec->source_ref : "",
    mirror != NULL ? mirror : "",
    NULL,
  };

  step->argv = g_strdupv ((char **) argv);
  step->env = g_strdupv ((char **) environment);
  return step;
}

/**
 * apm2_checkout_new_steps:
 * @spec: a spec
 * @mirrors: (nullable): where the mirrors are, if the job's steps see no other
 *   repositories
 *
 * Returns: (transfer full) (element-type Apm2Step): the steps that bring its
 *   source into the directory in which they run; none if it has no source. With
 *   mirrors all but the last are for the worker itself
 */
GPtrArray *
apm2_checkout_new_steps (const Apm2JobSpec *spec, const char *mirrors)
{
  GPtrArray *steps
      = g_ptr_array_new_with_free_func ((GDestroyNotify) apm2_step_free);

  if (spec->source_repository == NULL || spec->source_commit == NULL)
    return steps;
  if (mirrors != NULL)
    g_ptr_array_add (steps,
                     new_step (APM2_FETCH_NAME, into_mirror, spec, mirrors));
  g_ptr_array_add (steps,
                   new_step (APM2_CHECKOUT_NAME,
                             mirrors != NULL ? out_of_mirror : straight,
                             spec,
                             mirrors));
  return steps;
}

/**
 * apm2_checkout_explain:
 * @spec: a spec with a source
 * @exit_status: of one of these steps
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
