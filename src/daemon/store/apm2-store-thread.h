/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-store-db.h"
#include "apm2-store-request.h"

G_BEGIN_DECLS

/* The storage thread; see apm2-store-thread.c. */
typedef struct _Apm2StoreThread Apm2StoreThread;

Apm2StoreThread *apm2_store_thread_new (Apm2StoreDb *db);
void apm2_store_thread_free (Apm2StoreThread *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2StoreThread, apm2_store_thread_free)

void apm2_store_thread_hold (Apm2StoreThread *self);
void apm2_store_thread_release (Apm2StoreThread *self);
void apm2_store_thread_push (Apm2StoreThread *self, Apm2StoreRequest *request);

G_END_DECLS
