/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The storage thread: the only one that touches the disk, so that the main loop
 * never waits for it.
 *
 * Requests that wait together run in one transaction and share its fsync; their
 * answers go back in one wake-up, after the commit. A request that is refused
 * before it wrote anything leaves its batch alone. One that fails after a write
 * spoils the transaction: then the batch is done again, each by itself. If the
 * disk fails, no write of the batch is acknowledged.
 */

#include "config.h"

#include "apm2-store-thread.h"

#include "apm2-processor-share.h"
#include "apm2-store-answers.h"
#include "apm2-store-heralds.h"
#include "apm2-store-log.h"

/* Bounds the time until the first of a batch is answered. */
#define BATCH_MAX 1024
/* In which a worker that was told of a lease starts the job. */
#define MOMENT_USEC 1000

struct _Apm2StoreThread
{
  Apm2StoreDb *db;           /* (owned) the thread's while it runs */
  Apm2StoreAnswers *answers; /* (owned) */
  GThread *thread;
  guint held;         /* the main context's own: requests gather */
  gboolean owes_wake; /* the thread's own: answers wait for the main context */

  /* The thread is woken after the mutex is free: it may run at once, and would
   * only wait for it. */
  GMutex mutex;
  GCond cond;
  GPtrArray *waiting; /* (element-type Apm2StoreRequest) under mutex */
  gboolean ending;    /* under mutex */
};

static void
answer (Apm2StoreRequest *request)
{
  g_autoptr (GTask) task = g_steal_pointer (&request->task);

  if (request->ok)
    {
      g_task_return_pointer (
          task, request, (GDestroyNotify) apm2_store_request_free);
      return;
    }
  g_task_return_error (task, g_steal_pointer (&request->error));
  apm2_store_request_free (request);
}

static GPtrArray *
new_batch (void)
{
  return g_ptr_array_new_with_free_func (
      (GDestroyNotify) apm2_store_request_free);
}

static void
on_answers (GPtrArray *answers, gpointer user_data)
{
  Apm2StoreThread *self = user_data;
  Apm2StoreRequest *first = g_ptr_array_index (answers, 0);
  /* The last answer may drop the last reference to the store, and with it the
   * thread. */
  G_GNUC_UNUSED g_autoptr (GObject) store
      = g_object_ref (g_task_get_source_object (first->task));

  /* Those who hear an answer often ask again. */
  apm2_store_thread_hold (self);
  for (guint i = 0; i < answers->len; i++)
    answer (g_steal_pointer (&g_ptr_array_index (answers, i)));
  apm2_store_thread_release (self);
}

static gboolean
is_write (const Apm2StoreRequest *request)
{
  return request->act->mode == APM2_STORE_MODE_WRITE;
}

static gboolean
has_write (GPtrArray *batch)
{
  for (guint i = 0; i < batch->len; i++)
    if (is_write (g_ptr_array_index (batch, i)))
      return TRUE;
  return FALSE;
}

static void
set_error (Apm2StoreRequest *request, const GError *error)
{
  apm2_store_request_forget_answer (request);
  request->error = g_error_copy (error);
  g_prefix_error (&request->error, "cannot %s: ", request->act->name);
}

static void
run_one (Apm2StoreDb *db, Apm2StoreRequest *request)
{
  apm2_store_request_forget_answer (request);
  request->ok = request->act->run (db, request, &request->error);
  if (!request->ok)
    g_prefix_error (&request->error, "cannot %s: ", request->act->name);
}

static void
run_reads (Apm2StoreDb *db, GPtrArray *batch)
{
  for (guint i = 0; i < batch->len; i++)
    if (!is_write (g_ptr_array_index (batch, i)))
      run_one (db, g_ptr_array_index (batch, i));
}

/* What the reads saw is taken back as well: they look again. */
static void
fail_batch (Apm2StoreDb *db, GPtrArray *batch, const GError *error)
{
  for (guint i = 0; i < batch->len; i++)
    if (is_write (g_ptr_array_index (batch, i)))
      set_error (g_ptr_array_index (batch, i), error);
  run_reads (db, batch);
}

typedef enum
{
  RAN,    /* ready to commit */
  SPOILT, /* one request failed half way; rolled back */
  BROKE,  /* the disk failed; rolled back */
} Outcome;

