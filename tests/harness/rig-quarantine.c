/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What is in quarantine.
 */

#include "rig-quarantine.h"

#include "rig-client.h"
#include "rig-worker.h"

/**
 * rig_quarantine_file:
 * @home: where
 * @name: of the file
 * @text: what is in it
 * @reason: what is in the note beside it
 */
void
rig_quarantine_file (RigHome *home,
                     const char *name,
                     const char *text,
                     const char *reason)
{
  g_autofree char *directory = rig_home_path (home, "quarantine");
  g_autofree char *path = g_build_filename (directory, name, NULL);
  g_autofree char *note = g_strconcat (path, ".reason", NULL);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  g_assert_true (g_file_set_contents (note, reason, -1, NULL));
}

/**
 * rig_quarantine_job:
 * @rig: a broker without a worker and other jobs
 * @spec: of the job
 *
 * Returns: (transfer full): its id
 */
char *
rig_quarantine_job (Rig *rig, const char *spec)
{
  char *id = rig_submit (rig->client, spec);

  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (RigWorker) worker = rig_worker_new (rig->home, "w", 1);
      g_autoptr (RigLease) lease = rig_worker_lease (worker);
      g_autoptr (GError) error = NULL;

      g_assert_cmpstr (lease->job_id, ==, id);
      (void) rig_worker_register (worker, "w", 1, NULL, &error);
      g_assert_no_error (error);
    }
  rig_wait_state (rig->client, id, "quarantined");
  return id;
}
