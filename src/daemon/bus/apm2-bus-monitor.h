/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-tree.h"

G_BEGIN_DECLS

const Apm2Face *apm2_bus_monitor_get_face (void);

G_END_DECLS