static Outcome
run_transaction (Apm2StoreDb *db, GPtrArray *batch, GError **error)
{
  for (guint i = 0; i < batch->len; i++)
    {
      Apm2StoreRequest *request = g_ptr_array_index (batch, i);
      sqlite3_int64 changes = sqlite3_total_changes64 (db->sqlite);
      gboolean broke;

      db->trouble = FALSE;
      run_one (db, request);
      if (request->ok)
        continue;

      broke = (db->trouble && is_write (request))
              || sqlite3_get_autocommit (db->sqlite) != 0;
      if (!broke && sqlite3_total_changes64 (db->sqlite) == changes)
        continue;
      if (broke)
        g_propagate_error (error, g_error_copy (request->error));
      apm2_store_db_rollback (db);
      return broke ? BROKE : SPOILT;
    }
  return RAN;
}

static void run_batch (Apm2StoreThread *self, GPtrArray *batch);

static void
run_singly (Apm2StoreThread *self, GPtrArray *batch)
{
  for (guint i = 0; i < batch->len; i++)
    {
      g_autoptr (GPtrArray) single = new_batch ();

      g_ptr_array_add (single, g_steal_pointer (&g_ptr_array_index (batch, i)));
      run_batch (self, single);
    }
  g_ptr_array_set_size (batch, 0);
}

static void
run_writes (Apm2StoreThread *self, GPtrArray *batch)
{
  g_autoptr (GError) error = NULL;
  sqlite3_int64 changes;
  Outcome outcome;

  if (!apm2_store_db_begin (self->db, &error))
    {
      self->db->doubtful = TRUE;
      fail_batch (self->db, batch, error);
      return;
    }

  changes = sqlite3_total_changes64 (self->db->sqlite);
  outcome = run_transaction (self->db, batch, &error);
#ifdef APM2_FAULT_ACK_BEFORE_COMMIT
  /* The lie that the crash test exists to catch. */
  if (outcome == RAN)
    {
      apm2_store_answers_put (self->answers, batch);
      apm2_store_answers_wake (self->answers);
      g_usleep (G_USEC_PER_SEC / 5);
    }
#endif
  if (outcome == RAN)
    apm2_store_heralds_hint (batch);
  if (outcome == RAN && !apm2_store_db_commit (self->db, &error))
    {
      apm2_store_db_rollback (self->db);
      outcome = BROKE;
    }
  if (outcome == BROKE)
    self->db->doubtful = TRUE;
  else if (outcome == RAN
           && sqlite3_total_changes64 (self->db->sqlite) != changes)
    self->db->doubtful = FALSE;
  if (outcome == BROKE)
    fail_batch (self->db, batch, error);
  else if (outcome == SPOILT && batch->len > 1)
    run_singly (self, batch);
}

/* Runs a batch and sends its answers; it is empty then. */
static void
run_batch (Apm2StoreThread *self, GPtrArray *batch)
{
  g_autoptr (GPtrArray) heralds = NULL;

  if (has_write (batch))
    run_writes (self, batch);
  else
    run_reads (self->db, batch);
  if (batch->len == 0)
    return;
  heralds = apm2_store_heralds_note (batch);
  apm2_store_answers_put (self->answers, batch);
  apm2_store_heralds_tell (heralds);
  self->owes_wake = heralds->len > 0;
  if (!self->owes_wake)
    apm2_store_answers_wake (self->answers);
}

/* The main loop would take the processor from the job. */
static void
wake_in_a_moment (Apm2StoreThread *self)
{
  gint64 end = g_get_monotonic_time () + MOMENT_USEC;

  g_mutex_lock (&self->mutex);
  while (self->waiting->len == 0 && !self->ending
         && g_cond_wait_until (&self->cond, &self->mutex, end))
    continue;
  g_mutex_unlock (&self->mutex);
  self->owes_wake = FALSE;
  apm2_store_answers_wake (self->answers);
}

/* How many of those that wait go together: in their order, and one that must be
 * alone by itself. Called under the mutex. */
static guint
count_together (const Apm2StoreThread *self)
{
  guint n = 0;

  while (n < MIN (self->waiting->len, BATCH_MAX))
    {
      const Apm2StoreRequest *request = g_ptr_array_index (self->waiting, n);

      if (request->act->mode == APM2_STORE_MODE_ALONE)
        return MAX (n, 1);
      n++;
    }
  return n;
}

