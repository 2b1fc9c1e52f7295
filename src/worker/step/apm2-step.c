/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * apm2-step: runs one step of a job.
 *
 * Reads one message from its input. With --supervise it stays, as the parent of
 * the command: see apm2-supervisor.c. With --lane it does so as the process of
 * a lane's unit, and makes ready before the message comes: see apm2-lane.c.
 * With --attached it gets no message but the command itself, and a socket to
 * who wants it: see apm2-attached.c. With --leftovers it runs nothing, but ends
 * what is left of one of those: see apm2-leftovers.c.
 * With neither it becomes the command, for a sandbox that somebody else keeps
 * and watches. Links the C library and nothing else.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "config.h"

#include "apm2-attached.h"
#include "apm2-lane.h"
#include "apm2-leftovers.h"
#include "apm2-step-child.h"
#include "apm2-step-message.h"
#include "apm2-step-prepare.h"
#include "apm2-supervisor.h"

#define ATTACHED "--attached="

#define EXIT_USAGE    APM2_STEP_LANE_EXIT_USAGE
#define EXIT_DATA     APM2_STEP_LANE_EXIT_DATA
#define EXIT_INTERNAL APM2_STEP_LANE_EXIT_INTERNAL

/* Not a byte more than asked for: commands follow the message. */
static int
read_exactly (unsigned char *data, size_t length)
{
  while (length > 0)
    {
      ssize_t n = read (STDIN_FILENO, data, length);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return -errno;
      if (n == 0)
        return -EBADMSG;
      data += n;
      length -= (size_t) n;
    }
  return 0;
}

static int
read_message (Apm2StepMessage *ret_message, unsigned char **ret_body)
{
  unsigned char head[APM2_STEP_MESSAGE_HEAD];
  size_t size = 0;
  int r = read_exactly (head, sizeof head);

  if (r == 0)
    r = apm2_step_message_get_body_size (head, &size);
  if (r < 0)
    return r;
  *ret_body = malloc (size + 1);
  if (*ret_body == NULL)
    return -ENOMEM;
  r = read_exactly (*ret_body, size);
  if (r == 0)
    r = apm2_step_message_decode (ret_message, *ret_body, size);
  return r;
}

static int
become (const Apm2StepMessage *message)
{
  int null_fd = open ("/dev/null", O_RDONLY | O_CLOEXEC);
  Apm2StepFailure failure = { APM2_STEP_STAGE_FORK, 0 };

  if (null_fd < 0 || dup2 (null_fd, STDIN_FILENO) < 0)
    failure.error_number = errno;
  else
    failure = apm2_step_child_become (message);
  (void) fprintf (stderr,
                  "apm2-step: cannot run '%s' in '%s': %s\n",
                  message->argv[0],
                  message->directory,
                  strerror (failure.error_number));
  return apm2_step_child_get_status (&failure);
}

static int
supervise (const Apm2StepMessage *message)
{
  int r = 0;

  /* A session of its own, out of reach of what is sent to the worker's. */
  (void) setsid ();
  r = apm2_supervisor_run (message, STDIN_FILENO, STDOUT_FILENO);
  if (r == 0)
    return EXIT_SUCCESS;
  (void) fprintf (
      stderr, "apm2-step: cannot supervise a step: %s\n", strerror (-r));
  return EXIT_INTERNAL;
}

static int
run (bool supervised)
{
  Apm2StepMessage message = { 0 };
  unsigned char *body = NULL;
  int r = 0;

  /* Others of our user, the job among them, get at neither our memory nor our
   * descriptors. */
  (void) prctl (PR_SET_DUMPABLE, 0, 0, 0, 0);
  r = read_message (&message, &body);
  if (r < 0)
    {
      (void) fprintf (
          stderr, "apm2-step: cannot read the step: %s\n", strerror (-r));
      free (body);
      return EXIT_DATA;
    }
  r = supervised ? supervise (&message) : become (&message);
  apm2_step_message_clear (&message);
  free (body);
  return r;
}

/* Returns: a descriptor, or -1 */
static int
parse_descriptor (const char *text)
{
  char *end = NULL;
  long value = -1;

  if (text[0] < '0' || text[0] > '9')
    return -1;
  errno = 0;
  value = strtol (text, &end, 10);
  return errno == 0 && *end == '\0' && value <= INT_MAX ? (int) value : -1;
}

/* --attached=FD [--detach-survivors] -- COMMAND [ARGUMENT...]. Closes nothing:
 * what the caller has open is the command's. */
static int
attach (char **argv)
{
  int fd = parse_descriptor (argv[1] + sizeof ATTACHED - 1);
  bool detach = argv[2] != NULL && strcmp (argv[2], "--detach-survivors") == 0;
  char **rest = argv + (detach ? 3 : 2);

  if (fd < 0 || rest[0] == NULL || strcmp (rest[0], "--") != 0
      || rest[1] == NULL)
    {
      (void) fputs ("Usage: apm2-step " ATTACHED "FD [--detach-survivors] -- "
                    "COMMAND [ARGUMENT...]\n",
                    stderr);
      return EXIT_USAGE;
    }
  return apm2_attached_run (fd, detach, rest + 1);
}

int
main (int argc, char **argv)
{
  const char *option = argc > 1 ? argv[1] : "";
  bool supervised = argc == 2 && strcmp (option, "--supervise") == 0;

  if (argc == 2 && strcmp (option, "--version") == 0)
    return puts ("apm2-step " APM2_VERSION) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
  if (strncmp (option, ATTACHED, sizeof ATTACHED - 1) == 0)
    return attach (argv);
  (void) close_range (3, ~0U, 0);
  if (argc == 3 && strcmp (option, "--lane") == 0)
    return apm2_lane_run (argv[2]);
  if (argc == 2 && strcmp (option, "--leftovers") == 0)
    return apm2_leftovers_run ();
  if (argc == 1 || supervised)
    return run (supervised);
  (void) fputs (
      "Usage: apm2-step [--supervise | --lane WORKSPACE | --leftovers | "
      "--version] < MESSAGE\n",
      stderr);
  return EXIT_USAGE;
}
