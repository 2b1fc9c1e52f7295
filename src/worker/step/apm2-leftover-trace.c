/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What a process shows of the job that has started it.
 *
 * A process that loses its parents keeps its environment, in which is the id of
 * the job, and its control group. The environment alone is no proof: a test may
 * have given its own to the service manager, which gives it to each service
 * from then on. Those are in groups of their own.
 */

#include "apm2-leftover-trace.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Longer than what the kernel lets a program begin with. */
#define ENVIRON_MAX ((size_t) 8 << 20)
/* A path of PATH_MAX, and the lines of other hierarchies. */
#define MEMBERSHIP_MAX ((size_t) 16 << 10)

#define UNIFIED      "0::"
#define SCOPE_PREFIX "apm2-run-"

static char *
take_line (char **rest)
{
  char *line = *rest;
  char *end = strchr (line, '\n');

  if (end == NULL)
    return NULL;
  *end = '\0';
  *rest = end + 1;
  return line;
}

static bool
is_id (const char *text)
{
  static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789_-";

  return text[0] != '\0' && text[strspn (text, letters)] == '\0';
}

static int
take_cgroups (Apm2LeftoverTrace *trace, char *rest)
{
  char *line = NULL;

  while ((line = take_line (&rest)) != NULL)
    {
      char **more = NULL;

      if (line[0] != '/')
        return -EBADMSG;
      more = reallocarray (
          trace->cgroups, trace->n_cgroups + 1, sizeof *trace->cgroups);
      if (more == NULL)
        return -ENOMEM;
      trace->cgroups = more;
      trace->cgroups[trace->n_cgroups] = strdup (line);
      if (trace->cgroups[trace->n_cgroups] == NULL)
        return -ENOMEM;
      trace->n_cgroups++;
    }
  return rest[0] == '\0' ? 0 : -EBADMSG;
}

/**
 * apm2_leftover_trace_parse:
 * @ret_trace: (out caller-allocates): a trace; cleared by the caller also after
 *   an error
 * @text: lines, which are changed: the id of the job, since when, and any
 * number of control groups
 *
 * Returns: 0, -EBADMSG or -ENOMEM
 */
int
apm2_leftover_trace_parse (Apm2LeftoverTrace *ret_trace, char *text)
{
  char *id = take_line (&text);
  char *since = id != NULL ? take_line (&text) : NULL;
  char *end = NULL;

  *ret_trace = (Apm2LeftoverTrace){ 0 };
  if (since == NULL || !is_id (id) || since[0] < '0' || since[0] > '9')
    return -EBADMSG;
  errno = 0;
  ret_trace->since = strtoumax (since, &end, 10);
  if (errno != 0 || *end != '\0')
    return -EBADMSG;
  if (asprintf (&ret_trace->entry, "APM2_JOB_ID=%s", id) < 0)
    {
      ret_trace->entry = NULL;
      return -ENOMEM;
    }
  return take_cgroups (ret_trace, text);
}

/**
 * apm2_leftover_trace_clear:
 * @trace: a trace
 */
void
apm2_leftover_trace_clear (Apm2LeftoverTrace *trace)
{
  for (size_t i = 0; i < trace->n_cgroups; i++)
    free (trace->cgroups[i]);
  free (trace->cgroups);
  free (trace->entry);
  *trace = (Apm2LeftoverTrace){ 0 };
}

static FILE *
open_file (pid_t pid, const char *name)
{
  char path[48];

  (void) snprintf (path, sizeof path, "/proc/%d/%s", (int) pid, name);
  return fopen (path, "re");
}

/* Byte by byte: nothing bounds what a process makes of it. */
static bool
has_entry (FILE *file, const char *entry)
{
  size_t same = 0;
  bool differs = false;
  int c = 0;

  for (size_t left = ENVIRON_MAX; left > 0 && c != EOF; left--)
    {
      c = getc_unlocked (file);
      if (c == EOF || c == '\0')
        {
          if (!differs && entry[same] == '\0')
            return true;
          same = 0;
          differs = false;
        }
      else if (entry[same] == (char) c)
        same++;
      else
        differs = true;
    }
  return false;
}

static bool
has_environment (const Apm2LeftoverTrace *trace, pid_t pid)
{
  FILE *file = open_file (pid, "environ");
  bool has = file != NULL && has_entry (file, trace->entry);

  if (file != NULL)
    (void) fclose (file);
  return has;
}

static bool
ends_with (const char *text, size_t length, const char *end)
{
  const size_t n = strlen (end);

  return length >= n && strncmp (text + length - n, end, n) == 0;
}

/* Of this job, or of one around it that has taken in what it lost. */
static bool
is_in_run (const char *cgroup)
{
  const char *name = strrchr (cgroup, '/');

  return name != NULL
         && strncmp (name + 1, SCOPE_PREFIX, sizeof SCOPE_PREFIX - 1) == 0
         && ends_with (name, strlen (name), ".scope");
}

/* The innermost unit is what counts: a user's manager is a service itself. */
static bool
is_in_service (const char *cgroup)
{
  size_t length = strlen (cgroup);

  while (length > 0)
    {
      if (ends_with (cgroup, length, ".service"))
        return true;
      if (ends_with (cgroup, length, ".scope")
          || ends_with (cgroup, length, ".slice"))
        return false;
      while (length > 0 && cgroup[--length] != '/')
        continue;
    }
  return false;
}

/**
 * apm2_leftover_trace_is_place:
 * @trace: what is known of a job
 * @cgroup: path of a control group
 *
 * Where it is not known in which groups the command may have begun, a service
 * is none of them.
 *
 * Returns: whether what is there may have been started by the job
 */
bool
apm2_leftover_trace_is_place (const Apm2LeftoverTrace *trace,
                              const char *cgroup)
{
  if (is_in_run (cgroup))
    return true;
  for (size_t i = 0; i < trace->n_cgroups; i++)
    if (strcmp (trace->cgroups[i], cgroup) == 0)
      return true;
  return trace->n_cgroups == 0 && !is_in_service (cgroup);
}

/* Where there is no such hierarchy there are no units that would tell. */
static bool
is_in_place (const Apm2LeftoverTrace *trace, pid_t pid)
{
  FILE *file = open_file (pid, "cgroup");
  char text[MEMBERSHIP_MAX];
  char *line = text;
  size_t length = 0;

  if (file == NULL)
    return false;
  length = fread (text, 1, sizeof text - 1, file);
  (void) fclose (file);
  text[length] = '\0';
  while (strncmp (line, UNIFIED, sizeof UNIFIED - 1) != 0)
    {
      line = strchr (line, '\n');
      if (line == NULL)
        return length > 0;
      line++;
    }
  line += sizeof UNIFIED - 1;
  line[strcspn (line, "\n")] = '\0';
  return apm2_leftover_trace_is_place (trace, line);
}

/**
 * apm2_leftover_trace_ask:
 * @trace: what is known of a job
 * @pid: a process
 *
 * Returns: what that says by itself; its ancestors may know better
 */
Apm2LeftoverWord
apm2_leftover_trace_ask (const Apm2LeftoverTrace *trace, pid_t pid)
{
  if (!has_environment (trace, pid))
    return APM2_LEFTOVER_WORD_NONE;
  return is_in_place (trace, pid) ? APM2_LEFTOVER_WORD_OURS
                                  : APM2_LEFTOVER_WORD_FOREIGN;
}
