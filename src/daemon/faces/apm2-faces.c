/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * All the faces of the broker: puts each on the tree, and keeps them.
 */

#include "apm2-faces.h"

#include "apm2-broker-export.h"
#include "apm2-housekeeping-export.h"
#include "apm2-job-export.h"
#include "apm2-lane-export.h"
#include "apm2-log-control.h"
#include "apm2-quarantine-export.h"
#include "apm2-queue-export.h"
#include "apm2-services-export.h"
#include "apm2-slots-export.h"
#include "apm2-unit-export.h"
#include "apm2-worker-export.h"

struct _Apm2Faces
{
  GObject parent_instance;

  Apm2ActiveConfig *config;
  Apm2UnitExport *units;
  Apm2ServicesExport *services;
  Apm2QueueExport *queue;
  Apm2QuarantineExport *quarantine;
  Apm2JobExport *jobs;
  Apm2WorkerExport *workers;
  Apm2LaneExport *lanes;
  Apm2BrokerExport *broker;
  Apm2SlotsExport *slots;
  Apm2HousekeepingExport *housekeeping;
  Apm2LogControl *log_control;
};

G_DEFINE_FINAL_TYPE (Apm2Faces, apm2_faces, G_TYPE_OBJECT)

static void
apm2_faces_finalize (GObject *object)
{
  Apm2Faces *self = APM2_FACES (object);

  g_object_unref (self->log_control);
  g_object_unref (self->housekeeping);
  g_object_unref (self->slots);
  g_object_unref (self->broker);
  g_object_unref (self->lanes);
  g_object_unref (self->workers);
  g_object_unref (self->jobs);
  g_object_unref (self->quarantine);
  g_object_unref (self->queue);
  g_object_unref (self->services);
  g_object_unref (self->units);
  g_object_unref (self->config);
  G_OBJECT_CLASS (apm2_faces_parent_class)->finalize (object);
}

static void
apm2_faces_class_init (Apm2FacesClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = apm2_faces_finalize;
}

static void
apm2_faces_init (Apm2Faces *self)
{
}

static void
on_config_changed (Apm2Faces *self)
{
  const Apm2Config *config = apm2_active_config_get (self->config);

  apm2_job_export_set_announced_max (self->jobs,
                                     (guint) config->announced_jobs_max);
}

/**
 * apm2_faces_new:
 * @tree: where everything is exported; not served yet
 * @model: what is shown
 *
 * Returns: (transfer full): the exported faces
 */
Apm2Faces *
apm2_faces_new (Apm2Tree *tree, const Apm2FacesModel *model)
{
  Apm2Faces *self = g_object_new (APM2_TYPE_FACES, NULL);
  const Apm2Config *config = apm2_active_config_get (model->config);

  self->config = g_object_ref (model->config);
  /* Its properties are told before the root object signals. */
  self->units = apm2_unit_export_new (tree, model->health);
  self->services = apm2_services_export_new (
      tree, model->health, model->registry, model->paths->mode);
  self->queue = apm2_queue_export_new (tree,
                                       model->queue,
                                       model->store,
                                       model->table,
                                       model->config,
                                       model->paths);
  self->quarantine = apm2_quarantine_export_new (
      tree, model->queue, model->store, model->paths);
  self->jobs = apm2_job_export_new (
      tree, model->queue, model->table, (guint) config->announced_jobs_max);
  self->workers = apm2_worker_export_new (tree, model->registry);
  self->lanes = apm2_lane_export_new (
      tree, model->queue, model->table, model->config, model->attachments);
  self->broker = apm2_broker_export_new (tree,
                                         model->queue,
                                         model->table,
                                         model->registry,
                                         model->dispatcher,
                                         model->warden,
                                         model->sweeper);
  self->slots = apm2_slots_export_new (
      tree, model->queue, model->table, model->attachments);
  self->housekeeping
      = apm2_housekeeping_export_new (tree, model->janitor, model->paths);
  self->log_control = apm2_log_control_new (tree);
  g_signal_connect_object (self->config,
                           "changed",
                           G_CALLBACK (on_config_changed),
                           self,
                           G_CONNECT_SWAPPED);
  return self;
}
