/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Attached jobs whose caller and supervisor are gone, and what of theirs fell
 * to somebody else: it is found, with and without a service manager, before the
 * slot is somebody else's.
 */

#include <poll.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "rig-slot.h"
#include "rig-systemd.h"

typedef struct
{
  GSubprocess *process;
  int fd;
} Child;

typedef struct
{
  Rig *rig;
  RigSystemd *systemd; /* (nullable) */
  RigProcess *caller;
  RigSlot *next;
  Child leftover;
  Child other;
} Fixture;

/* With the id of a job that no other test has. */
static char *
make_job_id (const char *end)
{
  return g_strdup_printf ("leftovers-%d%s", (int) getpid (), end);
}

static void
child_start (Child *self, const char *job_id)
{
  g_autoptr (GSubprocessLauncher) launcher
      = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_NONE);
  g_autoptr (GError) error = NULL;

  g_subprocess_launcher_setenv (launcher, "APM2_JOB_ID", job_id, TRUE);
  self->process = g_subprocess_launcher_spawn (
      launcher, &error, "/bin/sleep", "1000", NULL);
  g_assert_no_error (error);
  self->fd
      = pidfd_open ((pid_t) g_ascii_strtoll (
                        g_subprocess_get_identifier (self->process), NULL, 10),
                    0);
  g_assert_cmpint (self->fd, >=, 0);
}

static gboolean
child_is_over (const Child *self)
{
  struct pollfd fds = { .fd = self->fd, .events = POLLIN };

  return poll (&fds, 1, 0) > 0;
}

static void
child_clear (Child *self)
{
  g_subprocess_force_exit (self->process);
  g_assert_true (g_subprocess_wait (self->process, NULL, NULL));
  g_clear_object (&self->process);
  (void) close (self->fd);
}

static void
set_up (Fixture *self, gconstpointer data)
{
  g_autofree char *job_id = make_job_id ("");
  g_autofree char *other_id = make_job_id ("0");

  self->rig = rig_new ("[lane run]\nslots=1\n");
  if (data != NULL)
    {
      self->systemd = rig_systemd_new ();
      rig_systemd_listen (self->systemd, self->rig->home->runtime);
    }
  self->caller = rig_slot_start_process (self->rig->home, job_id, "");
  rig_slot_await_job (self->rig->client, job_id, "running");
  child_start (&self->leftover, job_id);
  child_start (&self->other, other_id);
  self->next = rig_slot_new (self->rig->home);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  child_clear (&self->leftover);
  child_clear (&self->other);
  rig_slot_free (self->next);
  g_clear_pointer (&self->caller, rig_process_free);
  g_clear_pointer (&self->systemd, rig_systemd_free);
  rig_free (self->rig);
}

static void
test_ended_before_the_slot_is_free (Fixture *self, gconstpointer data)
{
  rig_slot_attach (self->next, "two", "", "waiting");
  g_assert_false (child_is_over (&self->leftover));
  rig_process_kill (self->caller);
  rig_slot_await_granted (self->next, "two");
  g_assert_true (child_is_over (&self->leftover));
  g_assert_false (child_is_over (&self->other));
  if (self->systemd != NULL)
    g_assert_cmpuint (self->systemd->n_started, ==, 1);
  rig_slot_pass (self->next);
}

/* Whoever says how it ended has seen to that. */
static void
test_not_after_an_end (Fixture *self, gconstpointer data)
{
  rig_slot_attach (self->next, "two", "", "waiting");
  rig_process_kill (self->caller);
  rig_slot_await_granted (self->next, "two");
  rig_slot_pass (self->next);
  rig_slot_attach (self->next, "three", "", "granted");
  rig_slot_start (self->next);
  rig_slot_pass (self->next);
  g_assert_cmpuint (self->systemd->n_started, ==, 1);
}

#define ADD(name, data, func)                                                  \
  g_test_add (                                                                 \
      "/apm2/leftover-search/" name, Fixture, data, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  if (rig_slot_is_process (argc, argv))
    return rig_slot_be_process (argv);

  g_test_init (&argc, &argv, NULL);
  ADD ("by-the-manager", "manager", test_ended_before_the_slot_is_free);
  ADD ("without-a-manager", NULL, test_ended_before_the_slot_is_free);
  ADD ("not-after-an-end", "manager", test_not_after_an_end);
  return g_test_run ();
}
