/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* specimen-place: src/cli/apm2-specimen.c */ 
