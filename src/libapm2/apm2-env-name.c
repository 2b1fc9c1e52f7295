/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Which environment variables a job may set for its steps.
 *
 * A step's command is the job's own; what runs before it is not: the dynamic
 * loader, the C library and the shell. Variables that make these load or run
 * something else are refused, and so are those by which systemd, D-Bus and apm2
 * speak to a process, since a step could be made to speak for its slot.
 *
 * All that glibc drops for setuid programs is among them, but for TMPDIR, which
 * a step may well want. The JSON Schema of the job spec has the same list.
 */

#include "apm2-env-name.h"

#include "apm2-text.h"

static const char *const forbidden_prefixes[] = {
  "APM2_",      /* ours */
  "BASH_FUNC_", /* a function for every bash */
  "DBUS_",      /* which bus, which cookie */
  "GIO_",       /* modules */
  "LD_",        /* preload, audit, library path */
  "LISTEN_",    /* socket activation */
  "MALLOC_",    /* the allocator's hooks and traces */
  "SYSTEMD_",   /* debugging switches of its libraries */
  "WATCHDOG_",  /* the slot's watchdog */
};

static const char *const forbidden_names[] = {
  "BASHOPTS",              /* shell options */
  "BASH_ENV",              /* a file that bash reads first */
  "BASH_LOADABLES_PATH",   /* where bash finds built-ins */
  "CREDENTIALS_DIRECTORY", /* where a service looks for secrets */
  "ENV",                   /* a file that sh reads first */
  "FPATH",                 /* where zsh and ksh find functions */
  "GCONV_PATH",            /* modules of iconv */
  "GETCONF_DIR",           /* what getconf runs */
  "GLIBC_TUNABLES",        /* the loader's knobs */
  "HOSTALIASES",           /* a file that the resolver reads */
  "IFS",                   /* how a shell splits words */
  "INVOCATION_ID",         /* which unit we are */
  "JOURNAL_STREAM",        /* where the log goes */
  "LOCALDOMAIN",           /* what the resolver appends */
  "LOCPATH",               /* locales are code for some parsers */
  "MAINPID",               /* which process systemd watches */
  "NIS_PATH",              /* where NIS+ looks */
  "NLSPATH",               /* message catalogs, that is format strings */
  "NOTIFY_SOCKET",         /* the slot's state */
  "PROMPT_COMMAND",        /* bash runs it */
  "PS4",                   /* bash expands it, commands included */
  "RESOLV_HOST_CONF",      /* a file that the resolver reads */
  "RES_OPTIONS",           /* the resolver's knobs */
  "SHELLOPTS",             /* shell options */
  "TZDIR",                 /* files that the C library reads */
  "XDG_RUNTIME_DIR",       /* where the sockets are */
  "ZDOTDIR",               /* files that zsh reads first */
};

/**
 * apm2_env_name_is_allowed:
 * @name: a name from a job spec
 *
 * Returns: %TRUE if @name is [A-Z_][A-Z0-9_]* of at most %APM2_ENV_NAME_MAX
 *   bytes and none of those that steer the loader, the shell, systemd, D-Bus or
 *   apm2
 */
gboolean
apm2_env_name_is_allowed (const char *name)
{
  g_return_val_if_fail (name != NULL, FALSE);

  if (!apm2_text_is_word (name,
                          APM2_TEXT_UPPER "_",
                          APM2_TEXT_UPPER APM2_TEXT_DIGITS "_",
                          APM2_ENV_NAME_MAX))
    return FALSE;

  for (gsize i = 0; i < G_N_ELEMENTS (forbidden_prefixes); i++)
    if (g_str_has_prefix (name, forbidden_prefixes[i]))
      return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (forbidden_names); i++)
    if (g_str_equal (name, forbidden_names[i]))
      return FALSE;
  return TRUE;
}
