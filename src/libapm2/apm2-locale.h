/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

void apm2_locale_init (void);
void apm2_locale_use_english (void);

G_END_DECLS
