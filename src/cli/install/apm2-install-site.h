/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * Apm2InstallSite:
 *
 * What the units of one installation must name.
 */
typedef struct
{
  char *program;     /* (owned) apm2 itself */
  char *libexec_dir; /* (owned) where apm2-step is */
  char *home;        /* (owned) (nullable) APM2_HOME, unless it is the usual */
  GPtrArray *binds;  /* (owned) (element-type utf8) programs, directories */
  GPtrArray *environment; /* (owned) (element-type utf8) NAME=VALUE */
} Apm2InstallSite;

Apm2InstallSite *
apm2_install_site_new (const char *program,
                       const char *libexec_dir,
                       const char *home,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;
void apm2_install_site_free (Apm2InstallSite *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2InstallSite, apm2_install_site_free)

gboolean
apm2_install_site_add_variable (Apm2InstallSite *self,
                                const char *name,
                                const char *value,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean apm2_install_site_add_bind (Apm2InstallSite *self,
                                     const char *path,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;
char *apm2_install_site_render (const Apm2InstallSite *self, const char *text);

G_END_DECLS
