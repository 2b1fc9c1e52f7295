/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The first steps of a job that has a source: the commit comes into its
 * directory.
 *
 * By apm2-source, a script around the git command, which says what git may do.
 * Where the job's steps do not see the repository, the worker brings the commit
 * into a mirror that they see, and they borrow its objects.
 */

#include "apm2-checkout.h"

#include "apm2-paths.h"
#include "apm2-source.h"

#define PROGRAM   "apm2-source"
#define UNIT_VERB "unit"
#define FRESH     "fresh=yes"

/* What the exit statuses of the script mean. The words are about a
 * repository. */
typedef struct
{
  int status;
  const char *words;
} Meaning;

static const Meaning meanings[] = {
  { 65, "is not on this machine, and this worker takes nothing from others" },
  { 69, "cannot be reached: git is not installed" },
  { 70,
    "asks for a password, and there is none for it: see the gh-token in "
    "apm2-worker(8), and [source] token-hosts" },
  { 71, "refuses access: the token or the key is not accepted there" },
  { 72, "cannot be reached: its host is not known" },
  { 73, "cannot be reached: its host does not answer" },
  { 74,
    "is not trusted: its host cannot prove who it is; see [source] ca-file, "
    "or known_hosts" },
  { 75, "is no repository, or is not shown to us" },
  { 76, "has more than what [source] mirror-max allows" },
  { 77, "did not deliver within [source] fetch-timeout" },
  { 78, "has objects with which a checkout would not be safe" },
  { APM2_CHECKOUT_EXIT_DAMAGED,
    "has a mirror here that is damaged; the next job makes it anew" },
};

/* What counts as the same repository has the same mirror. */
static char *
get_mirror (const Apm2JobSpec *spec, const char *mirrors)
{
  const char *project = spec->source_project != NULL ? spec->source_project
                                                     : spec->source_repository;
  g_autofree char *hash
      = g_compute_checksum_for_string (G_CHECKSUM_SHA256, project, -1);

  return g_strdup_printf (
      "%s/%.32s-%zu.git", mirrors, hash, strlen (spec->source_commit) * 4);
}

static void
add (GPtrArray *argv, const char *key, const char *value)
{
  if (value != NULL && value[0] != '\0')
    g_ptr_array_add (argv, g_strconcat (key, "=", value, NULL));
}

static void
add_number (GPtrArray *argv, const char *key, guint64 value)
{
  g_ptr_array_add (argv, g_strdup_printf ("%s=%" G_GUINT64_FORMAT, key, value));
}

static void
add_bounds (GPtrArray *argv, const Apm2Config *config)
{
  add_number (argv, "timeout", config->fetch_timeout_sec);
  add_number (argv, "size", config->mirror_max_bytes);
  add (argv, "ca", config->ca_file);
  add (argv, "token-hosts", config->token_hosts);
}

static char *
find_program (void)
{
  char *path = apm2_paths_find_program (PROGRAM, NULL);

  /* Then to start it fails, and says that it is not there. */
  return path != NULL ? path : g_strdup (PROGRAM);
}

/* Commits that somebody handed over come from there, whatever the repository is
 * called. */
static void
add_bundle (GPtrArray *argv, const char *name, const Apm2Paths *paths)
{
  g_autofree char *path = NULL;

  if (name == NULL || paths == NULL)
    return;
  path = g_strdup_printf ("%s/handover/%s.bundle", paths->fac_dir, name);
  add (argv, "from", path);
}

/* They are put where the gates expect them. */
static void
add_caches (GPtrArray *argv, const Apm2JobSpec *spec)
{
  for (guint i = 0; i < spec->steps->len; i++)
    {
      const Apm2Step *step = g_ptr_array_index (spec->steps, i);

      for (gsize n = 0; step->caches != NULL && step->caches[n] != NULL; n++)
        add (argv, "cache", step->caches[n]);
    }
}

static Apm2Step *
new_step (const char *name,
          const char *verb,
          const Apm2JobSpec *spec,
          Apm2JobPlace *place)
{
  const char *mirrors = apm2_job_place_get_mirrors (place);
  const Apm2Config *config = apm2_job_place_get_config (place);

  Apm2Step *step = apm2_step_new (name);
  g_autoptr (GPtrArray) argv = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *mirror = mirrors != NULL ? get_mirror (spec, mirrors) : NULL;

  g_ptr_array_add (argv, find_program ());
  g_ptr_array_add (argv, g_strdup (verb));
  add (argv, "repository", spec->source_repository);
  add (argv, "commit", spec->source_commit);
  add (argv, "ref", spec->source_ref);
  add (argv, "tree", spec->source_tree);
  add (argv, "mirror", mirror);
  add_bundle (argv, spec->source_bundle, apm2_job_place_get_paths (place));
  if (mirror != NULL && g_str_equal (verb, "checkout"))
    add_caches (argv, spec);
  if (config != NULL)
    add_bounds (argv, config);
  g_ptr_array_add (argv, NULL);
  step->argv = (GStrv) g_ptr_array_free (g_steal_pointer (&argv), FALSE);
  return step;
}

