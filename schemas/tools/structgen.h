/*
 * The generator of structs: what its files share.
 */
#ifndef STRUCTGEN_H
#define STRUCTGEN_H

#include "base/buffer.h"
#include "base/map.h"
#include "codec/wire_impl.h"

struct generator {
    struct vf_arena arena;
    struct vf_map emitted;  /* C name -> index in types */
    struct vf_map complete; /* C names of records whose struct is written */
    const struct wire_type *types[WIRE_SCHEMA_TYPES_MAX];
    size_t type_count;
    struct vf_buffer header;
    struct vf_buffer source;
    struct vf_buffer checks; /* assertions, for the end of the source */
    struct vf_slice prefix;
    struct vf_error err;
};

/* Names live in the generator's arena; ptr NULL when it is full. */

struct vf_slice structgen_upper_case(struct generator *gen, struct vf_slice name);
/* The record's or enum's C name without "struct": prefix_snake_case. */
struct vf_slice structgen_type_name(struct generator *gen, const struct wire_type *type);
/* A field keeps its name, unless C or the headers we include took it. */
struct vf_slice structgen_field_name(struct generator *gen, struct vf_slice name);
/* The word for a type in the names of helper structs: "string", "long", "person". */
struct vf_slice structgen_word_of(struct generator *gen, const struct wire_type *type);
/* The C type, followed by a space or a star so that a name can come right behind. */
struct vf_slice structgen_c_type(struct generator *gen, const struct wire_type *type);
/* What the C type does not say. */
struct vf_slice structgen_remark(struct generator *gen, const struct wire_type *type);

#endif
