/*
 * Plans: a writer schema and a reader schema compiled, once, to a flat program that a small
 * interpreter runs for every value. Incompatible pairs are found here, not per value.
 * Plans are immutable and may be used by any thread; each thread has its own arena and buffer.
 */
#ifndef WIRE_PLAN_H
#define WIRE_PLAN_H

#include "base/arena.h"
#include "base/buffer.h"
#include "codec/wire_schema.h"

struct wire_plan;

/* Checked before anything is reserved. */
struct wire_limits {
    size_t value_bytes; /* longest string, bytes or fixed; bytes */
    size_t items;       /* items of all arrays and maps of one value together */
    size_t depth;       /* nesting of arrays, maps, records and unions behind a pointer, and of
                           records in themselves; never more than WIRE_DEPTH_MAX */
};
enum { WIRE_DEPTH_MAX = 256 }; /* what the interpreters have frames for: 14 KiB of stack */

/* 16 MiB, 1,000,000 items, 64 levels. */
extern const struct wire_limits wire_limits_default;

/* Decodes writer's bytes into reader's layout. VF_EINCOMPATIBLE with a message that names the
 * path in both schemas. A branch of the writer's union that cannot be read is an error only for
 * values that use it, as long as another can. The schemas must outlive the plan. */
int wire_plan_compile(const struct wire_schema *writer, const struct wire_schema *reader,
                      struct wire_plan **out, struct vf_error *err);
void wire_plan_free(struct wire_plan *plan); /* NULL is allowed */

/* Decodes one value that fills bytes exactly. value points to wire_schema_size(reader) bytes.
 * Slices in *value borrow from bytes or live in the arena, as do arrays and pointers: valid
 * while both are. limits NULL: the defaults.
 * Values of defaults are the schema's own: nothing behind a pointer may be written to.
 * Fields that the reader lacks are skipped, their text unchecked.
 * VF_ETRUNCATED, VF_ETRAILING, VF_EDATA, VF_EUTF8, VF_ELIMIT, VF_ENOMEM, VF_EINCOMPATIBLE (a
 * branch or symbol that the reader cannot hold); err names the path of the field
 * ("participants[2].role") and the byte's position. */
int wire_decode(const struct wire_plan *plan, struct vf_slice bytes,
                const struct wire_limits *limits, struct vf_arena *arena, void *value,
                struct vf_error *err);
/* The same of the first value in bytes, behind which others may follow: *used is its length. */
int wire_decode_first(const struct wire_plan *plan, struct vf_slice bytes,
                      const struct wire_limits *limits, struct vf_arena *arena, void *value,
                      size_t *used, struct vf_error *err);

enum { WIRE_ENCODE_ROOM = 96 }; /* bytes */

/* Appends one value of the schema to out, nothing on failure. VF_EDATA names the field that is
 * out of range (enum index, fixed size, union branch, NULL where null is not allowed, bad
 * UTF-8); VF_ELIMIT: the buffer's limit, which must be WIRE_ENCODE_ROOM above what the value
 * needs, or nested too deep; VF_ENOMEM. */
int wire_encode(const struct wire_schema *schema, const void *value, struct vf_buffer *out,
                struct vf_error *err);

#endif