/* What was handed over is here, wherever the repository is. */
static const char *
get_fetch_verb (const Apm2JobSpec *spec)
{
  return spec->source_bundle == NULL
                 && apm2_source_repository_is_remote (spec->source_repository)
             ? UNIT_VERB
             : "fetch";
}

/**
 * apm2_checkout_new_steps:
 * @spec: a spec
 * @place: where it is to work
 *
 * Returns: (transfer full) (element-type Apm2Step): the steps that bring its
 *   source into the directory in which they run; none if it has no source. All
 *   but the last are for the worker itself
 */
GPtrArray *
apm2_checkout_new_steps (const Apm2JobSpec *spec, Apm2JobPlace *place)
{
  const char *mirrors = apm2_job_place_get_mirrors (place);
  GPtrArray *steps
      = g_ptr_array_new_with_free_func ((GDestroyNotify) apm2_step_free);

  if (spec->source_repository == NULL || spec->source_commit == NULL)
    return steps;
  if (mirrors != NULL)
    g_ptr_array_add (
        steps, new_step (APM2_FETCH_NAME, get_fetch_verb (spec), spec, place));
  g_ptr_array_add (steps,
                   new_step (APM2_CHECKOUT_NAME,
                             mirrors != NULL ? "checkout" : "straight",
                             spec,
                             place));
  return steps;
}

/**
 * apm2_checkout_try_anew:
 * @sources: the steps of apm2_checkout_new_steps()
 * @index: of the one that has ended
 * @exit_status: how
 *
 * If a mirror was damaged the first of @sources is made one that throws it away
 * before it fetches; once.
 *
 * Returns: whether the steps are to begin anew, with that one
 */
gboolean
apm2_checkout_try_anew (GPtrArray *sources, guint index, int exit_status)
{
  g_autoptr (GStrvBuilder) builder = NULL;
  Apm2Step *fetch = NULL;

  if (exit_status != APM2_CHECKOUT_EXIT_DAMAGED || index == 0
      || index + 1 != sources->len)
    return FALSE;
  fetch = g_ptr_array_index (sources, 0);
  if (g_strv_contains ((const char *const *) fetch->argv, FRESH))
    return FALSE;
  builder = g_strv_builder_new ();
  g_strv_builder_addv (builder, (const char **) fetch->argv);
  g_strv_builder_add (builder, FRESH);
  g_strfreev (fetch->argv);
  fetch->argv = g_strv_builder_end (builder);
  return TRUE;
}

static char *
find_words (const Apm2JobSpec *spec, int exit_status)
{
  if (exit_status == 66)
    return g_strdup_printf ("has no commit %s", spec->source_commit);
  if (exit_status == APM2_CHECKOUT_EXIT_MISMATCH)
    return g_strdup_printf ("has another tree at commit %s than the job says",
                            spec->source_commit);
  for (gsize i = 0; i < G_N_ELEMENTS (meanings); i++)
    {
      if (meanings[i].status == exit_status)
        return g_strdup (meanings[i].words);
    }
  return NULL;
}

/**
 * apm2_checkout_is_for_unit:
 * @order: a step that is for the worker itself
 *
 * Returns: whether it is one for the unit that has network and the token
 */
gboolean
apm2_checkout_is_for_unit (const Apm2StepOrder *order)
{
  return order->outside && g_strcmp0 (order->argv[1], UNIT_VERB) == 0;
}

/**
 * apm2_checkout_judge:
 * @spec: a spec with a source
 * @exit_status: of one of these steps, which failed
 * @verdict: (inout): made to say what @exit_status means, if it is not git's
 *   own
 *
 * Returns: what the job becomes by that
 */
Apm2JobState
apm2_checkout_judge (const Apm2JobSpec *spec,
                     int exit_status,
                     Apm2StepVerdict *verdict)
{
  g_autofree char *words = find_words (spec, exit_status);

  if (words == NULL)
    return APM2_JOB_STATE_COMPLETED;
  g_free (verdict->message);
  verdict->message
      = g_strdup_printf ("failed: %s %s", spec->source_repository, words);
  if (exit_status != APM2_CHECKOUT_EXIT_MISMATCH)
    return APM2_JOB_STATE_COMPLETED;
  verdict->reason = APM2_REASON_SOURCE_MISMATCH;
  return APM2_JOB_STATE_DENIED;
}
