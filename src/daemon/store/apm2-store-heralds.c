/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The heralds of the requests that run together. */

#include "apm2-store-heralds.h"

#include "apm2-store-request.h"

/**
 * apm2_store_heralds_hint:
 * @batch: requests that have run, and are about to be on the disk
 *
 * Tells the workers what may come.
 */
void
apm2_store_heralds_hint (GPtrArray *batch)
{
  for (guint i = 0; i < batch->len; i++)
    {
      const Apm2StoreRequest *request = g_ptr_array_index (batch, i);

      if (request->herald != NULL && request->ok)
        apm2_store_herald_hint (request->herald, request->rows);
    }
}

/**
 * apm2_store_heralds_note:
 * @batch: requests that have been done
 *
 * Returns: (transfer full) (element-type Apm2StoreHerald): those who have
 *   something to tell; they wait for apm2_store_heralds_tell()
 */
GPtrArray *
apm2_store_heralds_note (GPtrArray *batch)
{
  GPtrArray *heralds = g_ptr_array_new_with_free_func (
      (GDestroyNotify) apm2_store_herald_unref);

  for (guint i = 0; i < batch->len; i++)
    {
      const Apm2StoreRequest *request = g_ptr_array_index (batch, i);

      if (request->herald != NULL && request->ok
          && apm2_store_herald_note (request->herald, request->rows))
        g_ptr_array_add (heralds, apm2_store_herald_ref (request->herald));
    }
  return heralds;
}

/**
 * apm2_store_heralds_tell:
 * @heralds: of apm2_store_heralds_note(), in the same thread, when the answers
 *   are on their way
 */
void
apm2_store_heralds_tell (GPtrArray *heralds)
{
  for (guint i = 0; i < heralds->len; i++)
    apm2_store_herald_tell (g_ptr_array_index (heralds, i));
}
