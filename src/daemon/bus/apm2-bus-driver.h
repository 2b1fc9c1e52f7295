/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-tree.h"

G_BEGIN_DECLS

#define APM2_BUS_DRIVER_PATH "/org/freedesktop/DBus"

const Apm2Face *apm2_bus_driver_get_face (void);

G_END_DECLS
