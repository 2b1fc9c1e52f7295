/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Called in the main context with what was put there; may free everything. */
typedef void (*Apm2StoreAnswersFunc) (GPtrArray *answers, gpointer user_data);

/*
 * Answers on their way from one thread to a main context.
 */
typedef struct _Apm2StoreAnswers Apm2StoreAnswers;

Apm2StoreAnswers *apm2_store_answers_new (GDestroyNotify free_func,
                                          Apm2StoreAnswersFunc func,
                                          gpointer user_data);
void apm2_store_answers_free (Apm2StoreAnswers *self);

void apm2_store_answers_put (Apm2StoreAnswers *self, GPtrArray *batch);
void apm2_store_answers_wake (Apm2StoreAnswers *self);

G_END_DECLS
