/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Answers on their way from the storage thread to the main context.
 *
 * To put them there and to wake the main context are two things. Whatever wakes
 * it finds all that was put there before, and finds it first: so a third party
 * may be told in between, and what it then says never comes to a main loop that
 * does not know of it.
 */

#include "apm2-store-answers.h"

struct _Apm2StoreAnswers
{
  GMainContext *context; /* (owned) */
  GSource *source;       /* (owned) ready while there are answers */
  GDestroyNotify free_func;
  Apm2StoreAnswersFunc func;
  gpointer user_data;

  GMutex mutex;
  GPtrArray *list; /* under mutex */
};

typedef struct
{
  GSource source;
  Apm2StoreAnswers *answers;
} AnswerSource;

static gboolean
has_answers (GSource *source)
{
  Apm2StoreAnswers *self = ((AnswerSource *) source)->answers;
  gboolean has;

  g_mutex_lock (&self->mutex);
  has = self->list->len > 0;
  g_mutex_unlock (&self->mutex);
  return has;
}

static gboolean
prepare (GSource *source, int *ret_timeout)
{
  *ret_timeout = -1;
  return has_answers (source);
}

static gboolean
dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  Apm2StoreAnswers *self = ((AnswerSource *) source)->answers;
  g_autoptr (GPtrArray) list = NULL;

  g_mutex_lock (&self->mutex);
  list = g_steal_pointer (&self->list);
  self->list = g_ptr_array_new_with_free_func (self->free_func);
  g_mutex_unlock (&self->mutex);

  if (list->len > 0)
    self->func (list, self->user_data);
  return G_SOURCE_CONTINUE;
}

/**
 * apm2_store_answers_new:
 * @free_func: frees an answer
 * @func: gets the answers, in the thread-default main context of the caller
 * @user_data: for @func
 *
 * Returns: (transfer full): a way for answers
 */
Apm2StoreAnswers *
apm2_store_answers_new (GDestroyNotify free_func,
                        Apm2StoreAnswersFunc func,
                        gpointer user_data)
{
  static GSourceFuncs funcs = {
    .prepare = prepare,
    .check = has_answers,
    .dispatch = dispatch,
  };
  Apm2StoreAnswers *self = g_new0 (Apm2StoreAnswers, 1);

  self->context = g_main_context_ref_thread_default ();
  self->free_func = free_func;
  self->func = func;
  self->user_data = user_data;
  g_mutex_init (&self->mutex);
  self->list = g_ptr_array_new_with_free_func (free_func);
  self->source = g_source_new (&funcs, sizeof (AnswerSource));
  ((AnswerSource *) self->source)->answers = self;
  g_source_set_static_name (self->source, "apm2-store-answers");
  g_source_set_can_recurse (self->source, TRUE);
  (void) g_source_attach (self->source, self->context);
  return self;
}

/**
 * apm2_store_answers_free:
 * @self: (transfer full): a way for answers that nobody puts any on
 */
void
apm2_store_answers_free (Apm2StoreAnswers *self)
{
  g_source_destroy (self->source);
  g_source_unref (self->source);
  g_ptr_array_unref (self->list);
  g_mutex_clear (&self->mutex);
  g_main_context_unref (self->context);
  g_free (self);
}

/**
 * apm2_store_answers_put:
 * @self: a way for answers
 * @batch: answers; it is empty then
 *
 * From any thread. They go out when the main context turns.
 */
void
apm2_store_answers_put (Apm2StoreAnswers *self, GPtrArray *batch)
{
  g_mutex_lock (&self->mutex);
  for (guint i = 0; i < batch->len; i++)
    g_ptr_array_add (self->list,
                     g_steal_pointer (&g_ptr_array_index (batch, i)));
  g_mutex_unlock (&self->mutex);
  g_ptr_array_set_size (batch, 0);
}

/**
 * apm2_store_answers_wake:
 * @self: a way for answers
 *
 * Makes the main context turn.
 */
void
apm2_store_answers_wake (Apm2StoreAnswers *self)
{
  g_main_context_wakeup (self->context);
}
