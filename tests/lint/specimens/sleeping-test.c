/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* specimen-place: tests/unit/daemon/test-specimen.c */

static void
test_waits (void)
{
  g_usleep (1000);
}
