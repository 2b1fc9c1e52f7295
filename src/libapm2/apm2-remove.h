/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Something that stays: @name in the directory @dirfd. */
typedef void (*Apm2RemoveFailed) (void *data,
                                  int dirfd,
                                  const char *name,
                                  int error_number);

int apm2_remove_tree (int dirfd,
                      const char *name,
                      Apm2RemoveFailed failed,
                      void *data);
