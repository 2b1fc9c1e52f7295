/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/types.h>

#include <glib.h>

#include "apm2-step-event.h"

G_BEGIN_DECLS

/* What a caller does to itself before it starts something. */
typedef void (*AttachedPrepare) (void);

/* An attached command below the real apm2-step; the test is its caller. */
typedef struct
{
  AttachedPrepare prepare; /* NULL: nothing */
  gboolean detach;
  pid_t pid;     /* of apm2-step; -1: waited for */
  int fd;        /* to apm2-step; -1: closed */
  int output_fd; /* of the command, both streams */
  GString *lines;
  GString *output;
} Attached;

/* In the environment of all that a test of this run starts. */
extern char attached_mark[48];
void attached_init (void);

Attached *attached_new (void);
void attached_start (Attached *self, const char *const *argv);
void attached_free (Attached *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Attached, attached_free)

/* Starts a shell with @script, tells it to go, and waits until it has written
 * @ready, unless that is NULL. */
void attached_go (Attached *self, const char *script, const char *ready);
void attached_say (Attached *self, const char *orders);
/* Next line of apm2-step without its line feed; NULL at the end. */
char *attached_read_line (Attached *self);
void attached_expect (Attached *self, const char *line);
/* Waits for the end as told, and for that of apm2-step. */
Apm2StepExit attached_wait_ended (Attached *self);
/* Waits for the end of apm2-step; returns its exit status. */
int attached_wait_exit (Attached *self);
/* Until the command has written @text. */
void attached_wait_output (Attached *self, const char *text);
/* All that the command, and whoever has its output, wrote until the last of
 * them closed it. */
const char *attached_read_output (Attached *self);
/* The same from @argv without anybody between. */
char *attached_run_bare (const char *const *argv, AttachedPrepare prepare);

G_END_DECLS
