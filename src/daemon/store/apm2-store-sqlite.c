/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The store of one machine: a SQLite file and the one thread that writes it.
 *
 * Nothing is decided here. A call becomes a request for the storage thread,
 * and the request, when it comes back, the answer; what a request does is in
 * the file of its act. The calls that change nothing are in
 * apm2-store-sqlite-read.c, those about no single job in
 * apm2-store-sqlite-queue.c.
 */

#include "apm2-store-sqlite.h"

#include "apm2-store-ending.h"
#include "apm2-store-intake.h"
#include "apm2-store-lease.h"
#include "apm2-store-request.h"
#include "apm2-store-sqlite-private.h"
#include "apm2-store-thread.h"

/* A level of priority is at most a century, so that ranks stay in range. */
#define AGING_USEC_MAX (G_GUINT64_CONSTANT (3155760000) * G_USEC_PER_SEC)

struct _Apm2StoreSqlite
{
  GObject parent_instance;

  char *file;
  guint64 aging_usec_per_level;
  Apm2StoreThread *thread;
};

enum
{
  PROP_FILE = 1,
  PROP_AGING_USEC_PER_LEVEL,
  N_PROPS,
};
static GParamSpec *properties[N_PROPS];

static void apm2_store_sqlite_iface_init (Apm2StoreInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (
    Apm2StoreSqlite,
    apm2_store_sqlite,
    G_TYPE_OBJECT,
    G_IMPLEMENT_INTERFACE (APM2_TYPE_STORE, apm2_store_sqlite_iface_init))

static const Apm2StoreAct act_submit
    = { "accept a job", APM2_STORE_MODE_WRITE, apm2_store_intake_submit };
static const Apm2StoreAct act_claim
    = { "lease jobs", APM2_STORE_MODE_WRITE, apm2_store_lease_claim };
static const Apm2StoreAct act_claim_one
    = { "lease a job", APM2_STORE_MODE_WRITE, apm2_store_lease_claim_one };
static const Apm2StoreAct act_finish
    = { "finish a job", APM2_STORE_MODE_WRITE, apm2_store_ending_finish };
static const Apm2StoreAct act_give_back
    = { "give back a job", APM2_STORE_MODE_WRITE, apm2_store_lease_give_back };
static const Apm2StoreAct act_cancel
    = { "cancel a job", APM2_STORE_MODE_WRITE, apm2_store_ending_cancel };

/**
 * apm2_store_sqlite_ask:
 * @store: a store
 * @request: (transfer full): a request of a known act
 * @callback: called when it is answered
 * @user_data: for @callback
 */
void
apm2_store_sqlite_ask (Apm2Store *store,
                       Apm2StoreRequest *request,
                       GAsyncReadyCallback callback,
                       gpointer user_data)
{
  Apm2StoreSqlite *self = APM2_STORE_SQLITE (store);

  request->task = g_task_new (self, NULL, callback, user_data);
  g_task_set_source_tag (request->task, (gpointer) request->act);
  g_task_set_name (request->task, request->act->name);
  apm2_store_thread_push (self->thread, request);
}

/**
 * apm2_store_sqlite_hear:
 * @store: a store
 * @result: what the callback got
 * @act: what was asked
 * @error: return location for a #GError
 *
 * Returns: (transfer full): the request with its answer
 */
Apm2StoreRequest *
apm2_store_sqlite_hear (Apm2Store *store,
                        GAsyncResult *result,
                        const Apm2StoreAct *act,
                        GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, store), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, (gpointer) act),
                        NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

static Apm2StoredJob *
hear_job (Apm2Store *store,
          GAsyncResult *result,
          const Apm2StoreAct *act,
          GPtrArray **ret_effects,
          GError **error)
{
  g_autoptr (Apm2StoreRequest) request
      = apm2_store_sqlite_hear (store, result, act, error);

  if (request == NULL)
    return NULL;
  if (ret_effects != NULL)
    *ret_effects = g_steal_pointer (&request->effects);
  return g_steal_pointer (&request->job);
}

static void
store_hold (Apm2Store *store)
{
  apm2_store_thread_hold (APM2_STORE_SQLITE (store)->thread);
}

static void
store_release (Apm2Store *store)
{
  apm2_store_thread_release (APM2_STORE_SQLITE (store)->thread);
}

