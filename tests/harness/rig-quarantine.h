/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rig-broker.h"

G_BEGIN_DECLS

/* Puts a file with its note where the broker would. */
void rig_quarantine_file (RigHome *home,
                          const char *name,
                          const char *text,
                          const char *reason);
/* A job that lost its worker three times. */
char *rig_quarantine_job (Rig *rig, const char *spec);

G_END_DECLS
