/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/types.h>

#include <glib.h>

G_BEGIN_DECLS

/* GLib 2.74 has no g_autofd: 'apm2_autofd int fd = -1;' closes at scope end. */
void apm2_fd_clear (int *fd);
#define apm2_autofd _GLIB_CLEANUP (apm2_fd_clear)

/**
 * Apm2FsWriteFlags:
 * @APM2_FS_WRITE_NONE: replace what is there
 * @APM2_FS_WRITE_NOREPLACE: fail with Exists if the name is taken
 */
typedef enum
{
  APM2_FS_WRITE_NONE = 0,
  APM2_FS_WRITE_NOREPLACE = 1 << 0,
} Apm2FsWriteFlags;

int apm2_fs_open_dir (const char *path,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
int apm2_fs_try_lock (int dirfd, const char *name, mode_t mode);
gboolean apm2_fs_ensure_dir (const char *path,
                             mode_t mode,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
char *apm2_fs_read_file (int dirfd,
                         const char *name,
                         gsize max,
                         gsize *ret_length,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;
char *apm2_fs_read_file_of (int dirfd,
                            const char *name,
                            uid_t owner,
                            gsize max,
                            gsize *ret_length,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean apm2_fs_write_file (int dirfd,
                             const char *name,
                             const void *data,
                             gsize length,
                             mode_t mode,
                             Apm2FsWriteFlags flags,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
char *apm2_fs_describe (int dirfd, const char *name);

G_END_DECLS
