/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* specimen-place: src/daemon/apm2-specimen.c */

static void
leave (void)
{
  goto out;
out:
  return;
}
