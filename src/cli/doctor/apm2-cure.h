/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/types.h>

#include <glib.h>

G_BEGIN_DECLS

/**
 * Apm2CureAct:
 * @APM2_CURE_TYPE: nothing that apm2 does; somebody types the command
 * @APM2_CURE_MAKE_DIR: make @path with @mode
 * @APM2_CURE_SET_MODE: give @path, a directory or a file, @mode
 * @APM2_CURE_REMOVE_SOCKET: remove the socket @path
 * @APM2_CURE_REMOVE_FILE: remove @path, a file or a FIFO
 * @APM2_CURE_SWEEP: remove from the directory @path what an interrupted write
 *   left there
 * @APM2_CURE_RELOAD: let the service manager read its units again
 * @APM2_CURE_RESET_FAILED: let the service manager forget that @unit failed
 * @APM2_CURE_START: start @unit
 *
 * What `doctor --fix` does. All but the first are safe: they lose nothing and
 * end nothing.
 */
typedef enum
{
  APM2_CURE_TYPE,
  APM2_CURE_MAKE_DIR,
  APM2_CURE_SET_MODE,
  APM2_CURE_REMOVE_SOCKET,
  APM2_CURE_REMOVE_FILE,
  APM2_CURE_SWEEP,
  APM2_CURE_RELOAD,
  APM2_CURE_RESET_FAILED,
  APM2_CURE_START,
} Apm2CureAct;

/* What an interrupted write may leave is left alone for so long. */
#define APM2_CURE_SWEEP_AFTER_MIN 10
#define APM2_CURE_SWEEP_PATTERN   ".apm2-*.tmp"

/**
 * Apm2Cure:
 *
 * One command that helps, and whether apm2 may do the same by itself.
 */
typedef struct
{
  Apm2CureAct act;
  char *command; /* as it is typed into a shell */
  char *path;    /* (nullable) */
  char *unit;    /* (nullable) */
  mode_t mode;
} Apm2Cure;

Apm2Cure *apm2_cure_new (const char *command);
Apm2Cure *apm2_cure_new_make_dir (const char *path, mode_t mode);
Apm2Cure *apm2_cure_new_set_mode (const char *path, mode_t mode);
Apm2Cure *apm2_cure_new_remove (Apm2CureAct act, const char *path);
Apm2Cure *apm2_cure_new_sweep (const char *dir);
Apm2Cure *
apm2_cure_new_unit (Apm2CureAct act, const char *systemctl, const char *unit);
void apm2_cure_free (Apm2Cure *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2Cure, apm2_cure_free)

void apm2_cure_need_root (Apm2Cure *self);
char *apm2_cure_quote (const char *word);

G_END_DECLS
