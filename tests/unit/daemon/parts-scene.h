/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "store-harness.h"

G_BEGIN_DECLS

Apm2JobSpec *parts_scene_spec (void);
void parts_scene_add (StoreHarness *h);
/* Leases what is most urgent; @expected is its id, or NULL: nothing. */
Apm2StoredJob *parts_scene_claim (StoreHarness *h, const char *expected);
Apm2StoredJob *parts_scene_get (StoreHarness *h, const char *id);
void
parts_scene_assert_state (StoreHarness *h, const char *id, Apm2JobState state);
/* Ends a part as a worker would; @gates is "checkout GATE…". Returns effects.
 */
GPtrArray *parts_scene_end (StoreHarness *h,
                            const Apm2StoredJob *part,
                            const char *gates,
                            const char *reason);
Apm2Receipt *parts_scene_receipt (StoreHarness *h, const char *id);
char *parts_scene_describe (const Apm2Receipt *receipt);

G_END_DECLS
