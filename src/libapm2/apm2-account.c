/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The accounts of system mode, in which the broker and the worker are two
 * users. In user mode, and where somebody runs both without the accounts, the
 * one who runs them is both.
 */

#include "apm2-account.h"

#include <errno.h>
#include <pwd.h>
#include <unistd.h>

#include "apm2-names.h"

/* Longer than any entry of a real user database. */
#define ENTRY_BYTES_MAX 65536

/* Asks the user database, which may take its time: for the start only. */
static gboolean
look_up (const char *name, uid_t *ret_uid)
{
  g_autofree char *buffer = g_malloc (ENTRY_BYTES_MAX);
  struct passwd entry = { 0 };
  struct passwd *found = NULL;
  int status = 0;

  do
    status = getpwnam_r (name, &entry, buffer, ENTRY_BYTES_MAX, &found);
  while (status == EINTR);
  if (status != 0 || found == NULL)
    return FALSE;
  *ret_uid = found->pw_uid;
  return TRUE;
}

/**
 * apm2_account_get_worker:
 * @mode: which mode
 *
 * May block; it is asked once.
 *
 * Returns: the user id of the worker
 */
uid_t
apm2_account_get_worker (Apm2Mode mode)
{
  static gsize looked_up = 0;
  static uid_t system_worker = 0;

  if (mode != APM2_MODE_SYSTEM)
    return geteuid ();
  if (g_once_init_enter (&looked_up))
    {
      if (!look_up (APM2_ACCOUNT_WORKER, &system_worker))
        system_worker = geteuid ();
      g_once_init_leave (&looked_up, 1);
    }
  return system_worker;
}
