/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gate-scene.h"

static char *
ask (const char *path, const char *script)
{
  const char *argv[] = { "sh", "-ec", script, "sh", NULL };
  g_autofree char *out = NULL;
  int status = -1;
  g_autoptr (GError) error = NULL;

  (void) g_spawn_sync (path,
                       (char **) argv,
                       NULL,
                       G_SPAWN_SEARCH_PATH,
                       NULL,
                       NULL,
                       &out,
                       NULL,
                       &status,
                       &error);
  g_assert_no_error (error);
  g_assert_true (g_spawn_check_wait_status (status, NULL));
  return g_strdup (g_strstrip (out));
}

GateRepository *
gate_repository_new (Scene *scene, const char *name, const char *script)
{
  GateRepository *self = g_new0 (GateRepository, 1);
  g_autofree char *all
      = g_strdup_printf ("git init -q . && (%s) && git add -A && "
                         "git -c user.name=n -c user.email=e "
                         "commit -q --allow-empty -m one",
                         script);
  g_autofree char *nothing = NULL;

  self->path = scene_path (scene, name);
  g_assert_cmpint (g_mkdir_with_parents (self->path, 0700), ==, 0);
  nothing = ask (self->path, all);
  self->commit = ask (self->path, "git rev-parse HEAD");
  self->tree = ask (self->path, "git rev-parse 'HEAD^{tree}'");
  return self;
}

char *
gate_repository_run (const GateRepository *self, const char *script)
{
  return ask (self->path, script);
}

void
gate_repository_free (GateRepository *self)
{
  g_free (self->path);
  g_free (self->commit);
  g_free (self->tree);
  g_free (self);
}

void
gate_scene_set_up (GateScene *self, gconstpointer config)
{
  scene_set_up (&self->scene, config);
  if (config != NULL)
    scene_configure (&self->scene, config);
  self->repository
      = gate_repository_new (&self->scene, "repo", "echo one >file");
}

void
gate_scene_tear_down (GateScene *self, gconstpointer config)
{
  gate_repository_free (self->repository);
  scene_tear_down (&self->scene, config);
}

static char *
join (va_list gates)
{
  g_autoptr (GString) text = g_string_new (NULL);
  const char *gate = NULL;

  while ((gate = va_arg (gates, const char *)) != NULL)
    g_string_append_printf (text, "%s%s", text->len > 0 ? "," : "", gate);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

Attempt *
gate_attempt_new (Scene *scene, const GateRepository *repository, ...)
{
  g_autofree char *gates = NULL;
  g_autofree char *members = NULL;
  va_list args;

  va_start (args, repository);
  gates = join (args);
  va_end (args);
  members = g_strdup_printf ("'source':{'repository':'%s','commit':'%s',"
                             "'tree':'%s','project':'p'},'steps':[%s]",
                             repository->path,
                             repository->commit,
                             repository->tree,
                             gates);
  return attempt_new_of (scene, "gates", members);
}
