/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * How many jobs of each user wait, and how large their specs are: kept, never
 * counted. A user of whom nothing waits takes no memory.
 */

#include "apm2-user-loads.h"

struct _Apm2UserLoads
{
  GHashTable *users; /* (element-type guint32 Apm2UserLoad) */
  Apm2UserLoad all;
};

/**
 * apm2_user_loads_new:
 *
 * Returns: (transfer full): the loads when nothing waits
 */
Apm2UserLoads *
apm2_user_loads_new (void)
{
  Apm2UserLoads *self = g_new0 (Apm2UserLoads, 1);

  self->users = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  return self;
}

/**
 * apm2_user_loads_free:
 * @self: (transfer full): loads
 */
void
apm2_user_loads_free (Apm2UserLoads *self)
{
  g_return_if_fail (self != NULL);

  g_hash_table_unref (self->users);
  g_free (self);
}

/**
 * apm2_user_loads_add:
 * @self: loads
 * @uid: whose job it is
 * @bytes: of its spec
 *
 * One job more waits.
 */
void
apm2_user_loads_add (Apm2UserLoads *self, guint32 uid, gsize bytes)
{
  Apm2UserLoad *load
      = g_hash_table_lookup (self->users, GUINT_TO_POINTER (uid));

  if (load == NULL)
    {
      load = g_new0 (Apm2UserLoad, 1);
      g_hash_table_insert (self->users, GUINT_TO_POINTER (uid), load);
    }
  load->jobs++;
  load->bytes += bytes;
  self->all.jobs++;
  self->all.bytes += bytes;
}

/**
 * apm2_user_loads_remove:
 * @self: loads
 * @uid: whose job it is
 * @bytes: of its spec, as it was added
 *
 * One job less waits.
 */
void
apm2_user_loads_remove (Apm2UserLoads *self, guint32 uid, gsize bytes)
{
  Apm2UserLoad *load
      = g_hash_table_lookup (self->users, GUINT_TO_POINTER (uid));

  g_return_if_fail (load != NULL && load->bytes >= bytes);

  self->all.jobs--;
  self->all.bytes -= bytes;
  load->jobs--;
  load->bytes -= bytes;
  if (load->jobs == 0)
    g_hash_table_remove (self->users, GUINT_TO_POINTER (uid));
}

/**
 * apm2_user_loads_get:
 * @self: loads
 * @uid: a user
 *
 * Returns: what of @uid waits
 */
Apm2UserLoad
apm2_user_loads_get (const Apm2UserLoads *self, guint32 uid)
{
  const Apm2UserLoad *load
      = g_hash_table_lookup (self->users, GUINT_TO_POINTER (uid));

  return load != NULL ? *load : (Apm2UserLoad){ 0, 0 };
}

/**
 * apm2_user_loads_get_all:
 * @self: loads
 *
 * Returns: what of all users waits
 */
Apm2UserLoad
apm2_user_loads_get_all (const Apm2UserLoads *self)
{
  return self->all;
}
