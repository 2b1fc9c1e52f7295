/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-options.h"
#include "apm2-services-report.h"

G_BEGIN_DECLS

/* One thing that is not healthy, in words. */
typedef struct
{
  char *text;
  char *command; /* what to type next */
} Apm2ServicesWhy;

GPtrArray *apm2_services_why_list (const Apm2ServicesReport *report,
                                   const Apm2Options *options);

G_END_DECLS
