/* SPDX-License-Identifier: LGPL-2.1-or-later */

int apm2_specimen_count;
/* specimen-place: src/libapm2/apm2-specimen.c */
