/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef APM2_SPECIMEN_H
#define APM2_SPECIMEN_H
/* specimen-place: src/libapm2/apm2-specimen.h */
#endif
