/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The leases that this worker holds.
 *
 * A lease is held from the reply to Lease until the broker has answered to
 * Finish or Return, or has said that it is stale. What is not in the book when
 * the worker registers is lost at once, so nothing leaves it too early.
 */

#include "apm2-lease-book.h"

struct _Apm2LeaseBook
{
  GHashTable *leases; /* (element-type utf8 Apm2HeldLease) */
};

static void
held_lease_free (gpointer data)
{
  Apm2HeldLease *lease = data;

  g_free (lease->job_id);
  g_clear_pointer (&lease->result, g_variant_unref);
  g_free (lease);
}

/**
 * apm2_lease_book_new:
 *
 * Returns: (transfer full): an empty book
 */
Apm2LeaseBook *
apm2_lease_book_new (void)
{
  Apm2LeaseBook *self = g_new0 (Apm2LeaseBook, 1);

  self->leases
      = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, held_lease_free);
  return self;
}

/**
 * apm2_lease_book_free:
 * @self: (transfer full): a book
 */
void
apm2_lease_book_free (Apm2LeaseBook *self)
{
  g_return_if_fail (self != NULL);

  g_hash_table_unref (self->leases);
  g_free (self);
}

/**
 * apm2_lease_book_add:
 * @self: a book
 * @job_id: a job
 * @token: of its newest lease; an older one of the same job is replaced
 *
 * Returns: (transfer none): the lease
 */
Apm2HeldLease *
apm2_lease_book_add (Apm2LeaseBook *self, const char *job_id, guint64 token)
{
  Apm2HeldLease *lease = g_new0 (Apm2HeldLease, 1);

  lease->job_id = g_strdup (job_id);
  lease->token = token;
  g_hash_table_replace (self->leases, lease->job_id, lease);
  return lease;
}

/**
 * apm2_lease_book_find:
 * @self: a book
 * @job_id: a job
 *
 * Returns: (transfer none) (nullable): the lease
 */
Apm2HeldLease *
apm2_lease_book_find (Apm2LeaseBook *self, const char *job_id)
{
  return g_hash_table_lookup (self->leases, job_id);
}

/**
 * apm2_lease_book_remove:
 * @self: a book
 * @job_id: a job
 * @token: of the lease that is over
 *
 * Returns: %TRUE if it was there; one with another token stays
 */
gboolean
apm2_lease_book_remove (Apm2LeaseBook *self, const char *job_id, guint64 token)
{
  const Apm2HeldLease *lease = apm2_lease_book_find (self, job_id);

  if (lease == NULL || lease->token != token)
    return FALSE;
  return g_hash_table_remove (self->leases, lease->job_id);
}

/**
 * apm2_lease_book_list:
 * @self: a book
 *
 * Returns: (transfer container) (element-type Apm2HeldLease): all leases
 */
GPtrArray *
apm2_lease_book_list (Apm2LeaseBook *self)
{
  GPtrArray *list = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer value = NULL;

  g_hash_table_iter_init (&iter, self->leases);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    g_ptr_array_add (list, value);
  return list;
}

/**
 * apm2_lease_book_find_running:
 * @self: a book
 * @job_id: a job
 * @token: of the lease that is meant
 *
 * Returns: (transfer none) (nullable): the lease, if it is this one and its job
 *   has not ended
 */
Apm2HeldLease *
apm2_lease_book_find_running (Apm2LeaseBook *self,
                              const char *job_id,
                              guint64 token)
{
  Apm2HeldLease *lease = apm2_lease_book_find (self, job_id);

  if (lease == NULL || lease->token != token
      || !apm2_held_lease_is_running (lease))
    return NULL;
  return lease;
}

/**
 * apm2_lease_book_count:
 * @self: a book
 *
 * Returns: how many leases there are, without those that are left to the next
 *   process
 */
guint
apm2_lease_book_count (Apm2LeaseBook *self)
{
  GHashTableIter iter;
  gpointer value = NULL;
  guint count = 0;

  g_hash_table_iter_init (&iter, self->leases);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    count += ((const Apm2HeldLease *) value)->left ? 0 : 1;
  return count;
}

/**
 * apm2_held_lease_is_running:
 * @lease: a lease
 *
 * Returns: %FALSE if only the broker's answer is awaited
 */
gboolean
apm2_held_lease_is_running (const Apm2HeldLease *lease)
{
  return lease->result == NULL && !lease->returning;
}

/**
 * apm2_lease_book_count_unsettled:
 * @self: a book
 *
 * Returns: how many leases wait for the broker's answer
 */
guint
apm2_lease_book_count_unsettled (Apm2LeaseBook *self)
{
  GHashTableIter iter;
  gpointer value = NULL;
  guint count = 0;

  g_hash_table_iter_init (&iter, self->leases);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    count += apm2_held_lease_is_running (value) ? 0 : 1;
  return count;
}

/**
 * apm2_lease_book_to_variant:
 * @self: a book
 *
 * Returns: (transfer floating): all leases as a(st)
 */
GVariant *
apm2_lease_book_to_variant (Apm2LeaseBook *self)
{
  GVariantBuilder builder;
  GHashTableIter iter;
  gpointer value = NULL;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(st)"));
  g_hash_table_iter_init (&iter, self->leases);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const Apm2HeldLease *lease = value;

      g_variant_builder_add (&builder, "(st)", lease->job_id, lease->token);
    }
  return g_variant_builder_end (&builder);
}
