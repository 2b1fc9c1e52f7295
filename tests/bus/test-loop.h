/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* No wait of any bus test is longer; one that is has failed. */
#define TEST_DEADLINE_SEC 30

typedef gboolean (*TestCondition) (gpointer data);

void test_wait (TestCondition is_true, gpointer data);
/* Waits until the callback test_on_result() has put a result into it. */
GAsyncResult *test_wait_result (GAsyncResult **result);
void test_on_result (GObject *source, GAsyncResult *result, gpointer user_data);

GDBusConnection *
test_connect (const char *address, GDBusConnectionFlags flags, GError **error);
GVariant *test_call (GDBusConnection *connection,
                     const char *name,
                     const char *path,
                     const char *interface,
                     const char *method,
                     GVariant *parameters,
                     GError **error);
void test_close (GDBusConnection *connection);

/* Runs a program and returns what it printed; asserts its exit status. */
char *test_run (int expected_status, const char *const *argv);

G_END_DECLS
