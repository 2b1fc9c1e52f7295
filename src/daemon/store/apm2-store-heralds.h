/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* For the storage thread. A batch is (element-type Apm2StoreRequest). */
void apm2_store_heralds_hint (GPtrArray *batch);
GPtrArray *apm2_store_heralds_note (GPtrArray *batch);
void apm2_store_heralds_tell (GPtrArray *heralds);

G_END_DECLS
