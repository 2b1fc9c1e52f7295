/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/*
 * The tree: one set of objects, served on every connection.
 *
 * Message bus and operator socket show the same objects. A peer that never said
 * Hello gets every signal from its first call on; one that did (every message
 * bus client library), or that added a match rule, gets those that its rules
 * ask for; the message bus gets all and routes them.
 *
 * Objects are faces over the model: a property is read from the model when it
 * is asked for, so that a signal can never overtake its property.
 */
#define APM2_TYPE_TREE (apm2_tree_get_type ())
G_DECLARE_FINAL_TYPE (Apm2Tree, apm2_tree, APM2, TREE, GObject)

/* Who calls: filled by the tree for each method call. */
typedef struct
{
  gboolean on_bus; /* through the message bus, not the operator socket */
  guint32 uid;     /* of a peer, or of who has a permit; else (guint32) -1 */
  gint32 pid;      /* of a peer; 0 on the bus */
} Apm2Caller;

typedef struct _Apm2Face Apm2Face;

/* Answers exactly once, now or later. @object is the model object of the path
 * (borrowed for the call), @data the face's. */
typedef void (*Apm2MethodFunc) (gpointer data,
                                gpointer object,
                                const Apm2Caller *caller,
                                GVariant *parameters,
                                GDBusMethodInvocation *invocation);

/* The same for one that sets property @name to @value, of the right type. */
typedef void (*Apm2SetPropertyFunc) (gpointer data,
                                     gpointer object,
                                     const Apm2Caller *caller,
                                     const char *name,
                                     GVariant *value,
                                     GDBusMethodInvocation *invocation);

/* The leave that a call on the system bus needs; see apm2-permit.h. */
typedef struct _Apm2Permit Apm2Permit;

/* Says what leave a call needs: ends @permit (transfer full), now or later.
 * @object is borrowed for the call. */
typedef void (*Apm2JudgeFunc) (gpointer data,
                               gpointer object,
                               GVariant *parameters,
                               Apm2Permit *permit);

typedef struct
{
  const char *name;
  Apm2MethodFunc func;
  Apm2JudgeFunc judge; /* (nullable): then refused on the system bus */
} Apm2Method;

/**
 * Apm2Face:
 *
 * One D-Bus interface over one kind of model object.
 */
struct _Apm2Face
{
  GDBusInterfaceInfo *info;  /* from the generated code */
  const Apm2Method *methods; /* ends with a NULL name; (nullable) */
  GVariant *(*get_property) (gpointer data,
                             gpointer object,
                             const char *name); /* (transfer floating) */
  gpointer data;
  Apm2SetPropertyFunc set_property; /* (nullable) if none can be written */
};

/* A folder of objects that come and go: finds the one of a path element
 * (already unescaped), and lists the elements that are announced. */
typedef struct
{
  gpointer (*find) (gpointer data,
                    const char *name); /* (transfer none) (nullable) */
  GPtrArray *(*list) (gpointer data);  /* (element-type utf8) names, unescaped;
                                          (transfer full) */
  gpointer data;
} Apm2Folder;

Apm2Tree *apm2_tree_new (void);

/* Before the first apm2_tree_serve(). */
void apm2_tree_add_object (Apm2Tree *self,
                           const char *path,
                           const Apm2Face *face,
                           gpointer object,
                           gboolean peers_only);
void apm2_tree_add_folder (Apm2Tree *self,
                           const char *path,
                           const Apm2Face *face,
                           const Apm2Folder *folder);

gboolean apm2_tree_serve_bus (Apm2Tree *self,
                              GDBusConnection *connection,
                              GError **error);
gboolean apm2_tree_serve_peer (Apm2Tree *self,
                               GDBusConnection *connection,
                               guint32 uid,
                               gint32 pid,
                               GError **error);

/* Sends PropertiesChanged with the values as they are now. */
void apm2_tree_changed (Apm2Tree *self,
                        const char *path,
                        const Apm2Face *face,
                        gpointer object,
                        const char *const *properties);
/* @parameters: floating is sunk. */
void apm2_tree_emit (Apm2Tree *self,
                     const char *path,
                     const char *interface,
                     const char *signal,
                     GVariant *parameters);
/* To one peer only. */
void apm2_tree_emit_to (Apm2Tree *self,
                        GDBusConnection *peer,
                        const char *path,
                        const char *interface,
                        const char *signal,
                        GVariant *parameters);
/* InterfacesAdded, InterfacesRemoved. */
void apm2_tree_added (Apm2Tree *self,
                      const char *path,
                      const Apm2Face *face,
                      gpointer object);
void apm2_tree_removed (Apm2Tree *self, const char *path, const Apm2Face *face);

char *apm2_tree_element_to_path (const char *folder, const char *name);

G_END_DECLS
