/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-options.h"
#include "apm2-services-report.h"
#include "apm2-term.h"

G_BEGIN_DECLS

/**
 * Apm2TopPicture:
 *
 * What one picture shows; all borrowed.
 */
typedef struct
{
  const Apm2ServicesReport *report; /* (nullable) not there yet */
  GVariant *queue;                  /* (nullable) properties of the queue */
  GPtrArray *lanes; /* (element-type GVariant) properties of each */
  GPtrArray *jobs;  /* (element-type Apm2JobView) in any order; it is sorted */
  const char *problem; /* (nullable) why there is no broker */
  gboolean hide_ended;
  gint64 now_usec;
} Apm2TopPicture;

/* Where a picture goes. */
typedef struct
{
  guint columns; /* 0: any number */
  guint rows;    /* 0: any number */
  gboolean utf8;
  gboolean color;
} Apm2TopFrame;

char *apm2_top_text_format (const Apm2TopPicture *picture,
                            const Apm2Options *options,
                            const Apm2TopFrame *frame);

G_END_DECLS
