/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-paths.h"

G_BEGIN_DECLS

char *apm2_bus_address_find (Apm2Mode mode);

G_END_DECLS
