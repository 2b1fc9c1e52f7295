/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * RigHome:
 *
 * A machine of its own for one test: APM2_HOME, XDG_RUNTIME_DIR, configuration
 * and, if there is one, the address of a private session bus.
 */
typedef struct
{
  char *dir;         /* holds all others */
  char *home;        /* APM2_HOME */
  char *runtime;     /* XDG_RUNTIME_DIR */
  char *socket;      /* the operator socket */
  char *address;     /* its D-Bus address */
  char *bus_address; /* (nullable) */
} RigHome;

RigHome *rig_home_new (const char *config);
void rig_home_free (RigHome *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (RigHome, rig_home_free)

void rig_home_configure (RigHome *self, const char *config);
char *rig_home_path (RigHome *self, const char *relative);
GStrv rig_home_environment (RigHome *self);
/* Path of a program of the build under test, such as "daemon/apm2-daemon". */
char *rig_program (const char *relative);

G_END_DECLS
