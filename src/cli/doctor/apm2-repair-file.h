/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-cure.h"

G_BEGIN_DECLS

gboolean apm2_repair_file (const Apm2Cure *cure,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
