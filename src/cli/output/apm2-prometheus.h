/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * The text format of Prometheus, version 0.0.4: families of samples, each with
 * its HELP and TYPE before it.
 */

void apm2_prometheus_add_family (GString *out,
                                 const char *name,
                                 const char *type,
                                 const char *help);
/* @labels: pairs of name and value, ended by NULL; (nullable) */
void apm2_prometheus_add_sample (GString *out,
                                 const char *name,
                                 const char *const *labels,
                                 double value);

G_END_DECLS
