/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A command that helps.
 *
 * The command and what apm2 would do in its place are made together, from the
 * same words, so that `--fix` does what is printed and nothing else.
 */

#include "apm2-cure.h"

#include "apm2-text.h"

/* What needs no quotes in any shell. */
#define PLAIN APM2_TEXT_ALNUM "@%_-+=:,./"

/**
 * apm2_cure_quote:
 * @word: one word of a command
 *
 * Returns: (transfer full): @word as it is typed, in quotes where it needs them
 */
char *
apm2_cure_quote (const char *word)
{
  g_return_val_if_fail (word != NULL, NULL);

  if (word[0] != '\0' && word[strspn (word, PLAIN)] == '\0')
    return g_strdup (word);
  return g_shell_quote (word);
}

static Apm2Cure *
take (Apm2CureAct act, char *command)
{
  Apm2Cure *self = g_new0 (Apm2Cure, 1);

  self->act = act;
  self->command = command;
  return self;
}

/**
 * apm2_cure_new:
 * @command: what somebody has to type
 *
 * Returns: (transfer full): a cure that is left to the operator
 */
Apm2Cure *
apm2_cure_new (const char *command)
{
  return take (APM2_CURE_TYPE, g_strdup (command));
}

/**
 * apm2_cure_new_make_dir:
 * @path: a directory that is missing
 * @mode: its mode
 *
 * Returns: (transfer full): the cure that makes it
 */
Apm2Cure *
apm2_cure_new_make_dir (const char *path, mode_t mode)
{
  g_autofree char *quoted = apm2_cure_quote (path);
  Apm2Cure *self
      = take (APM2_CURE_MAKE_DIR,
              g_strdup_printf ("install -d -m %04o %s", mode, quoted));

  self->path = g_strdup (path);
  self->mode = mode;
  return self;
}

/**
 * apm2_cure_new_set_mode:
 * @path: a directory or a file
 * @mode: the mode that it should have
 *
 * Returns: (transfer full): the cure that gives it @mode
 */
Apm2Cure *
apm2_cure_new_set_mode (const char *path, mode_t mode)
{
  g_autofree char *quoted = apm2_cure_quote (path);
  Apm2Cure *self = take (APM2_CURE_SET_MODE,
                         g_strdup_printf ("chmod %04o %s", mode, quoted));

  self->path = g_strdup (path);
  self->mode = mode;
  return self;
}

/**
 * apm2_cure_new_remove:
 * @act: REMOVE_SOCKET or REMOVE_FILE
 * @path: what to remove
 *
 * Returns: (transfer full): the cure that removes it
 */
Apm2Cure *
apm2_cure_new_remove (Apm2CureAct act, const char *path)
{
  g_autofree char *quoted = apm2_cure_quote (path);
  Apm2Cure *self = NULL;

  g_return_val_if_fail (
      act == APM2_CURE_REMOVE_SOCKET || act == APM2_CURE_REMOVE_FILE, NULL);

  self = take (act, g_strdup_printf ("rm -f %s", quoted));
  self->path = g_strdup (path);
  return self;
}

/**
 * apm2_cure_new_sweep:
 * @dir: a directory
 *
 * Returns: (transfer full): the cure that removes from it what interrupted
 *   writes left behind
 */
Apm2Cure *
apm2_cure_new_sweep (const char *dir)
{
  g_autofree char *quoted = apm2_cure_quote (dir);
  Apm2Cure *self
      = take (APM2_CURE_SWEEP,
              g_strdup_printf ("find %s -maxdepth 1 -type f -name '%s' "
                               "-mmin +%d -delete",
                               quoted,
                               APM2_CURE_SWEEP_PATTERN,
                               APM2_CURE_SWEEP_AFTER_MIN));

  self->path = g_strdup (dir);
  return self;
}

/**
 * apm2_cure_new_unit:
 * @act: RELOAD, RESET_FAILED or START
 * @systemctl: how systemctl is called here
 * @unit: (nullable): a unit; %NULL for RELOAD
 *
 * Returns: (transfer full): the cure that asks the service manager for @act
 */
Apm2Cure *
apm2_cure_new_unit (Apm2CureAct act, const char *systemctl, const char *unit)
{
  Apm2Cure *self = NULL;

  g_return_val_if_fail (act == APM2_CURE_RELOAD || act == APM2_CURE_RESET_FAILED
                            || act == APM2_CURE_START,
                        NULL);
  g_return_val_if_fail ((unit == NULL) == (act == APM2_CURE_RELOAD), NULL);

  if (act == APM2_CURE_RELOAD)
    return take (act, g_strdup_printf ("%s daemon-reload", systemctl));
  self = take (
      act,
      g_strdup_printf ("%s %s %s",
                       systemctl,
                       act == APM2_CURE_START ? "start" : "reset-failed",
                       unit));
  self->unit = g_strdup (unit);
  return self;
}

/**
 * apm2_cure_free:
 * @self: (transfer full) (nullable): a cure
 */
void
apm2_cure_free (Apm2Cure *self)
{
  if (self == NULL)
    return;
  g_free (self->command);
  g_free (self->path);
  g_free (self->unit);
  g_free (self);
}

/**
 * apm2_cure_need_root:
 * @self: a cure
 *
 * Says that only root can do @self, and we are not: it is left to the operator.
 */
void
apm2_cure_need_root (Apm2Cure *self)
{
  g_autofree char *command = NULL;

  g_return_if_fail (self != NULL);

  self->act = APM2_CURE_TYPE;
  if (g_str_has_prefix (self->command, "sudo "))
    return;
  command = g_steal_pointer (&self->command);
  self->command = g_strconcat ("sudo ", command, NULL);
}
