/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-paths.h"

G_BEGIN_DECLS

/* Where a service manager can be spoken to. */
typedef struct
{
  char *socket_path; /* the manager's own socket, */
  char *bus_address; /* or a message bus */
} Apm2ManagerPlace;

Apm2ManagerPlace *apm2_manager_place_find (Apm2Mode mode);
void apm2_manager_place_free (Apm2ManagerPlace *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2ManagerPlace, apm2_manager_place_free)

G_END_DECLS
