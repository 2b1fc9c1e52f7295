/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A longer rule is refused. */
#define APM2_MATCH_RULE_BYTES_MAX 1024

/* The unique name that the broker bears on its own socket. */
#define APM2_MATCH_OWN_UNIQUE_NAME ":1.0"

/* One signal of ours, held against rules. */
typedef struct
{
  const char *path;
  const char *interface;
  const char *member;
  GVariant *parameters; /* (nullable) not built yet: whatever a rule asks of the
                           arguments counts as met */
} Apm2Signal;

typedef struct _Apm2MatchRule Apm2MatchRule;

Apm2MatchRule *apm2_match_rule_parse (const char *text,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
void apm2_match_rule_free (Apm2MatchRule *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2MatchRule, apm2_match_rule_free)

gboolean apm2_match_rule_equal (const Apm2MatchRule *self,
                                const Apm2MatchRule *other);
gboolean apm2_match_rule_matches (const Apm2MatchRule *self,
                                  const Apm2Signal *signal);

G_END_DECLS
