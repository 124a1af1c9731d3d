/*
 * What the files of the codec share with each other and with nobody else.
 */
#ifndef WIRE_IMPL_H
#define WIRE_IMPL_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/map.h"
#include "codec/wire_path.h"
#include "codec/wire_plan.h"
#include "codec/wire_type.h"
#include <jansson.h>
#include <stdatomic.h>

struct wire_program;

struct wire_schema {
    atomic_uint holders;   /* the owner, and schemas that use its types */
    struct vf_arena arena; /* everything below that is not owned otherwise */
    const struct wire_type *root;
    struct vf_map names;            /* full name -> index in named */
    const struct wire_type **named; /* types defined here or in uses, in order of definition */
    size_t named_count;
    struct wire_schema **uses; /* held */
    size_t uses_count;
    struct vf_slice canonical;
    uint64_t fingerprint;
    struct wire_program *encoder; /* owned; runs in wire_encode */
};

/* Fills schema->root and its names from JSON; schema's other members are zero but the arena. */
int wire_schema_build(struct wire_schema *schema, struct vf_slice json, struct vf_error *err);
/* Sets the type's logical type from its JSON. As the specification asks, one that is unknown or
 * misused is ignored. */
void wire_logical_parse(const json_t *json, struct wire_type *type);
/* Parsing Canonical Form of a type, appended to out. */
int wire_canonical_write(const struct wire_type *type, struct vf_buffer *out);
uint64_t wire_crc64(struct vf_slice bytes);

/* Parses JSON text of any type. VF_EJSON with line and column, VF_ENOMEM. */
int wire_json_load(struct vf_slice text, json_t **out, struct vf_error *err);

/* Reads JSON text without explaining anything: false when it is wrong, or not plain enough. Then
 * the arena is as it was, and value is garbage. */
bool wire_json_read_fast(const struct wire_type *type, struct vf_slice json,
                         const struct wire_limits *limits, struct vf_arena *arena, void *value);

/* Reads parsed JSON into a type's layout. */
struct wire_json_reader {
    struct vf_arena *arena;
    struct wire_limits limits; /* items counts down */
    const char *root;          /* begins every path in errors */
    bool fallback;             /* the form of defaults in schemas: unions have no tags */
    struct vf_error *err;
};
int wire_json_value(struct wire_json_reader *reader, const struct wire_type *type,
                    const json_t *json, const struct wire_path *path, size_t depth, void *value);

#endif
