/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * From whom a process descends.
 *
 * A process cannot leave its control group without the rights of an
 * administrator, and cannot choose its ancestors; its environment it can. So
 * only the former prove that a caller works for an attached job.
 */

#include "apm2-lineage.h"

#include <string.h>

/* More generations than any build has. */
#define ANCESTORS_MAX 128

struct _Apm2Lineage
{
  char *cgroup;      /* (nullable) */
  GArray *ancestors; /* (element-type Apm2ProcessId) itself first */
};

/**
 * apm2_lineage_new:
 * @process: a process
 *
 * Returns: (transfer full): its lineage at this moment
 */
Apm2Lineage *
apm2_lineage_new (const Apm2ProcessId *process)
{
  Apm2Lineage *self = g_new0 (Apm2Lineage, 1);
  Apm2ProcessId one = { 0, 0 };
  Apm2ProcessId parent = *process;

  self->ancestors = g_array_new (FALSE, FALSE, sizeof (Apm2ProcessId));
  self->cgroup = apm2_process_id_get_cgroup (process);
  if (!apm2_process_id_is_alive (process))
    return self;
  while (self->ancestors->len < ANCESTORS_MAX
         && apm2_process_id_read (&one, parent.pid, &parent))
    g_array_append_val (self->ancestors, one);
  return self;
}

void
apm2_lineage_free (Apm2Lineage *self)
{
  if (self == NULL)
    return;
  g_array_unref (self->ancestors);
  g_free (self->cgroup);
  g_free (self);
}

/**
 * apm2_lineage_get_cgroup:
 * @self: a lineage
 *
 * Returns: (transfer none) (nullable): path of the process's control group
 */
const char *
apm2_lineage_get_cgroup (const Apm2Lineage *self)
{
  return self->cgroup;
}

/**
 * apm2_lineage_is_in:
 * @self: a lineage
 * @cgroup: (nullable): path of a control group
 *
 * Returns: whether the process is in @cgroup or below it
 */
gboolean
apm2_lineage_is_in (const Apm2Lineage *self, const char *cgroup)
{
  gsize length;

  if (self->cgroup == NULL || cgroup == NULL || *cgroup == '\0')
    return FALSE;
  length = strlen (cgroup);
  return strncmp (self->cgroup, cgroup, length) == 0
         && (self->cgroup[length] == '\0' || self->cgroup[length] == '/');
}

/**
 * apm2_lineage_descends_from:
 * @self: a lineage
 * @ancestor: a process
 *
 * Returns: whether @ancestor is the process or one of its ancestors
 */
gboolean
apm2_lineage_descends_from (const Apm2Lineage *self,
                            const Apm2ProcessId *ancestor)
{
  for (guint i = 0; i < self->ancestors->len; i++)
    if (apm2_process_id_equal (
            &g_array_index (self->ancestors, Apm2ProcessId, i), ancestor))
      return TRUE;
  return FALSE;
}

/**
 * apm2_lineage_verify_scope:
 * @watcher: the process that watches over the command of a job
 * @unit: name of the job's scope
 *
 * What the caller says of its scope is taken only if the kernel says the same:
 * else it could name a control group in which everybody is.
 *
 * Returns: (transfer full) (nullable): the control group of @watcher if it is
 *   that of @unit
 */
char *
apm2_lineage_verify_scope (const Apm2ProcessId *watcher, const char *unit)
{
  g_autofree char *cgroup = apm2_process_id_get_cgroup (watcher);
  const char *name = cgroup != NULL ? strrchr (cgroup, '/') : NULL;

  if (name == NULL || !g_str_equal (name + 1, unit))
    return NULL;
  return g_steal_pointer (&cgroup);
}
