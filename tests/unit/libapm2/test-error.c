/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <errno.h>

#include <gio/gio.h>

#include "apm2-error.h"

static void
test_every_code_has_a_name (void)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint code = 0; code < APM2_N_ERRORS; code++)
    {
      const char *name = apm2_error_get_dbus_name ((Apm2Error) code);

      g_assert_true (g_str_has_prefix (name, "org.apm2.Error."));
      g_assert_true (g_hash_table_add (seen, (gpointer) name));
    }
}

static void
test_names_are_frozen (void)
{
  static const char *const names[APM2_N_ERRORS] = {
    "Failed",        "InvalidArgument", "NotFound",      "Exists", "BadState",
    "NotAuthorized", "Denied",          "LimitExceeded", "Stale",  "Busy",
    "Cancelled",     "TimedOut",        "Unavailable",
  };

  for (guint code = 0; code < APM2_N_ERRORS; code++)
    {
      g_autofree char *name
          = g_strconcat ("org.apm2.Error.", names[code], NULL);

      g_assert_cmpstr (apm2_error_get_dbus_name ((Apm2Error) code), ==, name);
    }
}

static void
test_gdbus_knows_the_names (void)
{
  apm2_error_register ();

  for (guint code = 0; code < APM2_N_ERRORS; code++)
    {
      const char *name = apm2_error_get_dbus_name ((Apm2Error) code);
      g_autoptr (GError) local
          = g_error_new_literal (APM2_ERROR, (int) code, "text");
      g_autoptr (GError) remote
          = g_dbus_error_new_for_dbus_error (name, "text");
      g_autofree char *encoded = g_dbus_error_encode_gerror (local);

      g_assert_error (remote, APM2_ERROR, (int) code);
      g_assert_cmpstr (encoded, ==, name);
    }
}

typedef struct
{
  GQuark domain;
  int code;
  Apm2Error expected;
} Foreign;

static void
test_foreign_domains_become_ours (void)
{
  const Foreign cases[] = {
    { G_IO_ERROR, G_IO_ERROR_NOT_FOUND, APM2_ERROR_NOT_FOUND },
    { G_IO_ERROR, G_IO_ERROR_EXISTS, APM2_ERROR_EXISTS },
    { G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, APM2_ERROR_INVALID_ARGUMENT },
    { G_IO_ERROR, G_IO_ERROR_INVALID_DATA, APM2_ERROR_INVALID_ARGUMENT },
    { G_IO_ERROR, G_IO_ERROR_FILENAME_TOO_LONG, APM2_ERROR_INVALID_ARGUMENT },
    { G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED, APM2_ERROR_NOT_AUTHORIZED },
    { G_IO_ERROR, G_IO_ERROR_CANCELLED, APM2_ERROR_CANCELLED },
    { G_IO_ERROR, G_IO_ERROR_TIMED_OUT, APM2_ERROR_TIMED_OUT },
    { G_IO_ERROR, G_IO_ERROR_BUSY, APM2_ERROR_BUSY },
    { G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK, APM2_ERROR_BUSY },
    { G_IO_ERROR, G_IO_ERROR_NO_SPACE, APM2_ERROR_UNAVAILABLE },
    { G_IO_ERROR, G_IO_ERROR_TOO_MANY_OPEN_FILES, APM2_ERROR_UNAVAILABLE },
    { G_IO_ERROR, G_IO_ERROR_CLOSED, APM2_ERROR_UNAVAILABLE },
    { G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE, APM2_ERROR_UNAVAILABLE },
    { G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED, APM2_ERROR_UNAVAILABLE },
    { G_IO_ERROR, G_IO_ERROR_FAILED, APM2_ERROR_FAILED },
    { G_IO_ERROR, G_IO_ERROR_NOT_SYMBOLIC_LINK, APM2_ERROR_FAILED },
    { G_FILE_ERROR, G_FILE_ERROR_NOENT, APM2_ERROR_NOT_FOUND },
    { G_FILE_ERROR, G_FILE_ERROR_ACCES, APM2_ERROR_NOT_AUTHORIZED },
    { G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_PARSE, APM2_ERROR_INVALID_ARGUMENT },
    { G_OPTION_ERROR, G_OPTION_ERROR_FAILED, APM2_ERROR_INVALID_ARGUMENT },
    { G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN, APM2_ERROR_UNAVAILABLE },
    { G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER, APM2_ERROR_UNAVAILABLE },
    { G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY, APM2_ERROR_UNAVAILABLE },
    { G_DBUS_ERROR, G_DBUS_ERROR_DISCONNECTED, APM2_ERROR_UNAVAILABLE },
    { G_DBUS_ERROR, G_DBUS_ERROR_TIMEOUT, APM2_ERROR_TIMED_OUT },
    { G_DBUS_ERROR, G_DBUS_ERROR_ACCESS_DENIED, APM2_ERROR_NOT_AUTHORIZED },
    { G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS, APM2_ERROR_INVALID_ARGUMENT },
    { G_DBUS_ERROR, G_DBUS_ERROR_LIMITS_EXCEEDED, APM2_ERROR_LIMIT_EXCEEDED },
    { G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_OBJECT, APM2_ERROR_NOT_FOUND },
    { G_DBUS_ERROR, G_DBUS_ERROR_FAILED, APM2_ERROR_FAILED },
    { G_MARKUP_ERROR, G_MARKUP_ERROR_EMPTY, APM2_ERROR_FAILED },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = apm2_error_normalize (
          g_error_new_literal (cases[i].domain, cases[i].code, "the text"));

      g_assert_error (error, APM2_ERROR, (int) cases[i].expected);
      g_assert_cmpstr (error->message, ==, "the text");
    }
}

