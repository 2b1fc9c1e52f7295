/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * Apm2InstallFileState:
 * @APM2_INSTALL_FILE_ABSENT: there is none
 * @APM2_INSTALL_FILE_CURRENT: an install wrote what is to be there
 * @APM2_INSTALL_FILE_COPY: it is what is to be there, and came there by other
 *   means
 * @APM2_INSTALL_FILE_OUTDATED: an install wrote another text, and nobody has
 *   touched it since
 * @APM2_INSTALL_FILE_EDITED: it has words of somebody else
 * @APM2_INSTALL_FILE_LINK: it is a symbolic link, which an operator made
 *
 * What is found where a file is to be.
 */
typedef enum
{
  APM2_INSTALL_FILE_ABSENT,
  APM2_INSTALL_FILE_CURRENT,
  APM2_INSTALL_FILE_COPY,
  APM2_INSTALL_FILE_OUTDATED,
  APM2_INSTALL_FILE_EDITED,
  APM2_INSTALL_FILE_LINK,
} Apm2InstallFileState;

/**
 * Apm2InstallFile:
 *
 * One file that an installation puts somewhere.
 */
typedef struct
{
  char *dir;  /* (owned) absolute */
  char *name; /* (owned) */
  char *path; /* (owned) both */
  char *text; /* (owned) what is to be there, without the seal */
} Apm2InstallFile;

Apm2InstallFile *
apm2_install_file_new (const char *dir, const char *name, const char *text);
void apm2_install_file_free (Apm2InstallFile *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2InstallFile, apm2_install_file_free)

gboolean apm2_install_file_examine (const Apm2InstallFile *self,
                                    Apm2InstallFileState *ret_state,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;
char *apm2_install_file_diff (const Apm2InstallFile *self);
gboolean apm2_install_file_is_text_in (const Apm2InstallFile *self,
                                       const char *dir);
gboolean apm2_install_file_write (const Apm2InstallFile *self,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;
char *apm2_install_file_save (const Apm2InstallFile *self,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean apm2_install_file_remove (const Apm2InstallFile *self,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
