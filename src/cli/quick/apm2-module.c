/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The parts of the program that are loaded when they are asked for.
 *
 * A module has all that it needs within itself and shares nothing with the
 * program but the libraries. It is never unloaded.
 */

#include "apm2-module.h"

#include <dlfcn.h>

#include <glib/gi18n.h>

#include "apm2-error.h"
#include "apm2-paths.h"

/**
 * apm2_module_load:
 * @name: file name of a module
 * @error: NOT_FOUND or FAILED
 *
 * Looks for it where the helper programs are.
 *
 * Returns: (nullable): its main function
 */
Apm2ModuleMain
apm2_module_load (const char *name, GError **error)
{
  g_autofree char *path = apm2_paths_find_program (name, error);
  Apm2ModuleMain module_main = NULL;
  void *handle = NULL;

  if (path == NULL)
    return NULL;
  handle = dlopen (path, RTLD_LAZY | RTLD_LOCAL);
  if (handle != NULL)
    *(void **) &module_main = dlsym (handle, APM2_MODULE_MAIN);
  if (module_main == NULL)
    g_set_error (error,
                 APM2_ERROR,
                 APM2_ERROR_FAILED,
                 _ ("cannot load a part of this program: %s; install apm2 "
                    "anew, or the libraries that are missing"),
                 dlerror ());
  return module_main;
}
