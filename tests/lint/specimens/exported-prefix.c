/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* specimen-place: src/daemon/apm2-specimen.c */

int
add (int a, int b)
{
  return a + b;
}
