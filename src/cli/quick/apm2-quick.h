/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-command.h"

G_BEGIN_DECLS

extern const Apm2Command apm2_quick_root;

G_END_DECLS