static void
test_our_own_passes_unchanged (void)
{
  GError *original = g_error_new_literal (APM2_ERROR, APM2_ERROR_STALE, "text");
  g_autoptr (GError) error = apm2_error_normalize (original);

  g_assert_true (error == original);
  g_assert_error (error, APM2_ERROR, APM2_ERROR_STALE);
}

static void
test_errno_gives_code_and_reason (void)
{
  g_autoptr (GError) error = NULL;

  apm2_error_set_errno (&error, ENOSPC, "Cannot write %s", "/x");

  g_assert_error (error, APM2_ERROR, APM2_ERROR_UNAVAILABLE);
  g_assert_cmpstr (
      error->message, ==, "Cannot write /x: No space left on device");
}

/* Some programs do without GIO; they must not judge otherwise. */
static void
test_errno_gives_the_code_that_gio_leads_to (void)
{
  for (int errsv = 1; errsv < 134; errsv++)
    {
      const GIOErrorEnum code = g_io_error_from_errno (errsv);
      g_autoptr (GError) error = NULL;
      g_autoptr (GError) expected = apm2_error_normalize (
          g_error_new_literal (G_IO_ERROR, (gint) code, "text"));

      apm2_error_set_errno (&error, errsv, "Cannot do it");
      g_assert_error (error, APM2_ERROR, expected->code);
    }
}

static void
test_names_are_found (void)
{
  Apm2Error found = APM2_ERROR_FAILED;

  for (guint code = 0; code < APM2_N_ERRORS; code++)
    {
      g_assert_true (apm2_error_find_dbus_name (
          apm2_error_get_dbus_name ((Apm2Error) code), &found));
      g_assert_cmpint (found, ==, code);
    }
  g_assert_false (apm2_error_find_dbus_name ("org.apm2.Error.Other", &found));
  g_assert_false (apm2_error_find_dbus_name (NULL, &found));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/apm2/error/names/every-code-has-one",
                   test_every_code_has_a_name);
  g_test_add_func ("/apm2/error/names/are-frozen", test_names_are_frozen);
  g_test_add_func ("/apm2/error/names/gdbus-knows-them",
                   test_gdbus_knows_the_names);
  g_test_add_func ("/apm2/error/normalize/foreign-domains-become-ours",
                   test_foreign_domains_become_ours);
  g_test_add_func ("/apm2/error/normalize/our-own-passes-unchanged",
                   test_our_own_passes_unchanged);
  g_test_add_func ("/apm2/error/set-errno/gives-code-and-reason",
                   test_errno_gives_code_and_reason);
  g_test_add_func ("/apm2/error/set-errno/gives-the-code-that-gio-leads-to",
                   test_errno_gives_the_code_that_gio_leads_to);
  g_test_add_func ("/apm2/error/names/are-found", test_names_are_found);
  return g_test_run ();
}
