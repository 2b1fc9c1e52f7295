/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _Apm2LiveScreen Apm2LiveScreen;

/**
 * Apm2LiveScreenFuncs:
 * @format: (transfer full): lines, no wider and no more than that
 * @key: (nullable): a key that does not end and does not only draw anew; what
 * is shown is drawn after it
 *
 * What is on a screen.
 */
typedef struct
{
  char *(*format) (guint columns, guint rows, gpointer user_data);
  void (*key) (char key, gpointer user_data);
} Apm2LiveScreenFuncs;

Apm2LiveScreen *apm2_live_screen_new (GMainLoop *loop,
                                      const Apm2LiveScreenFuncs *funcs,
                                      gpointer user_data);
void apm2_live_screen_free (Apm2LiveScreen *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2LiveScreen, apm2_live_screen_free)

void apm2_live_screen_change (Apm2LiveScreen *self);
gboolean apm2_live_screen_run (Apm2LiveScreen *self,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
