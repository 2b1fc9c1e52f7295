/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* specimen-place: src/libapm2/apm2-specimen.c */

int
apm2_specimen_add (int a, int b)
{
  return a + b;
}
