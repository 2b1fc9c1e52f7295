/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Jobs one by one and page by page, newest first.
 *
 * A page of all jobs walks the table. A page of some states is put together
 * from one page of each, so that every state is read through the index that
 * fits it; the conditions repeat those of the partial indexes word for word,
 * as SQLite asks for.
 */

#include "apm2-store-lists.h"

#include "apm2-store-row.h"

#define PAGE(condition)                                                        \
  "SELECT " APM2_STORE_ROW_COLUMNS " FROM job WHERE " condition                \
  " AND sequence < ?1 AND (?2 IS NULL OR lane = ?2)"                           \
  " AND (?3 = 0 OR verdict = ?3) AND (?5 OR parent IS NULL)"                   \
  " ORDER BY sequence DESC LIMIT ?4"

static const char all_states[] = PAGE ("1");
static const char failed_only[] = PAGE ("verdict = 2");
static const char of_parent[]
    = PAGE ("parent = (SELECT whole.sequence FROM job AS whole"
            " WHERE whole.id = ?6)");
static const char *const by_state[APM2_N_JOB_STATES] = {
  [APM2_JOB_STATE_PENDING] = PAGE ("state = 0 AND state < 2"),
  [APM2_JOB_STATE_LEASED] = PAGE ("state = 1 AND state < 2"),
  [APM2_JOB_STATE_COMPLETED] = PAGE ("state = 3"),
  [APM2_JOB_STATE_DENIED] = PAGE ("state = 4 AND state > 3"),
  [APM2_JOB_STATE_QUARANTINED] = PAGE ("state = 5 AND state > 3"),
  [APM2_JOB_STATE_CANCELLED] = PAGE ("state = 6 AND state > 3"),
};
#define BIT(state) (1u << APM2_JOB_STATE_##state)
#define ALL_STATES                                                             \
  (BIT (PENDING) | BIT (LEASED) | BIT (COMPLETED) | BIT (DENIED)               \
   | BIT (QUARANTINED) | BIT (CANCELLED))

gboolean
apm2_store_lists_get (Apm2StoreDb *db,
                      Apm2StoreRequest *request,
                      GError **error)
{
  request->job = apm2_store_row_find (db, request->name, error);
  return request->job != NULL
         && apm2_store_row_load_spec (db, request->job, error);
}

static gboolean
read_page (Apm2StoreDb *db,
           Apm2StoreRequest *request,
           const char *sql,
           GError **error)
{
  g_autoptr (Apm2StoreQuery) query = NULL;

  query = apm2_store_db_query (db,
                               error,
                               sql,
                               sql == of_parent ? "itiiit" : "itiii",
                               (gint64) request->from_sequence,
                               request->name,
                               (gint64) request->verdict,
                               (gint64) request->limit,
                               (gint64) (request->flag || sql == of_parent),
                               request->text);
  return query != NULL
         && apm2_store_row_read_all (db, query, request->rows, error);
}

static int
compare_newest_first (gconstpointer a, gconstpointer b)
{
  const Apm2StoredJob *one = *(Apm2StoredJob *const *) a;
  const Apm2StoredJob *other = *(Apm2StoredJob *const *) b;

  return one->sequence > other->sequence ? -1 : one->sequence < other->sequence;
}

/* A verdict is given to completed jobs only. */
static guint
wanted_states (const Apm2StoreRequest *request)
{
  guint mask = request->state_mask == 0 ? ALL_STATES : request->state_mask;

  if ((mask & BIT (RUNNING)) != 0)
    mask |= BIT (LEASED);
  if (request->verdict != APM2_VERDICT_NONE)
    mask &= BIT (COMPLETED);
  return mask & ALL_STATES;
}

/* Of a page that was not read by state: a job has few parts. */
static gboolean
keep_states (GPtrArray *rows, guint mask)
{
  for (guint i = rows->len; i > 0; i--)
    {
      const Apm2StoredJob *job = g_ptr_array_index (rows, i - 1);

      if ((mask & (1u << job->state)) == 0)
        g_ptr_array_remove_index (rows, i - 1);
    }
  return TRUE;
}

gboolean
apm2_store_lists_list (Apm2StoreDb *db,
                       Apm2StoreRequest *request,
                       GError **error)
{
  guint mask = wanted_states (request);

  request->rows
      = g_ptr_array_new_with_free_func ((GDestroyNotify) apm2_stored_job_free);
  if (request->text != NULL)
    return read_page (db, request, of_parent, error)
           && keep_states (request->rows, mask);
  if (mask == ALL_STATES)
    return read_page (db, request, all_states, error);
  if (mask == BIT (COMPLETED) && request->verdict == APM2_VERDICT_FAILED)
    return read_page (db, request, failed_only, error);

  for (guint state = 0; state < APM2_N_JOB_STATES; state++)
    if ((mask & (1u << state)) != 0
        && !read_page (db, request, by_state[state], error))
      return FALSE;

  g_ptr_array_sort (request->rows, compare_newest_first);
  if (request->rows->len > request->limit)
    g_ptr_array_set_size (request->rows, (int) request->limit);
  return TRUE;
}
