/*
 * Writer schemas by the name a frame gives them, and the plans compiled from them.
 * Backed by the schemas built in and configured by id; a registry client adds what it fetched.
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

int vf_schema_store_create(struct vf_schema_store **out);
void vf_schema_store_free(struct vf_schema_store *store); /* NULL is allowed */

/* Adds a writer schema under a Confluent id (also reachable by its fingerprint). VF_ESCHEMA,
 * VF_ELIMIT, VF_EINVAL (the id has another schema). */
int vf_schema_store_add(struct vf_schema_store *store, uint32_t id, struct vf_slice json,
                        struct vf_error *err);

/* The plan from the frame's writer schema to reader. PLAIN frames: the reader's own schema.
 * VF_EUNKNOWNSCHEMA: nobody knows it; VF_EAGAIN: it is being looked up; VF_EINCOMPATIBLE. */
int vf_schema_store_plan(struct vf_schema_store *store, const struct wire_frame *frame,
                         const struct wire_schema *reader, const struct wire_plan **out,
                         struct vf_error *err);

#endif
