/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef enum
{
  TEST_AUTHORITY_NO,
  TEST_AUTHORITY_YES,
  TEST_AUTHORITY_PASSWORD,  /* no, but a password would help */
  TEST_AUTHORITY_DISMISSED, /* no: somebody closed the dialog */
  TEST_AUTHORITY_ERROR,
  TEST_AUTHORITY_MALFORMED,
  TEST_AUTHORITY_SILENT, /* until test_authority_answer() */
} TestAnswer;

/* A polkitd of the test: says what it is told to say. */
typedef struct
{
  GDBusConnection *bus;
  TestAnswer answer;
  guint n_asked;
  guint n_called_off;
  GQueue asked; /* (element-type GDBusMethodInvocation) while SILENT */
  /* The last question. */
  char *kind;
  char *name;
  char *action;
  char *job;  /* (nullable) */
  char *lane; /* (nullable) */
  guint32 flags;
} TestAuthority;

TestAuthority *test_authority_new (GDBusConnection *bus);
void test_authority_free (TestAuthority *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestAuthority, test_authority_free)

/* Answers all that waits. */
void test_authority_answer (TestAuthority *self, TestAnswer answer);

G_END_DECLS
