/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A file that no rule complains of, though it comes near to several: words
 * like goto and g_error (x) in comments, system ("x") in strings.
 *
 * specimen-place: src/libapm2/apm2-specimen-text.c
 */

#include "apm2-specimen.h"

#include <string.h>

#include <gio/gio.h>
#include <jansson.h>

#include "apm2-error.h"

static const char *words[] = { "goto", "system (\"ls\")", "sleep (1)" };

static int
on_exit (void)
{
  return (int) strlen (words[0]);
}

/**
 * apm2_specimen_count:
 *
 * Returns: how many
 */
int
apm2_specimen_count (void)
{
  return on_exit ();
}
