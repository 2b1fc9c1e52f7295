/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "store-harness.h"

G_BEGIN_DECLS

/* The SQLite store, each in a directory of its own; its place is the path of
 * the file. */
extern const StoreEngine sqlite_engine;

G_END_DECLS
