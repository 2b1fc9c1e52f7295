/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "apm2-options.h"

G_BEGIN_DECLS

void apm2_hint_add_jobs (const Apm2Options *options, GError **error);
void apm2_hint_add_receipts (const Apm2Options *options, GError **error);
void apm2_hint_add_quarantine (const Apm2Options *options, GError **error);

G_END_DECLS
