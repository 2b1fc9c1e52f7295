/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* One lease that the broker counts as ours. */
typedef struct
{
  char *job_id;
  guint64 token;
  GVariant *result;   /* (nullable) for Finish */
  gboolean returning; /* for Return */
  gboolean left;      /* to the next process */
  gboolean in_flight; /* Finish or Return has been sent and is not answered */
} Apm2HeldLease;

/* All of them. */
typedef struct _Apm2LeaseBook Apm2LeaseBook;

Apm2LeaseBook *apm2_lease_book_new (void);
void apm2_lease_book_free (Apm2LeaseBook *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2LeaseBook, apm2_lease_book_free)

Apm2HeldLease *
apm2_lease_book_add (Apm2LeaseBook *self, const char *job_id, guint64 token);
Apm2HeldLease *apm2_lease_book_find (Apm2LeaseBook *self, const char *job_id);
Apm2HeldLease *apm2_lease_book_find_running (Apm2LeaseBook *self,
                                             const char *job_id,
                                             guint64 token);
gboolean
apm2_lease_book_remove (Apm2LeaseBook *self, const char *job_id, guint64 token);
GPtrArray *apm2_lease_book_list (Apm2LeaseBook *self);
guint apm2_lease_book_count (Apm2LeaseBook *self);
guint apm2_lease_book_count_unsettled (Apm2LeaseBook *self);
gboolean apm2_held_lease_is_running (const Apm2HeldLease *lease);
GVariant *apm2_lease_book_to_variant (Apm2LeaseBook *self);

G_END_DECLS