/* Waits for something to do; returns an empty batch at the end. */
static GPtrArray *
take_batch (Apm2StoreThread *self, gboolean *ret_more)
{
  GPtrArray *batch = new_batch ();
  guint n;

  g_mutex_lock (&self->mutex);
  while (self->waiting->len == 0 && !self->ending)
    g_cond_wait (&self->cond, &self->mutex);

  n = count_together (self);
  for (guint i = 0; i < n; i++)
    g_ptr_array_add (batch,
                     g_steal_pointer (&g_ptr_array_index (self->waiting, i)));
  if (n > 0)
    g_ptr_array_remove_range (self->waiting, 0, n);
  *ret_more = self->waiting->len > 0;
  g_mutex_unlock (&self->mutex);
  return batch;
}

static gpointer
run_thread (gpointer data)
{
  Apm2StoreThread *self = data;

  /* While the disk is at work a worker gets ready for what is written. */
  apm2_processor_share_take (APM2_PROCESSOR_SHARE_ODD);
  while (TRUE)
    {
      gboolean more = FALSE;
      g_autoptr (GPtrArray) batch = take_batch (self, &more);

      if (batch->len == 0)
        return NULL;

      run_batch (self, batch);
      if (self->owes_wake)
        wake_in_a_moment (self);
      if (self->db->wal_pages
          >= (more ? APM2_STORE_LOG_BUSY_PAGES : APM2_STORE_LOG_IDLE_PAGES))
        apm2_store_db_checkpoint (self->db);
    }
}

/**
 * apm2_store_thread_new:
 * @db: (transfer full): a connection that is not open
 *
 * Starts the storage thread. Answers go to the thread-default main context of
 * the caller.
 *
 * Returns: (transfer full): the thread
 */
Apm2StoreThread *
apm2_store_thread_new (Apm2StoreDb *db)
{
  Apm2StoreThread *self = g_new0 (Apm2StoreThread, 1);

  self->db = db;
  self->answers = apm2_store_answers_new (
      (GDestroyNotify) apm2_store_request_free, on_answers, self);
  self->waiting = new_batch ();
  g_mutex_init (&self->mutex);
  g_cond_init (&self->cond);
  self->thread = g_thread_new ("apm2-store", run_thread, self);
  return self;
}

/**
 * apm2_store_thread_free:
 * @self: (transfer full): a thread that owes no answer
 *
 * Ends the thread and closes its connection.
 */
void
apm2_store_thread_free (Apm2StoreThread *self)
{
  g_return_if_fail (self != NULL);

  g_mutex_lock (&self->mutex);
  self->ending = TRUE;
  g_mutex_unlock (&self->mutex);
  g_cond_signal (&self->cond);
  (void) g_thread_join (self->thread);

  apm2_store_db_free (self->db);
  apm2_store_answers_free (self->answers);
  g_ptr_array_unref (self->waiting);
  g_mutex_clear (&self->mutex);
  g_cond_clear (&self->cond);
  g_free (self);
}

/**
 * apm2_store_thread_push:
 * @self: the thread
 * @request: (transfer full): a request with its task, which is returned in the
 *   main context with the answered request, or with an error
 */
void
apm2_store_thread_push (Apm2StoreThread *self, Apm2StoreRequest *request)
{
  g_mutex_lock (&self->mutex);
  g_ptr_array_add (self->waiting, request);
  g_mutex_unlock (&self->mutex);
  if (self->held == 0)
    g_cond_signal (&self->cond);
}

/**
 * apm2_store_thread_hold:
 * @self: the thread
 *
 * Lets requests gather until as many calls of apm2_store_thread_release().
 */
void
apm2_store_thread_hold (Apm2StoreThread *self)
{
  self->held++;
}

/**
 * apm2_store_thread_release:
 * @self: the thread
 *
 * Wakes it for what has gathered.
 */
void
apm2_store_thread_release (Apm2StoreThread *self)
{
  gboolean waiting;

  if (--self->held > 0)
    return;
  g_mutex_lock (&self->mutex);
  waiting = self->waiting->len > 0;
  g_mutex_unlock (&self->mutex);
  if (waiting)
    g_cond_signal (&self->cond);
}