static void
store_submit (Apm2Store *store,
              Apm2JobSpec *spec,
              const char *text,
              gsize length,
              const char *digest,
              guint32 uid,
              Apm2StoreSubmitFlags flags,
              GAsyncReadyCallback callback,
              gpointer user_data)
{
  Apm2StoreRequest *request = apm2_store_request_new (&act_submit, NULL);

  request->spec = apm2_job_spec_ref (spec);
  request->text = g_strndup (text, length);
  request->length = length;
  request->digest = g_strdup (digest);
  request->uid = uid;
  request->flag = (flags & APM2_STORE_SUBMIT_FORCE) != 0;
  request->known_only = (flags & APM2_STORE_SUBMIT_KNOWN_ONLY) != 0;
  apm2_store_sqlite_ask (store, request, callback, user_data);
}

static Apm2StoredJob *
store_submit_finish (Apm2Store *store,
                     GAsyncResult *result,
                     gboolean *ret_created,
                     gboolean *ret_ready,
                     GError **error)
{
  g_autoptr (Apm2StoreRequest) request
      = apm2_store_sqlite_hear (store, result, &act_submit, error);

  if (request == NULL)
    return NULL;
  if (ret_created != NULL)
    *ret_created = request->created;
  if (ret_ready != NULL)
    *ret_ready = request->job->ready;
  return g_steal_pointer (&request->job);
}

static void
clear_room (gpointer data)
{
  Apm2LaneRoom *room = data;

  g_free ((char *) room->lane);
}

static void
store_claim (Apm2Store *store,
             const Apm2LaneRoom *rooms,
             gsize n_rooms,
             const char *worker,
             const char *boot_id,
             guint n_jobs,
             Apm2StoreHerald *herald,
             GAsyncReadyCallback callback,
             gpointer user_data)
{
  Apm2StoreRequest *request = apm2_store_request_new (&act_claim, NULL);

  request->rooms = g_array_sized_new (
      FALSE, FALSE, sizeof (Apm2LaneRoom), (guint) n_rooms);
  g_array_set_clear_func (request->rooms, clear_room);
  for (gsize i = 0; i < n_rooms; i++)
    {
      const Apm2LaneRoom room = { g_strdup (rooms[i].lane), rooms[i].room };

      g_array_append_val (request->rooms, room);
    }
  request->worker = g_strdup (worker);
  request->boot_id = g_strdup (boot_id);
  request->limit = n_jobs;
  if (herald != NULL)
    request->herald = apm2_store_herald_ref (herald);
  apm2_store_sqlite_ask (store, request, callback, user_data);
}

static GPtrArray *
store_claim_finish (Apm2Store *store, GAsyncResult *result, GError **error)
{
  g_autoptr (Apm2StoreRequest) request
      = apm2_store_sqlite_hear (store, result, &act_claim, error);

  return request == NULL ? NULL : g_steal_pointer (&request->rows);
}

static void
store_claim_one (Apm2Store *store,
                 const char *job_id,
                 const char *worker,
                 const char *boot_id,
                 GAsyncReadyCallback callback,
                 gpointer user_data)
{
  Apm2StoreRequest *request = apm2_store_request_new (&act_claim_one, job_id);

  request->worker = g_strdup (worker);
  request->boot_id = g_strdup (boot_id);
  apm2_store_sqlite_ask (store, request, callback, user_data);
}

static Apm2StoredJob *
store_claim_one_finish (Apm2Store *store, GAsyncResult *result, GError **error)
{
  return hear_job (store, result, &act_claim_one, NULL, error);
}

static void
store_finish (Apm2Store *store,
              const char *job_id,
              guint64 token,
              Apm2Receipt *receipt,
              const Apm2Backoff *retry,
              GAsyncReadyCallback callback,
              gpointer user_data)
{
  Apm2StoreRequest *request = apm2_store_request_new (&act_finish, job_id);

  request->token = token;
  request->receipt = receipt;
  request->flag = retry != NULL;
  if (retry != NULL)
    request->backoff = *retry;
  apm2_store_sqlite_ask (store, request, callback, user_data);
}

static Apm2StoredJob *
store_finish_finish (Apm2Store *store,
                     GAsyncResult *result,
                     GPtrArray **ret_effects,
                     GError **error)
{
  return hear_job (store, result, &act_finish, ret_effects, error);
}

static void
store_give_back (Apm2Store *store,
                 const char *job_id,
                 guint64 token,
                 gboolean lost,
                 GAsyncReadyCallback callback,
                 gpointer user_data)
{
  Apm2StoreRequest *request = apm2_store_request_new (&act_give_back, job_id);

  request->token = token;
  request->flag = lost;
  apm2_store_sqlite_ask (store, request, callback, user_data);
}

