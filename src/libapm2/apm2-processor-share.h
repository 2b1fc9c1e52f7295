/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Of the processors that there are: the first, the third and so on, or those
 * between. */
typedef enum
{
  APM2_PROCESSOR_SHARE_EVEN,
  APM2_PROCESSOR_SHARE_ODD,
} Apm2ProcessorShare;

void apm2_processor_share_take (Apm2ProcessorShare share);
void apm2_processor_share_suspend (void);
void apm2_processor_share_resume (void);

G_END_DECLS
