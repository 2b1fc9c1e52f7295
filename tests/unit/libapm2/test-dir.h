/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <glib.h>
#include <glib/gstdio.h>

#include "apm2-fs-remove.h"
#include "apm2-fs.h"

/* A directory for one test; gone at the end of its scope. */
typedef struct
{
  char *path;
  int fd;
} TestDir;

static inline TestDir
test_dir_new (void)
{
  g_autoptr (GError) error = NULL;
  TestDir self = { .path = g_dir_make_tmp ("apm2-XXXXXX", &error), .fd = -1 };

  g_assert_no_error (error);
  self.fd = apm2_fs_open_dir (self.path, &error);
  g_assert_no_error (error);
  return self;
}

static inline void
test_dir_clear (TestDir *self)
{
  g_autoptr (GError) error = NULL;

  apm2_fd_clear (&self->fd);
  g_assert_true (apm2_fs_remove_tree (AT_FDCWD, self->path, &error));
  g_assert_no_error (error);
  g_clear_pointer (&self->path, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (TestDir, test_dir_clear)

static inline void
test_dir_write (const TestDir *self, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (self->path, name, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (path, text, -1, &error));
  g_assert_no_error (error);
}