static Apm2StoredJob *
store_give_back_finish (Apm2Store *store, GAsyncResult *result, GError **error)
{
  return hear_job (store, result, &act_give_back, NULL, error);
}

static void
store_request_cancel (Apm2Store *store,
                      const char *job_id,
                      const char *reason,
                      GAsyncReadyCallback callback,
                      gpointer user_data)
{
  Apm2StoreRequest *request = apm2_store_request_new (&act_cancel, job_id);

  request->reason = g_strdup (reason);
  apm2_store_sqlite_ask (store, request, callback, user_data);
}

static Apm2StoredJob *
store_request_cancel_finish (Apm2Store *store,
                             GAsyncResult *result,
                             GPtrArray **ret_effects,
                             GError **error)
{
  return hear_job (store, result, &act_cancel, ret_effects, error);
}

static void
apm2_store_sqlite_iface_init (Apm2StoreInterface *iface)
{
  apm2_store_sqlite_read_init (iface);
  apm2_store_sqlite_queue_init (iface);
  apm2_store_sqlite_forget_init (iface);
  apm2_store_sqlite_quarantine_init (iface);
  iface->hold = store_hold;
  iface->release = store_release;
  apm2_store_sqlite_samples_init (iface);
  iface->submit = store_submit;
  iface->submit_finish = store_submit_finish;
  iface->claim = store_claim;
  iface->claim_finish = store_claim_finish;
  iface->claim_one = store_claim_one;
  iface->claim_one_finish = store_claim_one_finish;
  iface->finish = store_finish;
  iface->finish_finish = store_finish_finish;
  iface->give_back = store_give_back;
  iface->give_back_finish = store_give_back_finish;
  iface->request_cancel = store_request_cancel;
  iface->request_cancel_finish = store_request_cancel_finish;
}

static void
apm2_store_sqlite_constructed (GObject *object)
{
  Apm2StoreSqlite *self = APM2_STORE_SQLITE (object);

  G_OBJECT_CLASS (apm2_store_sqlite_parent_class)->constructed (object);
  self->thread = apm2_store_thread_new (
      apm2_store_db_new (self->file, self->aging_usec_per_level));
}

static void
apm2_store_sqlite_finalize (GObject *object)
{
  Apm2StoreSqlite *self = APM2_STORE_SQLITE (object);

  g_clear_pointer (&self->thread, apm2_store_thread_free);
  g_free (self->file);
  G_OBJECT_CLASS (apm2_store_sqlite_parent_class)->finalize (object);
}

static void
apm2_store_sqlite_set_property (GObject *object,
                                guint id,
                                const GValue *value,
                                GParamSpec *pspec)
{
  Apm2StoreSqlite *self = APM2_STORE_SQLITE (object);

  switch (id)
    {
    case PROP_FILE:
      self->file = g_value_dup_string (value);
      break;
    case PROP_AGING_USEC_PER_LEVEL:
      self->aging_usec_per_level = g_value_get_uint64 (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
apm2_store_sqlite_class_init (Apm2StoreSqliteClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags
      = G_PARAM_WRITABLE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS;

  object_class->constructed = apm2_store_sqlite_constructed;
  object_class->finalize = apm2_store_sqlite_finalize;
  object_class->set_property = apm2_store_sqlite_set_property;

  properties[PROP_FILE] = g_param_spec_string ("file", NULL, NULL, NULL, flags);
  properties[PROP_AGING_USEC_PER_LEVEL] = g_param_spec_uint64 (
      "aging-usec-per-level", NULL, NULL, 0, AGING_USEC_MAX, 0, flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
apm2_store_sqlite_init (Apm2StoreSqlite *self)
{
}

/**
 * apm2_store_sqlite_new:
 * @file: path of the store, in a directory that is there
 * @aging_usec_per_level: how much longer a job waits per level of priority; 0:
 *   by submission alone
 *
 * Returns: (transfer full): a store that is to be opened
 */
Apm2Store *
apm2_store_sqlite_new (const char *file, guint64 aging_usec_per_level)
{
  g_return_val_if_fail (file != NULL, NULL);

  return g_object_new (APM2_TYPE_STORE_SQLITE,
                       "file",
                       file,
                       "aging-usec-per-level",
                       MIN (aging_usec_per_level, AGING_USEC_MAX),
                       NULL);
}
