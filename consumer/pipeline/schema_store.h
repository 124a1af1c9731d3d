/*
 * Writer schemas by the name a frame gives them, and the plans compiled from them.
 * Backed by the schemas built in and configured by id, which stay, and by a lookup, such as a
 * schema registry's client, for those met later: of these the ones not used for longest make
 * room for new ones.
 * One store belongs to one thread.
 */
#ifndef VF_PIPELINE_SCHEMA_STORE_H
#define VF_PIPELINE_SCHEMA_STORE_H

#include "codec/wire_frame.h"
#include "codec/wire_plan.h"

struct vf_schema_store;

/* Writer schemas kept, each with a plan per reader: a feed has a few versions; the bound keeps a
 * flood of ids from filling the memory. */
enum { VF_SCHEMA_STORE_MAX = 1024 };

/* Asks for a schema that the store does not have, named by id or GUID. VF_EAGAIN: it is being
 * looked up, and vf_schema_store_put will follow; any other code: why it can't be had. err (may
 * be NULL) is filled. Must not call the store. */
struct vf_schema_lookup {
    int (*ask)(void *owner, const struct wire_frame *name, struct vf_error *err);
    void *owner;
};

int vf_schema_store_create(struct vf_schema_store **out);
void vf_schema_store_free(struct vf_schema_store *store); /* NULL is allowed */

/* Adds a writer schema for good under a Confluent id (also reachable by its fingerprint).
 * VF_ESCHEMA, VF_ELIMIT, VF_EINVAL (the id has another schema). */
int vf_schema_store_add(struct vf_schema_store *store, uint32_t id, struct vf_slice json,
                        struct vf_error *err);
/* The same for a schema that no id names: it is known by its fingerprint alone. */
int vf_schema_store_add_unnamed(struct vf_schema_store *store, struct vf_slice json,
                                struct vf_error *err);

/* lookup: copied. Without one, what was not added is unknown. */
void vf_schema_store_set_lookup(struct vf_schema_store *store,
                                const struct vf_schema_lookup *lookup);
/* What a lookup found. Name: CONFLUENT or GUID_HEADER. The schema is the store's from now on,
 * also on failure; a name that is known already keeps its schema. VF_ELIMIT: all that is there
 * was added for good; VF_ENOMEM. */
int vf_schema_store_put(struct vf_schema_store *store, const struct wire_frame *name,
                        struct wire_schema *schema, struct vf_error *err);

/* The frame's writer schema, valid until the store is next called. Errors as below; PLAIN frames
 * name none: VF_EUNKNOWNSCHEMA. */
int vf_schema_store_schema(struct vf_schema_store *store, const struct wire_frame *frame,
                           const struct wire_schema **out, struct vf_error *err);

/* The plan from the frame's writer schema to reader, valid until the store is next called.
 * PLAIN frames: the reader's own schema. VF_EUNKNOWNSCHEMA: nobody knows it; VF_EAGAIN: it is
 * being looked up; VF_EINCOMPATIBLE; or what the lookup said. */
int vf_schema_store_plan(struct vf_schema_store *store, const struct wire_frame *frame,
                         const struct wire_schema *reader, const struct wire_plan **out,
                         struct vf_error *err);

#endif
