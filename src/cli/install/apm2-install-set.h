/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "apm2-install-file.h"
#include "apm2-paths.h"

G_BEGIN_DECLS

/**
 * Apm2InstallKind:
 *
 * What kind of file it is: who reads it decides where it goes. In the order in
 * which they are to be written: an account before what names it.
 */
typedef enum
{
  APM2_INSTALL_SYSUSERS,
  APM2_INSTALL_TMPFILES,
  APM2_INSTALL_BUS_POLICY,
  APM2_INSTALL_ACTIVATION,
  APM2_INSTALL_POLKIT_ACTIONS,
  APM2_INSTALL_POLKIT_RULE,
  APM2_INSTALL_UNIT,
} Apm2InstallKind;
#define APM2_N_INSTALL_KINDS (APM2_INSTALL_UNIT + 1)

typedef struct
{
  Apm2InstallKind kind;
  Apm2InstallFile *file; /* (owned) */
  const char *elsewhere; /* (nullable) the package put it here already */
  gboolean changed;      /* by this run */
} Apm2InstallItem;

/**
 * Apm2InstallSet:
 *
 * All files of an installation in one mode.
 */
typedef struct
{
  Apm2Mode mode;
  gint64 began_usec;    /* when this run began, since the epoch */
  char *unit_dir;       /* (owned) */
  char *activation_dir; /* (owned) (nullable) of a user */
  GPtrArray *items; /* (owned) (element-type Apm2InstallItem) in their order */
} Apm2InstallSet;

Apm2InstallSet *apm2_install_set_new (const Apm2Paths *paths,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
void apm2_install_set_free (Apm2InstallSet *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2InstallSet, apm2_install_set_free)

Apm2InstallItem *apm2_install_set_get (const Apm2InstallSet *self, guint index);
gboolean apm2_install_set_is_changed (const Apm2InstallSet *self,
                                      const char *name);

G_END_DECLS
