/*
 * A schema's text with the texts of all that it refers to, directly or not: what is fetched,
 * what the disk cache keeps, and what a schema is parsed from. Internal to registry.
 */
#ifndef VF_REGISTRY_BUNDLE_H
#define VF_REGISTRY_BUNDLE_H

#include "base/buffer.h"
#include "registry/talk.h"

enum { VF_BUNDLE_MAX = VF_REGISTRY_REFERENCES_MAX + 1 }; /* schemas, the root included */

struct vf_bundle_item {
    char *text; /* owned; JSON */
    size_t length;
    uint16_t *uses; /* owned; indexes of the schemas it refers to: all before it */
    size_t use_count;
};

struct vf_bundle {
    struct vf_bundle_item items[VF_BUNDLE_MAX]; /* the last is the root */
    size_t count;
    size_t bytes; /* of all texts */
};

void vf_bundle_init(struct vf_bundle *bundle);
void vf_bundle_release(struct vf_bundle *bundle);

/* Adds a schema; uses point to earlier items. VF_ELIMIT, VF_ENOMEM. */
int vf_bundle_add(struct vf_bundle *bundle, struct vf_slice text, const uint16_t *uses,
                  size_t use_count, struct vf_error *err);

/* Fills the bundle from an answer { "schema": ..., "schemaType": ..., "references": [...] },
 * fetching what it refers to. VF_EAGAIN as vf_talk_ask; VF_ESCHEMA: cyclic or missing references,
 * another kind of schema; VF_ELIMIT. */
int vf_bundle_resolve(struct vf_bundle *bundle, struct vf_talk *talk, const json_t *schema,
                      struct vf_answer *answer, struct vf_error *err);

/* Parses all of it. VF_ESCHEMA, VF_EJSON, VF_ELIMIT, VF_ENOMEM. */
int vf_bundle_parse(const struct vf_bundle *bundle, struct wire_schema **out, struct vf_error *err);

/* As JSON, for the disk cache; json_decref it. NULL: no memory. */
json_t *vf_bundle_to_json(const struct vf_bundle *bundle);
/* VF_EDATA when it is something else. */
int vf_bundle_from_json(struct vf_bundle *bundle, const json_t *json, struct vf_error *err);

/* Appends text as one part of a URL's path. */
bool vf_path_escape(struct vf_buffer *out, struct vf_slice text);

#endif
